package v1alpha1

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	versionName = regexp.MustCompile(`^v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?$`)
	kindName    = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
)

// longestKind keeps kinds usable as labels, which some clients make of them.
const longestKind = 63

func (r *BridgedResource) validateNames() field.ErrorList {
	spec := field.NewPath("spec")
	faults := r.validateObjectName()
	faults = append(faults, validateGroup(spec.Child("group"), r.Spec.Group)...)
	faults = append(faults, validateText(spec.Child("version"), r.Spec.Version, checkVersion)...)
	return append(faults, r.Spec.Names.validate(spec.Child("names"))...)
}

func (r *BridgedResource) validateObjectName() field.ErrorList {
	path := field.NewPath("metadata", "name")
	if r.Name == "" {
		return field.ErrorList{field.Required(path, "must be plural.group")}
	}
	want := r.Spec.Names.Plural + "." + r.Spec.Group
	if r.Spec.Names.Plural == "" || r.Spec.Group == "" || r.Name == want {
		return nil
	}
	return field.ErrorList{field.Invalid(path, r.Name, fmt.Sprintf("must be plural.group, which is %q here", want))}
}

func validateGroup(path *field.Path, group string) field.ErrorList {
	faults := validateText(path, group, validation.IsDNS1123Subdomain)
	if len(faults) > 0 {
		return faults
	}
	switch {
	case !strings.Contains(group, "."):
		return field.ErrorList{field.Invalid(path, group, "must have a dot: groups without one are Kubernetes' own; use a domain of yours, such as erp.example.com")}
	case isOrBelow(group, "k8s.io"), isOrBelow(group, "kubernetes.io"):
		return field.ErrorList{field.Invalid(path, group, "is reserved for Kubernetes itself: use a domain of yours, such as erp.example.com")}
	case isOrBelow(group, GroupName):
		return field.ErrorList{field.Invalid(path, group, "is reserved for the bridge itself: use a domain of yours, such as erp.example.com")}
	}
	return nil
}

func isOrBelow(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}

func checkVersion(version string) []string {
	if versionName.MatchString(version) {
		return nil
	}
	return []string{"must be a Kubernetes version, such as v1, v1beta1 or v2alpha3"}
}

func checkKind(kind string) []string {
	if len(kind) > longestKind {
		return []string{validation.MaxLenError(longestKind)}
	}
	if kindName.MatchString(kind) {
		return nil
	}
	return []string{"must be letters and digits, beginning with an upper-case letter, such as Customer"}
}

func (n *ResourceNames) validate(path *field.Path) field.ErrorList {
	faults := validateText(path.Child("plural"), n.Plural, validation.IsDNS1035Label)
	faults = append(faults, validateText(path.Child("kind"), n.Kind, checkKind)...)
	// Both have defaults made from the kind, so that only what was written is judged.
	if n.Singular != strings.ToLower(n.Kind) {
		faults = append(faults, validateText(path.Child("singular"), n.Singular, validation.IsDNS1035Label)...)
	}
	if n.ListKind != n.Kind+"List" && n.Kind != "" {
		faults = append(faults, validateText(path.Child("listKind"), n.ListKind, checkKind)...)
	}
	if n.ListKind == n.Kind && n.Kind != "" {
		faults = append(faults, field.Invalid(path.Child("listKind"), n.ListKind, "must differ from kind"))
	}
	faults = append(faults, validateLabels(path.Child("shortNames"), n.ShortNames)...)
	faults = append(faults, validateLabels(path.Child("categories"), n.Categories)...)
	for i, short := range n.ShortNames {
		if short == n.Plural || short == n.Singular {
			faults = append(faults, field.Invalid(path.Child("shortNames").Index(i), short, "is the plural or singular name already"))
		}
	}
	return faults
}

// validateLabels checks a list of distinct DNS labels.
func validateLabels(path *field.Path, names []string) field.ErrorList {
	var faults field.ErrorList
	again := repeated(names)
	for i, name := range names {
		faults = append(faults, validateText(path.Index(i), name, validation.IsDNS1035Label)...)
		if again[i] {
			faults = append(faults, field.Duplicate(path.Index(i), name))
		}
	}
	return faults
}

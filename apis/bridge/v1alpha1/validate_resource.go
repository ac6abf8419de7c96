package v1alpha1

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Validate reports every fault of the document that can be seen without the others.
// The document must have been defaulted. CEL rules are compiled by whoever runs them.
func (r *BridgedResource) Validate() field.ErrorList {
	spec := field.NewPath("spec")
	faults := r.validateNames()
	faults = append(faults, oneOf(spec.Child("scope"), r.Spec.Scope, NamespaceScoped, ClusterScoped)...)
	faults = append(faults, r.Spec.validateVerbs(spec.Child("verbs"))...)
	faults = append(faults, r.Spec.validateNamespaceDeletion(spec.Child("namespaceDeletion"))...)
	faults = append(faults, r.Spec.validateSource(spec.Child("source"))...)
	faults = append(faults, r.Spec.validateFields(spec.Child("fields"))...)
	faults = append(faults, r.Spec.validateMetadata(spec.Child("metadata"))...)
	faults = append(faults, r.Spec.validateWriters(spec)...)
	faults = append(faults, validateRules(spec.Child("validations"), r.Spec.Validations)...)
	faults = append(faults, r.Spec.validateSelectableFields(spec.Child("selectableFields"))...)
	return append(faults, r.Spec.validatePrinterColumns(spec.Child("printerColumns"))...)
}

func validateRules(path *field.Path, rules []ValidationRule) field.ErrorList {
	var faults field.ErrorList
	for i, rule := range rules {
		if strings.TrimSpace(rule.Rule) == "" {
			faults = append(faults, field.Required(path.Index(i).Child("rule"), "must be a CEL expression, such as self.spec.total >= 0"))
		}
		if strings.ContainsAny(rule.Message, "\r\n") {
			faults = append(faults, field.Invalid(path.Index(i).Child("message"), rule.Message, "must be one line"))
		}
	}
	return faults
}

var allVerbs = []Verb{VerbGet, VerbList, VerbWatch, VerbCreate, VerbUpdate, VerbPatch, VerbDelete, VerbDeleteCollection}

// verbNeeds says which verbs cannot be served without which others, and why.
var verbNeeds = []struct {
	verb, needs Verb
	why         string
}{
	{VerbList, VerbWatch, "clients that cache a kind list and then watch it"},
	{VerbWatch, VerbList, "clients that cache a kind list and then watch it"},
	{VerbUpdate, VerbGet, "an update begins with the present object"},
	{VerbPatch, VerbGet, "a patch applies to the present object"},
	{VerbDeleteCollection, VerbDelete, "it deletes objects one by one"},
	{VerbDeleteCollection, VerbList, "it deletes what a list selects"},
}

func (s *BridgedResourceSpec) validateVerbs(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	again := repeated(s.Verbs)
	for i, verb := range s.Verbs {
		faults = append(faults, oneOf(path.Index(i), verb, allVerbs...)...)
		if again[i] {
			faults = append(faults, field.Duplicate(path.Index(i), verb))
		}
	}
	for _, rule := range verbNeeds {
		if s.has(rule.verb) && !s.has(rule.needs) {
			faults = append(faults, field.Invalid(path.Index(slices.Index(s.Verbs, rule.verb)), rule.verb,
				fmt.Sprintf("needs the verb %s too: %s", rule.needs, rule.why)))
		}
	}
	return append(faults, s.validateWriteVerbs(path)...)
}

// validateWriteVerbs refuses writes that could never change anything.
func (s *BridgedResourceSpec) validateWriteVerbs(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	for _, verb := range []Verb{VerbUpdate, VerbPatch} {
		if s.has(verb) && !s.canUpdate() {
			faults = append(faults, field.Invalid(path.Index(slices.Index(s.Verbs, verb)), verb,
				"has nothing to write: there is no field that is neither readOnly nor immutable, and no label or annotation from a column; declare one, or leave the verb out"))
		}
	}
	if s.has(VerbCreate) && !s.canCreate() {
		faults = append(faults, field.Invalid(path.Index(slices.Index(s.Verbs, VerbCreate)), VerbCreate,
			"has nothing to write: the key is generated and every field is readOnly; declare a field that can be written, or leave the verb out"))
	}
	return faults
}

func (s *BridgedResourceSpec) has(verb Verb) bool { return slices.Contains(s.Verbs, verb) }

// writesValues reports whether columns are ever written from objects.
func (s *BridgedResourceSpec) writesValues() bool {
	return s.has(VerbCreate) || s.has(VerbUpdate) || s.has(VerbPatch)
}

func (s *BridgedResourceSpec) canUpdate() bool {
	return s.hasMetadataValues() || slices.ContainsFunc(s.Fields, func(f Field) bool {
		return f.Type != TypeObject && !f.ReadOnly && !f.Immutable
	})
}

func (s *BridgedResourceSpec) canCreate() bool {
	if s.Source.MySQL == nil || !s.Source.MySQL.Key.Name.Generated {
		return true
	}
	return s.hasMetadataValues() || slices.ContainsFunc(s.Fields, func(f Field) bool {
		return f.Type != TypeObject && !f.ReadOnly
	})
}

func (s *BridgedResourceSpec) hasMetadataValues() bool {
	return s.Metadata != nil && len(s.Metadata.Labels)+len(s.Metadata.Annotations) > 0
}

func (s *BridgedResourceSpec) validateNamespaceDeletion(path *field.Path) field.ErrorList {
	faults := oneOf(path, s.NamespaceDeletion, NamespaceDeletionKeep, NamespaceDeletionDeleteRows)
	if s.NamespaceDeletion != NamespaceDeletionDeleteRows {
		return faults
	}
	if s.Scope == ClusterScoped {
		faults = append(faults, field.Invalid(path, s.NamespaceDeletion, "the resource is cluster-scoped, so no namespace holds its rows; leave it out"))
	}
	if !s.has(VerbDelete) {
		faults = append(faults, field.Invalid(path, s.NamespaceDeletion, "needs the verb delete in spec.verbs: without it no row is ever deleted"))
	}
	return faults
}

package v1alpha1

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateTogether reports what can only be seen over all documents: names that two
// of them claim, and backends that are not there.
func validateTogether(documents []*document) {
	backends := make(map[string]*document)
	claims := make(map[claim]holder)
	for _, parsed := range documents {
		if parsed.backend != nil {
			parsed.claimAll(claims)
			backends[parsed.backend.Name] = parsed
		}
	}
	for _, parsed := range documents {
		if parsed.resource != nil {
			parsed.claimAll(claims)
			parsed.validateBackendReference(backends)
		}
	}
}

// claim is a name that only one document can have.
type claim struct {
	// space keeps unrelated names apart: the kinds of a group, its resource names, …
	space, name string
}

// holder is the field that has a name.
type holder struct {
	document *document
	path     string
}

func (h holder) String() string {
	at := h.document.positions.of(h.path)
	return fmt.Sprintf("%s:%d:%d", h.document.file, at.line, at.column)
}

// claimAll takes the document's names and reports those that another document has. A
// document that is there twice is reported once, and a name made from another name
// only where that one is free.
func (d *document) claimAll(claims map[claim]holder) {
	reported := false
	for _, wanted := range d.claims() {
		other, taken := claims[wanted.claim]
		if !taken {
			claims[wanted.claim] = holder{document: d, path: wanted.path}
			continue
		}
		_, written := d.positions[wanted.path]
		if other.document == d || reported && !written {
			continue
		}
		reported = true
		d.reportAt(wanted.path, fmt.Sprintf("Duplicate value: %q: %s has it already", wanted.claim.name, other))
		if wanted.path == objectNamePath {
			return
		}
	}
}

const objectNamePath = "metadata.name"

type wantedName struct {
	claim claim
	path  string
}

func (d *document) claims() []wantedName {
	var wanted []wantedName
	want := func(space, name string, path *field.Path) {
		if name != "" && !follows(path.String(), d.faults) {
			wanted = append(wanted, wantedName{claim{space, name}, path.String()})
		}
	}
	if d.backend != nil {
		want("backends", d.backend.Name, field.NewPath(objectNamePath))
		return wanted
	}
	spec := d.resource.Spec
	names := field.NewPath("spec", "names")
	kinds, resources := spec.Group+" kinds", spec.Group+" resources"
	want("resources", d.resource.Name, field.NewPath(objectNamePath))
	want(kinds, spec.Names.Kind, names.Child("kind"))
	want(kinds, spec.Names.ListKind, names.Child("listKind"))
	want(resources, spec.Names.Plural, names.Child("plural"))
	want(resources, spec.Names.Singular, names.Child("singular"))
	for i, short := range spec.Names.ShortNames {
		want(resources, short, names.Child("shortNames").Index(i))
	}
	return wanted
}

func (d *document) validateBackendReference(backends map[string]*document) {
	path := field.NewPath("spec", "source", "backend")
	source := d.resource.Spec.Source
	if source.Backend == "" || follows(path.String(), d.faults) {
		return
	}
	referred, found := backends[source.Backend]
	if !found {
		d.reportAt(path.String(), fmt.Sprintf("Not found: %q: no document of kind Backend has this name%s", source.Backend, didYouMean(source.Backend, sortedKeys(backends))))
		return
	}
	spec := referred.backend.Spec
	if source.MySQL != nil && source.GRPC == nil && spec.MySQL == nil && spec.GRPC != nil {
		d.reportAt(path.String(), fmt.Sprintf("Invalid value: %q: is a grpc backend, but the source is mysql", source.Backend))
	}
	if source.GRPC != nil && source.MySQL == nil && spec.GRPC == nil && spec.MySQL != nil {
		d.reportAt(path.String(), fmt.Sprintf("Invalid value: %q: is a mysql backend, but the source is grpc", source.Backend))
	}
}

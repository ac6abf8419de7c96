package object

import (
	"fmt"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// jsonReader decodes one object from JSON.
type jsonReader struct {
	jsonScanner
	kind  *Kind
	draft *draft
	// problems are what strict decoding reports: unknown and duplicate fields.
	problems []error
	typeMeta metav1.TypeMeta
	metadata metav1.ObjectMeta
}

// UnmarshalJSON implements json.Unmarshaler. Unknown fields are ignored and of
// duplicate ones the last wins; the kind's serializers report them.
func (o *Object) UnmarshalJSON(data []byte) error {
	if o.kind == nil {
		return errNoKind
	}
	_, err := o.kind.readJSON(data, o)
	return err
}

// readJSON decodes an object and returns what strict decoding has to report.
func (k *Kind) readJSON(data []byte, o *Object) ([]error, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("the text is not valid UTF-8")
	}
	r := jsonReader{jsonScanner: jsonScanner{data: string(data)}, kind: k, draft: k.plan.newDraft()}
	if err := r.object(); err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	r.metadata.ManagedFields = nil
	o.TypeMeta, o.ObjectMeta = r.typeMeta, r.metadata
	o.Body, o.Created, o.kind = r.draft.body(), "", k
	return r.problems, nil
}

func (r *jsonReader) object() error {
	if r.peek() != '{' {
		return r.wrongType("the object", "an object")
	}
	seen := map[string]bool{}
	return r.members(func(name string) error {
		if seen[name] {
			r.duplicate(name)
		}
		seen[name] = true
		switch name {
		case "apiVersion":
			return r.typeText(name, &r.typeMeta.APIVersion)
		case "kind":
			return r.typeText(name, &r.typeMeta.Kind)
		case "metadata":
			return r.readMetadata()
		}
		field, ok := r.kind.plan.root.byName[name]
		if !ok {
			return r.unknown(name)
		}
		return r.field(field)
	})
}

func (r *jsonReader) typeText(name string, into *string) (err error) {
	if r.peek() != '"' {
		return r.wrongType(name, "a string")
	}
	*into, err = r.text()
	return err
}

func (r *jsonReader) unknown(path string) error {
	r.problems = append(r.problems, fmt.Errorf("unknown field %q", path))
	return r.skipValue(0)
}

func (r *jsonReader) duplicate(path string) {
	r.problems = append(r.problems, fmt.Errorf("duplicate field %q", path))
}

// readMetadata leaves object metadata to the decoder that upstream uses for it.
func (r *jsonReader) readMetadata() error {
	raw, err := r.raw()
	if err != nil {
		return err
	}
	var whole struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	problems, err := kjson.UnmarshalStrict([]byte(`{"metadata":`+raw+`}`), &whole)
	if err != nil {
		return err
	}
	r.problems = append(r.problems, problems...)
	r.metadata = whole.Metadata
	return nil
}

func (r *jsonReader) field(f *planField) error {
	if f.message != nil {
		return r.message(f)
	}
	r.draft.leaves[f.leaf] = ""
	if f.valueType != adapters.JSONType && r.word("null") {
		return nil
	}
	encoded, err := r.value(f)
	if err != nil {
		return err
	}
	r.draft.leaves[f.leaf] = string(encoded)
	return nil
}

func (r *jsonReader) message(f *planField) error {
	m := f.message
	r.draft.clear(m)
	if r.word("null") {
		return nil
	}
	if r.peek() != '{' {
		return r.wrongType(f.path, "an object")
	}
	r.draft.present[m.index] = true
	seen := make(map[string]bool, len(m.fields))
	return r.members(func(name string) error {
		if seen[name] {
			r.duplicate(m.path + "." + name)
		}
		seen[name] = true
		field, ok := m.byName[name]
		if !ok {
			return r.unknown(m.path + "." + name)
		}
		return r.field(field)
	})
}

// wrongType is the error for a value of another JSON type than the schema's.
func (r *jsonReader) wrongType(path, wanted string) error {
	got := "nothing"
	switch c := r.peek(); {
	case c == '{':
		got = "an object"
	case c == '[':
		got = "an array"
	case c == '"':
		got = "a string"
	case c == 't' || c == 'f':
		got = "a boolean"
	case c == 'n':
		got = "null"
	case c == '-' || c >= '0' && c <= '9':
		got = "a number"
	case c != 0:
		return r.unexpected("a value")
	}
	return fmt.Errorf("%s: must be %s, not %s", path, wanted, got)
}

// readJSONList decodes a list; see readJSON.
func (k *Kind) readJSONList(data []byte, list *List) ([]error, error) {
	var whole struct {
		metav1.TypeMeta `json:",inline"`
		metav1.ListMeta `json:"metadata"`
		Items           []kjsonRaw `json:"items"`
	}
	problems, err := kjson.UnmarshalStrict(data, &whole)
	if err != nil {
		return nil, err
	}
	list.TypeMeta, list.ListMeta = whole.TypeMeta, whole.ListMeta
	list.Items = make([]Object, len(whole.Items))
	for i, raw := range whole.Items {
		found, err := k.readJSON(raw, &list.Items[i])
		if err != nil {
			return nil, fmt.Errorf("items[%d]: %w", i, err)
		}
		for _, problem := range found {
			problems = append(problems, fmt.Errorf("items[%d]: %w", i, problem))
		}
	}
	return problems, nil
}

// kjsonRaw keeps an item's text.
type kjsonRaw []byte

// UnmarshalJSON implements json.Unmarshaler.
func (r *kjsonRaw) UnmarshalJSON(data []byte) error {
	*r = append((*r)[:0], data...)
	return nil
}

// typeOf returns the group, version and kind that type metadata names, with what is
// missing taken from defaults.
func typeOf(typeMeta metav1.TypeMeta, defaults schema.GroupVersionKind) (schema.GroupVersionKind, error) {
	gvk := defaults
	if typeMeta.Kind != "" {
		gvk.Kind = typeMeta.Kind
	}
	if typeMeta.APIVersion == "" {
		return gvk, nil
	}
	gv, err := schema.ParseGroupVersion(typeMeta.APIVersion)
	if err != nil {
		return gvk, fmt.Errorf("apiVersion: %w", err)
	}
	gvk.Group, gvk.Version = gv.Group, gv.Version
	return gvk, nil
}

package object

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func (k *Kind) compileSelectors() error {
	for _, path := range k.declaration.Spec.SelectableFields {
		field, ok := k.plan.byPath[path]
		if !ok || field.message != nil {
			return fmt.Errorf("spec.selectableFields: %s is not a declared field", path)
		}
		switch field.valueType {
		case adapters.StringType, adapters.IntegerType, adapters.BooleanType:
			k.selects = append(k.selects, field)
		default:
			return fmt.Errorf("spec.selectableFields: %s is of type %s; strings, integers and booleans can be selected", path, field.valueType)
		}
	}
	return nil
}

// Attributes returns what label and field selectors look at.
func (k *Kind) Attributes(obj runtime.Object) (labels.Set, fields.Set, error) {
	o, ok := obj.(*Object)
	if !ok {
		return nil, nil, fmt.Errorf("object of type %T is not a %s", obj, k.gvk.Kind)
	}
	set := make(fields.Set, 2+len(k.selects))
	set["metadata.name"] = o.Name
	if k.Namespaced() {
		set["metadata.namespace"] = o.Namespace
	}
	for _, field := range k.selects {
		set[field.path] = field.selectorText(k.plan.root, o.Body)
	}
	return labels.Set(o.Labels), set, nil
}

// selectorText returns a field as it is written in a selector; empty where it is absent.
func (f *planField) selectorText(root *message, body string) string {
	payload, ok := find(root, body, f)
	if !ok {
		return ""
	}
	switch f.valueType {
	case adapters.IntegerType:
		value, _ := readVarint(payload)
		return strconv.FormatInt(int64(value), 10)
	case adapters.BooleanType:
		return strconv.FormatBool(payload[0] != 0)
	default:
		return payload
	}
}

// find returns the payload of a field in a body.
func find(m *message, body string, wanted *planField) (string, bool) {
	next := 0
	for body != "" {
		var tag uint64
		var payload string
		tag, payload, body = readField(body)
		for m.fields[next].tag != tag {
			next++
		}
		field := m.fields[next]
		if field == wanted {
			return payload, true
		}
		if field.message != nil && field.contains(wanted) {
			return find(field.message, payload, wanted)
		}
	}
	return "", false
}

// contains reports whether a field is somewhere in this message.
func (f *planField) contains(other *planField) bool {
	return len(other.path) > len(f.path) && other.path[len(f.path)] == '.' && other.path[:len(f.path)] == f.path
}

package v1alpha1

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func readReference(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestReferenceExample loads the example of the reference.
func TestReferenceExample(t *testing.T) {
	_, rest, _ := strings.Cut(readReference(t), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	mapping, err := Parse(Source{Name: "docs/mapping.md", Data: []byte(example)})
	if err != nil {
		t.Fatal(err)
	}
	if len(mapping.Resources) != 1 || len(mapping.Resources[0].Spec.Fields) != 8 {
		t.Errorf("got %d resources", len(mapping.Resources))
	}
}

// TestReferenceIsComplete: the reference names every field and every legal word.
func TestReferenceIsComplete(t *testing.T) {
	reference := readReference(t)
	missing := func(word string) bool {
		for _, around := range []string{"`" + word + "`", "." + word, word + ".", "{" + word + ":", word + ":", "." + word + "`", "`" + word + ":"} {
			if strings.Contains(reference, around) {
				return false
			}
		}
		return true
	}
	for _, root := range []reflect.Type{reflect.TypeFor[BackendSpec](), reflect.TypeFor[BridgedResourceSpec]()} {
		for _, name := range jsonNames(root) {
			if missing(name) {
				t.Errorf("docs/mapping.md does not mention %s", name)
			}
		}
	}
	for _, word := range fieldTypes {
		if missing(string(word)) {
			t.Errorf("docs/mapping.md does not mention the type %s", word)
		}
	}
	for _, verb := range allVerbs {
		if !strings.Contains(reference, string(verb)) {
			t.Errorf("docs/mapping.md does not mention the verb %s", verb)
		}
	}
}

// jsonNames are the JSON names of all fields below a type of this package.
func jsonNames(root reflect.Type) []string {
	var names []string
	for name, index := range fieldsByName(root) {
		names = append(names, name)
		member := root.FieldByIndex(index).Type
		for member.Kind() == reflect.Pointer || member.Kind() == reflect.Slice || member.Kind() == reflect.Map {
			member = member.Elem()
		}
		if member.Kind() == reflect.Struct && member.PkgPath() == root.PkgPath() && member != scalarType {
			names = append(names, jsonNames(member)...)
		}
	}
	return names
}

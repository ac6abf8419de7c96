package v1alpha1

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzParse: nothing makes the parser panic or hang, every rejection says where, and
// what is accepted means the same after it was written out and read again.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "testdata/customers.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		mapping, err := Parse(Source{Name: "a.yaml", Data: data})
		if err != nil {
			checkErrors(t, err)
			return
		}
		again, err := Parse(Source{Name: "a.yaml", Data: encode(t, mapping)})
		if err != nil {
			t.Fatalf("accepted, but not when written out:\n%s\n%v", encode(t, mapping), err)
		}
		if !equal(mapping, again) {
			t.Fatalf("changed by writing it out; first:\n%s\nthen:\n%s", encode(t, mapping), encode(t, again))
		}
	})
}

// equal compares what the mappings declare, not where it stands.
func equal(a, b *Mapping) bool {
	return reflect.DeepEqual(a.Backends, b.Backends) && reflect.DeepEqual(a.Resources, b.Resources)
}

func checkErrors(t *testing.T, err error) {
	t.Helper()
	faults, ok := err.(Errors)
	if !ok || len(faults) == 0 {
		t.Fatalf("got %#v, want Errors", err)
	}
	for _, fault := range faults {
		if fault.Message == "" || fault.File != "a.yaml" {
			t.Fatalf("an error without a message or a file: %#v", fault)
		}
		if fault.Line < 0 || fault.Column < 0 || fault.Field != "" && fault.Line == 0 {
			t.Fatalf("an error without a place: %v", fault)
		}
	}
}

// encode writes a mapping as JSON documents, which are YAML too.
func encode(t *testing.T, mapping *Mapping) []byte {
	t.Helper()
	var out bytes.Buffer
	write := func(document any) {
		data, err := json.Marshal(document)
		if err != nil {
			t.Fatalf("cannot be written: %v", err)
		}
		out.WriteString("---\n" + escape(string(data)) + "\n")
	}
	for _, backend := range mapping.Backends {
		write(backend)
	}
	for _, resource := range mapping.Resources {
		write(resource)
	}
	return out.Bytes()
}

// escape writes what YAML allows in escaped form only, such as DEL and U+FEFF.
func escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r >= ' ' && r <= '~' {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, "\\U%08X", r)
	}
	return out.String()
}

func TestRoundTripOfSample(t *testing.T) {
	data, err := os.ReadFile("testdata/customers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := Parse(Source{Name: "a.yaml", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(Source{Name: "a.yaml", Data: encode(t, mapping)})
	if err != nil {
		t.Fatal(err)
	}
	if !equal(mapping, again) {
		t.Errorf("changed by writing it out; got:\n%s", encode(t, again))
	}
	if !reflect.DeepEqual(mapping.Resources[0], mapping.Resources[0].DeepCopy()) {
		t.Error("a deep copy differs")
	}
}

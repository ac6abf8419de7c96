package v1alpha1

import "testing"

func TestLoadSample(t *testing.T) {
	mapping, err := Load([]string{"testdata/customers.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(mapping.Backends) != 2 || len(mapping.Resources) != 2 {
		t.Fatalf("got %d backends and %d resources, want 2 and 2", len(mapping.Backends), len(mapping.Resources))
	}
}

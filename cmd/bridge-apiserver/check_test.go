package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const customersMapping = "../../apis/bridge/v1alpha1/testdata/customers.yaml"

// run runs the command line and returns what it prints.
func run(t *testing.T, arguments ...string) (output, errors string, err error) {
	t.Helper()
	var out, faults bytes.Buffer
	root := newRootCommand(arguments)
	root.SetOut(&out)
	root.SetErr(&faults)
	err = root.ExecuteContext(t.Context())
	return out.String(), faults.String(), err
}

func TestCheckSummarizes(t *testing.T) {
	output, faults, err := run(t, "check", "--config", customersMapping)
	if err != nil || faults != "" || !strings.Contains(output, "The mapping is valid: 2 backends, 2 resources.") {
		t.Errorf("got %v, %q and:\n%s", err, faults, output)
	}
}

// TestCheckCompiles: rules that no reader of the file can judge are compiled.
func TestCheckCompiles(t *testing.T) {
	data, err := os.ReadFile(customersMapping)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "customers.yaml")
	if err := os.WriteFile(file, bytes.Replace(data, []byte("self.spec.status"), []byte("self.spec.staus"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	output, faults, err := run(t, "check", "--config", file)
	if err == nil || output != "" {
		t.Errorf("accepted:\n%s", output)
	}
	if !strings.Contains(faults, file+":40:12: spec.validations[0].rule: ") || !strings.Contains(faults, "undefined field 'staus'") {
		t.Errorf("got:\n%s", faults)
	}
	if strings.Count(faults, "\n") != 1 {
		t.Errorf("more than one line:\n%s", faults)
	}
}

func TestManifestsTakesItsFlags(t *testing.T) {
	mapping := "../../internal/manifests/testdata/erp"
	output, notes, err := run(t, "manifests", "--config", mapping, "--image", "example.com/bridge:v1", "--namespace", "legacy",
		"--tls-secret", "serving", "--inject-ca-from", "legacy/bridge")
	if err != nil || notes != "" {
		t.Fatalf("got %v and %q", err, notes)
	}
	for _, want := range []string{"image: example.com/bridge:v1", "namespace: legacy", "secretName: serving", "inject-ca-from: legacy/bridge"} {
		if !strings.Contains(output, want) {
			t.Errorf("no %q in:\n%s", want, output)
		}
	}
	_, notes, err = run(t, "manifests", "--config", mapping, "--image", "example.com/bridge:v1")
	if err != nil || !strings.Contains(notes, "--ca-bundle") {
		t.Errorf("got %v and %q, want a note about the authority", err, notes)
	}
	if _, _, err = run(t, "manifests", "--config", mapping, "--image", "x", "--ca-bundle", "missing.crt"); err == nil || !strings.Contains(err.Error(), "--ca-bundle") {
		t.Errorf("got %v", err)
	}
}

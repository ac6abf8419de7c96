package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

const (
	sample  = "../../apis/bridge/v1alpha1/testdata/customers.yaml"
	invalid = "../../apis/bridge/v1alpha1/testdata/invalid/verbs.yaml"
)

func compiles(*v1alpha1.BridgedResource) error { return nil }

func TestSummary(t *testing.T) {
	var out, faults bytes.Buffer
	err := Run(Config{Files: []string{sample}, Format: Text, Compile: compiles, Out: &out, Err: &faults})
	if err != nil || faults.Len() > 0 {
		t.Fatalf("got %v and %q", err, faults.String())
	}
	const want = `
BACKEND   KIND    ACCESS                                WATCH       RESOURCES
erp       mysql   environment variable BRIDGE_ERP_DSN   Auto, 2s    1
idp       grpc    dns:///idp.internal:5557              Poll, 10s   1

RESOURCE                    VERSION   KIND       SCOPE        SOURCE            FIELDS   READ-ONLY   VERBS
customers.erp.example.com   v1        Customer   Namespaced   erp/CUST_MASTER   5        1           get,list,watch,create,update,patch
clients.idp.example.com     v1        Client     Cluster      idp/api.Idp       1        0           get,list,watch,create,update,delete

The mapping is valid: 2 backends, 2 resources.
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestSummaryInJSON(t *testing.T) {
	var out bytes.Buffer
	if err := Run(Config{Files: []string{sample}, Format: JSON, Compile: compiles, Out: &out}); err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Valid || len(got.Backends) != 2 || len(got.Resources) != 2 || got.Resources[0].Source != "CUST_MASTER" {
		t.Errorf("got %+v", got)
	}
}

func TestFaults(t *testing.T) {
	var out, faults bytes.Buffer
	err := Run(Config{Files: []string{invalid}, Format: Text, Compile: compiles, Out: &out, Err: &faults})
	var list v1alpha1.Errors
	if !errors.As(err, &list) || out.Len() > 0 {
		t.Fatalf("got %v and %q", err, out.String())
	}
	if lines := strings.Count(faults.String(), "\n"); lines != len(list) {
		t.Errorf("got %d lines for %d faults", lines, len(list))
	}
	if !strings.Contains(faults.String(), `verbs.yaml:15:16: spec.verbs[1]: Unsupported value: "lst"`) {
		t.Errorf("got:\n%s", faults.String())
	}

	err = Run(Config{Files: []string{invalid}, Format: JSON, Compile: compiles, Out: &out})
	var got Report
	if jsonErr := json.Unmarshal(out.Bytes(), &got); jsonErr != nil || err == nil {
		t.Fatalf("got %v and %v", err, jsonErr)
	}
	if got.Valid || len(got.Errors) != len(list) || got.Errors[0].Line != 15 {
		t.Errorf("got %+v", got)
	}
}

// TestCompileFaults: what is found beyond the file is reported at its place in it.
func TestCompileFaults(t *testing.T) {
	compile := func(resource *v1alpha1.BridgedResource) error {
		if resource.Spec.Names.Kind == "Client" {
			return errors.New("is not supported yet")
		}
		rule := field.NewPath("spec", "validations").Index(0).Child("rule")
		list := field.ErrorList{
			field.Invalid(rule, struct{ Rule string }{"x"}, "compilation failed: ERROR: <input>:1:10: undefined field 'staus'\n | self.spec.staus\n | .........^\nERROR: another"),
			field.Invalid(field.NewPath("spec", "fields").Index(2).Child("pattern"), "y", "is too slow"),
		}
		return fmt.Errorf("customers: %w", list.ToAggregate())
	}
	var faults bytes.Buffer
	err := Run(Config{Files: []string{sample}, Format: Text, Compile: compile, Err: &faults})
	const want = sample + `:40:12: spec.validations[0].rule: Invalid value: compilation failed: ERROR: <input>:1:10: undefined field 'staus'; ERROR: another
` + sample + `:33:87: spec.fields[2].pattern: Invalid value: "y": is too slow
` + sample + `:57:1: is not supported yet
`
	if err == nil || faults.String() != want {
		t.Errorf("got %v and:\n%s\nwant:\n%s", err, faults.String(), want)
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := Run(Config{Format: "xml"}); err == nil || !strings.Contains(err.Error(), "--output=xml") {
		t.Errorf("got %v", err)
	}
}

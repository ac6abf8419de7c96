package endpoint

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"k8s.io/apiserver/pkg/warning"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// customers is a mapping with these verbs and further lines below spec.
func customers(t *testing.T, verbs string, further ...string) *v1alpha1.BridgedResource {
	t.Helper()
	document := fmt.Sprintf(`
apiVersion: bridge-apiserver.dev/v1alpha1
kind: Backend
metadata: {name: erp}
spec:
  mysql: {dsn: "user@tcp(127.0.0.1:3306)/erp"}
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: customers.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Namespaced
  names: {plural: customers, singular: customer, kind: Customer, shortNames: [cust], categories: [erp]}
  verbs: [%s]
  source:
    backend: erp
    mysql:
      table: customers
      key: {name: {columns: [no]}, namespace: {column: region}}
  fields:
  - {path: spec.companyName, column: name, number: 1, required: true, maxLength: 80, description: Legal name}
  - {path: spec.rating, column: rating, number: 2, type: integer}
  - {path: spec.enteredBy, column: entered_by, number: 3, readOnly: true}
  - {path: status.balance, column: balance, number: 1, readOnly: true}
  selectableFields: [spec.companyName]
%s
`, verbs, indent(further))
	mapping, err := v1alpha1.Parse(v1alpha1.Source{Name: "test.yaml", Data: []byte(document)})
	if err != nil {
		t.Fatal(err)
	}
	return mapping.Resources[0]
}

func indent(lines []string) string {
	var text strings.Builder
	for _, line := range lines {
		text.WriteString("  " + line + "\n")
	}
	return text.String()
}

const everyVerb = "get, list, watch, create, update, patch, delete, deletecollection"

func customerKind(t *testing.T, further ...string) *object.Kind {
	t.Helper()
	kind, err := object.NewKind(customers(t, everyVerb, further...))
	if err != nil {
		t.Fatal(err)
	}
	return kind
}

// warnings collects the warnings of a request.
type warnings struct {
	mutex sync.Mutex
	texts []string
}

// AddWarning implements warning.Recorder.
func (w *warnings) AddWarning(_, text string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.texts = append(w.texts, text)
}

// mention fails the test unless there is one warning for each text, with that text in it.
func (w *warnings) mention(t *testing.T, texts ...string) {
	t.Helper()
	if len(w.texts) != len(texts) {
		t.Errorf("warnings %q, want %d", w.texts, len(texts))
		return
	}
	for i, text := range texts {
		if !strings.Contains(w.texts[i], text) {
			t.Errorf("warning %q doesn't mention %q", w.texts[i], text)
		}
	}
}

func recordWarnings() (context.Context, *warnings) {
	recorded := &warnings{}
	return warning.WithWarningRecorder(context.Background(), recorded), recorded
}

package bridge

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	encodedA, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	encodedB, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(encodedA, encodedB)
}

func TestTables(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"Acme"`)
	accept := []string{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}
	for _, path := range []string{customersPath, customersPath + "/a", "/apis/erp.example.com/v1/customers"} {
		var table metav1.Table
		got := f.must(http.StatusOK, f.do(http.MethodGet, path, accept, ""))
		if err := json.Unmarshal([]byte(got.body), &table); err != nil {
			t.Fatal(err)
		}
		if len(table.Rows) != 1 || len(table.ColumnDefinitions) < 2 || table.ColumnDefinitions[1].Name != "Company" || table.Rows[0].Cells[1] != "Acme" {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

func TestMetadataAlone(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"Acme"`)
	got := f.must(http.StatusOK, f.do(http.MethodGet, customersPath, []string{"Accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}, ""))
	var list metav1.PartialObjectMetadataList
	if err := json.Unmarshal([]byte(got.body), &list); err != nil {
		t.Fatal(err)
	}
	if list.Kind != "PartialObjectMetadataList" || len(list.Items) != 1 || list.Items[0].Name != "a" || strings.Contains(got.body, "Acme") {
		t.Errorf("got %s", got.body)
	}
}

func TestYAML(t *testing.T) {
	f := start(t)
	document := "apiVersion: erp.example.com/v1\nkind: Customer\nmetadata: {name: yam}\nspec: {companyName: Yam}\n"
	headers := []string{"Content-Type", "application/yaml", "Accept", "application/yaml"}
	got := f.must(http.StatusCreated, f.do(http.MethodPost, customersPath, headers, document))
	content := map[string]any{}
	if err := yaml.Unmarshal([]byte(got.body), &content); err != nil {
		t.Fatal(err)
	}
	if at(content, "spec.companyName") != "Yam" || strings.HasPrefix(got.body, "{") {
		t.Errorf("got %s", got.body)
	}
}

// What protobuf says is what JSON says, both ways.
func TestProtobuf(t *testing.T) {
	f := start(t)
	accept := []string{"Accept", runtime.ContentTypeProtobuf}
	encoded := f.must(http.StatusCreated, f.do(http.MethodPost, customersPath+"?dryRun=All", accept, customer("a", `"companyName":"Acme","rating":4,"tags":["x","y"]`)))
	if !strings.HasPrefix(encoded.body, "k8s\x00") || encoded.header.Get("Content-Type") != runtime.ContentTypeProtobuf {
		t.Fatalf("%s: %q", encoded.header.Get("Content-Type"), encoded.body)
	}
	headers := []string{"Content-Type", runtime.ContentTypeProtobuf, "Accept", "application/json"}
	created := f.must(http.StatusCreated, f.do(http.MethodPost, customersPath, headers, encoded.body)).object(t)
	want := map[string]any{"companyName": "Acme", "rating": 4.0, "status": "Active", "tags": []any{"x", "y"}}
	if !reflect.DeepEqual(created["spec"], want) {
		t.Errorf("created %v", created["spec"])
	}
	list := f.must(http.StatusOK, f.do(http.MethodGet, customersPath, accept, ""))
	if !strings.HasPrefix(list.body, "k8s\x00") || !strings.Contains(list.body, "Acme") {
		t.Errorf("list %q", list.body)
	}
}

func TestNothingElseIsAcceptable(t *testing.T) {
	f := start(t)
	f.must(http.StatusNotAcceptable, f.do(http.MethodGet, customersPath, []string{"Accept", "text/plain"}, ""))
}

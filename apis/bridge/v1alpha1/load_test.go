package v1alpha1

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	backendDocument = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: Backend
metadata: {name: erp}
spec: {mysql: {dsn: "root@/erp"}}
`
	resourceDocument = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: things.example.com}
spec:
  group: example.com
  version: v1
  scope: Cluster
  names: {plural: things, kind: Thing}
  source: {backend: erp, mysql: {table: THINGS, key: {name: {columns: [id]}}}}
  fields:
  - {path: spec.name, column: name, number: 1}
`
)

func TestLoadSample(t *testing.T) {
	mapping, err := Load([]string{"testdata/customers.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(mapping.Backends) != 2 || len(mapping.Resources) != 2 {
		t.Fatalf("got %d backends and %d resources, want 2 and 2", len(mapping.Backends), len(mapping.Resources))
	}
	erp, customers := mapping.Backend("erp").Spec.MySQL, mapping.Resources[0].Spec
	checks := map[string]struct{ got, want any }{
		"env":           {erp.DSNFrom.Env, "BRIDGE_ERP_DSN"},
		"poll interval": {erp.PollInterval.Duration, 2 * time.Second},
		"where":         {customers.Source.MySQL.Where["is_deleted"], []Scalar{{Text: "0", Kind: NumberScalar}}},
		"null values":   {customers.Fields[3].NullValues, []Scalar{{Text: "0"}}},
		"default":       {*customers.Fields[1].Default, Scalar{Text: "Active"}},
		"verbs":         {customers.Verbs, []Verb{VerbGet, VerbList, VerbWatch, VerbCreate, VerbUpdate, VerbPatch}},
		"label":         {customers.Metadata.Labels["tier"].Column, "tier"},
		"list kind":     {customers.Names.ListKind, "CustomerList"},
		"column type":   {customers.PrinterColumns[0].Type, "string"},
		"conditions":    {mapping.Resources[1].Spec.Source.GRPC.Get.Errors[0].Reason, "NotFound"},
		"poll":          {mapping.Resources[1].Spec.Source.GRPC.Watch.Poll != nil, true},
		"descriptors":   {mapping.Backend("idp").Spec.GRPC.DescriptorSet, filepath.Join("testdata", "idp.binpb")},
		"absolute file": {mapping.Backend("idp").Spec.GRPC.TLS.CAFile, "/tls/ca.crt"},
	}
	for name, check := range checks {
		if !reflect.DeepEqual(check.got, check.want) {
			t.Errorf("%s: got %#v, want %#v", name, check.got, check.want)
		}
	}
	fault := mapping.Fault(mapping.Resources[0], "spec.validations[0].rule", "does not compile")
	if got, want := fault.Error(), "testdata/customers.yaml:40:12: spec.validations[0].rule: does not compile"; got != want {
		t.Errorf("got the fault %q, want %q", got, want)
	}
	if mapping.Backend("other") != nil {
		t.Error("found a backend that is not declared")
	}
}

func TestLoadDirectory(t *testing.T) {
	directory := t.TempDir()
	write(t, directory, "20-things.yml", resourceDocument)
	write(t, directory, "10-backend.yaml", strings.Replace(backendDocument, `dsn: "root@/erp"`, "dsnFrom: {file: secrets/dsn}", 1))
	write(t, directory, "30-parts.json", "{\n\t\"apiVersion\": \"bridge-apiserver.dev/v1alpha1\",\n\t\"kind\": \"Backend\",\n\t\"metadata\": {\"name\": \"json\"}, \"spec\": {\"mysql\": {\"dsn\": \"root@/erp\"}}\n}\n")
	write(t, directory, ".hidden.yaml", "not: a mapping")
	write(t, directory, "notes.txt", "not a mapping")
	if err := os.Mkdir(filepath.Join(directory, "directory.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	linkLikeConfigMap(t, directory, "40-linked.yaml", strings.ReplaceAll(strings.ReplaceAll(resourceDocument, "things", "links"), "Thing", "Link"))

	mapping, err := Load([]string{directory})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, backend := range mapping.Backends {
		names = append(names, backend.Name)
	}
	for _, resource := range mapping.Resources {
		names = append(names, resource.Name)
	}
	if want := []string{"erp", "json", "things.example.com", "links.example.com"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if got, want := mapping.Backends[0].Spec.MySQL.DSNFrom.File, filepath.Join(directory, "secrets/dsn"); got != want {
		t.Errorf("got the file %s, want %s", got, want)
	}
	files, err := Files([]string{directory, filepath.Join(directory, "30-parts.json")})
	if err != nil || len(files) != 4 {
		t.Errorf("got the files %v and %v, want each of 4 once", files, err)
	}
}

// linkLikeConfigMap writes a file the way a kubelet mounts a ConfigMap.
func linkLikeConfigMap(t *testing.T, directory, name, content string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(directory, "..data"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(directory, "..data"), name, content)
	if err := os.Symlink(filepath.Join("..data", name), filepath.Join(directory, name)); err != nil {
		t.Fatal(err)
	}
}

func TestLoadReportsEveryFile(t *testing.T) {
	directory := t.TempDir()
	empty := filepath.Join(directory, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	backend := write(t, directory, "backend.yaml", strings.Replace(backendDocument, "spec", "sepc", 1))
	things := write(t, directory, "things.yaml", strings.Replace(resourceDocument, "backend: erp", "backend: crm", 1))
	missing := filepath.Join(directory, "missing.yaml")
	large := filepath.Join(directory, "large.yaml")
	write(t, directory, "large.yaml", "")
	if err := os.Truncate(large, maxFileSize+1); err != nil {
		t.Fatal(err)
	}

	_, err := Load([]string{missing, backend, things, empty, large})
	if !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("the missing file is not reported: %v", err)
	}
	for _, want := range []string{
		missing + ": cannot be read",
		empty + ": has no file whose name ends in",
		large + ": is 33554433 bytes long",
		backend + `:5:1: sepc: unknown field; did you mean "spec"?`,
		things + `:10:21: spec.source.backend: Not found: "crm"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no error %q in:\n%v", want, err)
		}
	}
	if _, err := Load(nil); err == nil {
		t.Error("accepted no files at all")
	}
	if _, err := Files([]string{missing}); err == nil {
		t.Error("listed a file that does not exist")
	}
}

func TestAliases(t *testing.T) {
	shared := strings.Replace(resourceDocument, "columns: [id]", "columns: &key [id]", 1)
	shared = strings.Replace(shared, "column: name, ", "column: name, nullValues: *key, ", 1)
	mapping, err := Parse(Source{Name: "a.yaml", Data: []byte(backendDocument + "---" + shared)})
	if err != nil {
		t.Fatal(err)
	}
	if got := mapping.Resources[0].Spec.Fields[0].NullValues; !slices.Equal(got, []Scalar{{Text: "id"}}) {
		t.Errorf("got %v through the alias", got)
	}
}

// TestAliasBomb decodes a document of 20 KB whose aliases stand for four million values.
func TestAliasBomb(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("apiVersion: bridge-apiserver.dev/v1alpha1\nkind: BridgedResource\nmetadata: {name: a.example.com}\nspec:\n  verbs: &v [" + strings.Repeat("get, ", 2000) + "get]\n")
	bomb.WriteString("  fields:\n  - &f {enum: *v}\n" + strings.Repeat("  - *f\n", 2000))
	_, err := Parse(Source{Name: "bomb.yaml", Data: []byte(bomb.String())})
	if err == nil || !strings.Contains(err.Error(), "too large once its aliases are followed") {
		t.Errorf("the document was decoded in full")
	}
}

func TestDefaultsInherit(t *testing.T) {
	fields := `
  fields:
  - {path: spec.a, type: object, number: 1, readOnly: true}
  - {path: spec.a.b, type: object, number: 1}
  - {path: spec.a.b.c, column: c, number: 1}
  - {path: spec.d, type: object, number: 2, immutable: true}
  - {path: spec.d.e, column: e, number: 1}
  - {path: spec.f, column: f, number: 3}
  - {path: status.g, column: g, number: 1, type: dateTime}
  printerColumns:
  - {name: G, path: status.g}
  - {name: Age, path: metadata.creationTimestamp}
`
	document := resourceDocument[:strings.Index(resourceDocument, "\n  fields:")] + fields
	mapping, err := Parse(Source{Name: "a.yaml", Data: []byte(backendDocument + "---" + document)})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ readOnly, immutable bool }{
		"spec.a": {true, false}, "spec.a.b": {true, false}, "spec.a.b.c": {true, false},
		"spec.d": {false, true}, "spec.d.e": {false, true}, "spec.f": {false, false}, "status.g": {true, false},
	}
	for _, declared := range mapping.Resources[0].Spec.Fields {
		if declared.ReadOnly != want[declared.Path].readOnly || declared.Immutable != want[declared.Path].immutable {
			t.Errorf("%s: got readOnly %t and immutable %t", declared.Path, declared.ReadOnly, declared.Immutable)
		}
	}
	for _, column := range mapping.Resources[0].Spec.PrinterColumns {
		if column.Type != "date" {
			t.Errorf("the column %s has the type %s, want date", column.Name, column.Type)
		}
	}
}

func write(t *testing.T, directory, name, content string) string {
	t.Helper()
	file := filepath.Join(directory, name)
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

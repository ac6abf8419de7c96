package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

func TestTheDSNIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dsn")
	source := dsnSource("", &v1alpha1.ValueSource{File: file}, "dsnFrom")
	for _, content := range []string{"user:old@/erp\n", "user:new@/erp\n"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := source(); err != nil || got != strings.TrimSpace(content) {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestAMissingDSNIsNamed(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_BRIDGE_EMPTY", "")
	for _, test := range []struct {
		source *v1alpha1.ValueSource
		want   string
	}{
		{&v1alpha1.ValueSource{Env: "TEST_BRIDGE_EMPTY"}, "TEST_BRIDGE_EMPTY"},
		{&v1alpha1.ValueSource{File: empty}, empty},
		{&v1alpha1.ValueSource{File: empty + "-absent"}, empty + "-absent"},
	} {
		_, err := dsnSource("", test.source, "dsnFrom")()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v doesn't name %s", err, test.want)
		}
	}
}

const fullMapping = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: Backend
metadata: {name: erp}
spec:
  mysql: {dsn: "user@tcp(127.0.0.1:1)/erp"}
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: hosts.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Namespaced
  names: {plural: hosts, singular: host, kind: Host}
  verbs: [get, list, watch, create, delete]
  source:
    backend: erp
    mysql:
      table: hosts
      where: {is_deleted: [0], site: [a, b]}
      key: {name: {columns: [ADDRESS]}, namespace: {column: region}}
      onDelete: {set: {is_deleted: 1}}
      beforeWrite: ["SET @who = 'bridge'"]
      allowCascade: true
  fields:
  - {path: spec.address, column: address, number: 1, type: ipv4, readOnly: true}
  - {path: spec.state, column: state, number: 2, values: {A: Active}, nullValues: ["", "?"]}
  - {path: status.seen, column: seen, number: 1, type: dateTime}
  metadata:
    labels: {tier: {column: tier}}
`

func parseMapping(t *testing.T, document string) *v1alpha1.Mapping {
	t.Helper()
	mapping, err := v1alpha1.Parse(v1alpha1.Source{Name: "test.yaml", Data: []byte(document)})
	if err != nil {
		t.Fatal(err)
	}
	return mapping
}

func TestEverythingInTheMappingReachesTheAdapter(t *testing.T) {
	declared := parseMapping(t, fullMapping).Resources[0]
	kind, err := object.NewKind(declared)
	if err != nil {
		t.Fatal(err)
	}
	config := sqlResourceConfig(declared, kind)
	if config.Name != "hosts.erp.example.com" || config.Table != "hosts" || !config.AllowCascade || config.GeneratedKey {
		t.Errorf("got %+v", config)
	}
	if want := map[string][]string{"is_deleted": {"0"}, "site": {"a", "b"}}; !reflect.DeepEqual(config.Where, want) {
		t.Errorf("where %v", config.Where)
	}
	if want := map[string]string{"is_deleted": "1"}; !reflect.DeepEqual(config.OnDelete, want) {
		t.Errorf("onDelete %v", config.OnDelete)
	}
	if want := []string{"SET @who = 'bridge'"}; !reflect.DeepEqual(config.BeforeWrite, want) {
		t.Errorf("beforeWrite %v", config.BeforeWrite)
	}
	type column struct {
		name, column string
		kind         sql.ColumnType
		readOnly     bool
	}
	var got []column
	for _, list := range [][]sql.Column{config.Key, config.Fields} {
		for _, declared := range list {
			got = append(got, column{declared.Field.Name, declared.Column, declared.Type, declared.ReadOnly})
		}
	}
	want := []column{
		{"ADDRESS", "ADDRESS", sql.TypeIPv4, false},
		{"region", "region", "", false},
		{"spec.address", "address", sql.TypeIPv4, true},
		{"spec.state", "state", sql.TypeString, false},
		{"status.seen", "seen", sql.TypeDateTime, true},
		{"metadata.labels[tier]", "tier", sql.TypeString, false},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("columns %+v, want %+v", got, want)
	}
	state := config.Fields[1]
	if !reflect.DeepEqual(state.Values, map[string]string{"A": "Active"}) || !reflect.DeepEqual(state.NullValues, []string{"", "?"}) {
		t.Errorf("state %+v", state)
	}
}

func TestFaultsOfAllResourcesAreReported(t *testing.T) {
	mapping := parseMapping(t, fullMapping)
	second := mapping.Resources[0].DeepCopy()
	second.Name = "second"
	second.Spec.Source.Backend = "absent"
	third := mapping.Resources[0].DeepCopy()
	third.Name = "third"
	third.Spec.Validations = []v1alpha1.ValidationRule{{Rule: "self.spec.absent =="}}
	mapping.Resources = append(mapping.Resources, second, third)
	opened, err := openBackends(mapping)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}()
	_, err = opened.resources(mapping)
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"second", "absent", "third"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q doesn't name %s", err, name)
		}
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const generateMapping = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: Backend
metadata: {name: erp}
spec: {mysql: {dsn: "root@tcp(127.0.0.1:1)/erp"}}
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: customers.GROUP}
spec:
  group: GROUP
  version: v1
  scope: Cluster
  names: {plural: customers, singular: customer, kind: Customer}
  source: {backend: erp, mysql: {table: CUST, key: {name: {columns: [no]}}}}
  fields:
  - {path: spec.companyName, column: name, number: 7, description: Legal name}
`

func writeMapping(t *testing.T, groups ...string) string {
	t.Helper()
	directory := t.TempDir()
	for i, group := range groups {
		content := strings.ReplaceAll(generateMapping, "GROUP", group)
		if i > 0 {
			_, content, _ = strings.Cut(content, "---")
		}
		if err := os.WriteFile(filepath.Join(directory, group+".yaml"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func generate(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := newGenerateCommand()
	command.SetArgs(append([]string{"proto"}, arguments...))
	command.SetOut(&out)
	command.SetErr(&out)
	command.SilenceUsage = true
	err := command.Execute()
	return out.String(), err
}

func TestGenerateProto(t *testing.T) {
	got, err := generate(t, "--config", writeMapping(t, "erp.example.com"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"package com.example.erp.v1;", "message Customer {", "// Legal name\n", "optional string companyName = 7;", "message Unknown {"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestGenerateProtoOfSeveralGroups(t *testing.T) {
	mapping := writeMapping(t, "erp.example.com", "crm.example.com")
	if _, err := generate(t, "--config", mapping); err == nil || !strings.Contains(err.Error(), "--output") {
		t.Errorf("got %v, wanted an error that names --output", err)
	}
	output := filepath.Join(t.TempDir(), "proto")
	if _, err := generate(t, "--config", mapping, "--output", output); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"erp.example.com_v1.proto", "crm.example.com_v1.proto"} {
		if content, err := os.ReadFile(filepath.Join(output, name)); err != nil || !strings.Contains(string(content), "message Customer {") {
			t.Errorf("%s: %v\n%s", name, err, content)
		}
	}
}

func TestGenerateProtoNamesWhatIsWrong(t *testing.T) {
	if _, err := generate(t); err == nil || !strings.Contains(err.Error(), "config") {
		t.Errorf("without --config: %v", err)
	}
	if _, err := generate(t, "--config", filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("with a missing file: %v", err)
	}
}

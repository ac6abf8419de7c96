package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestServeIsTheDefaultCommand(t *testing.T) {
	for _, test := range []struct{ given, want []string }{
		{nil, nil},
		{[]string{"--config=a.yaml"}, []string{"serve", "--config=a.yaml"}},
		{[]string{"a.yaml"}, []string{"serve", "a.yaml"}},
		{[]string{"serve", "--config=a.yaml"}, []string{"serve", "--config=a.yaml"}},
		{[]string{"version"}, []string{"version"}},
		{[]string{"--help"}, []string{"--help"}},
		{[]string{"help", "serve"}, []string{"help", "serve"}},
	} {
		if got := withDefaultCommand(newRootCommand(nil), test.given); !slices.Equal(got, test.want) {
			t.Errorf("%q became %q", test.given, got)
		}
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, command := range newRootCommand(nil).Commands() {
		if command.Short == "" {
			t.Errorf("%s has no description", command.Name())
		}
	}
	root := newRootCommand([]string{"serve", "--help"})
	var out bytes.Buffer
	root.SetOut(&out)
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--config", "--standalone", "--secure-port", "--authentication-kubeconfig", "--audit-policy-file", "--tracing-config-file", "--enable-priority-and-fairness", "--shutdown-delay-duration"} {
		if !strings.Contains(out.String(), flag) {
			t.Errorf("the help doesn't have %s", flag)
		}
	}
	if strings.Contains(out.String(), "etcd") {
		t.Error("the help speaks of etcd")
	}
}

package bridge

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

func TestAuditSaysWhoWroteWhat(t *testing.T) {
	directory := t.TempDir()
	policy, log := filepath.Join(directory, "policy.yaml"), filepath.Join(directory, "audit.log")
	rules := "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n" +
		"- {level: RequestResponse, resources: [{group: erp.example.com}]}\n- {level: None}\n"
	if err := os.WriteFile(policy, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	f := startWith(t, func(*fixture) {}, "--audit-policy-file="+policy, "--audit-log-path="+log)
	f.waitFor("readiness", func() error { return newFirstSync(f.server.resources, time.Now).Check(nil) })
	f.create("a", `"companyName":"Acme"`)
	f.must(http.StatusUnprocessableEntity, f.do(http.MethodPost, customersPath, nil, customer("b", `"rating":1`)))
	f.stop()

	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var events []auditv1.Event
	for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
		var event auditv1.Event
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		events = append(events, event)
	}
	if len(events) != 2 {
		t.Fatalf("events: %s", content)
	}
	created := events[0]
	if created.User.Username != "bridge-admin" || created.Verb != "create" || created.ObjectRef.Resource != "customers" ||
		created.ResponseStatus.Code != http.StatusCreated || !strings.Contains(string(created.RequestObject.Raw), "Acme") ||
		!strings.Contains(string(created.ResponseObject.Raw), `"status":"Active"`) {
		t.Errorf("got %+v", created)
	}
	if refused := events[1]; refused.ResponseStatus.Code != http.StatusUnprocessableEntity {
		t.Errorf("got %+v", refused)
	}
}

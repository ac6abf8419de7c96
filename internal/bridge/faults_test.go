package bridge

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func TestWhileTheBackendIsDown(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A"`)
	f.disconnect()
	for _, request := range []struct{ name, method, path, body string }{
		{"consistent get", http.MethodGet, customersPath + "/a", ""},
		{"consistent list", http.MethodGet, customersPath, ""},
		{"creation", http.MethodPost, customersPath, customer("b", `"companyName":"B"`)},
		{"update", http.MethodPut, customersPath + "/a", customer("a", `"companyName":"B"`)},
		{"deletion", http.MethodDelete, customersPath + "/a", ""},
	} {
		got := f.do(request.method, request.path, nil, request.body)
		if got.code != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, Retry-After %q: %s", request.name, got.code, got.header.Get("Retry-After"), got.body)
		}
		if !strings.Contains(got.status().Message, "connection refused") {
			t.Errorf("%s: the message doesn't say what is wrong: %s", request.name, got.status().Message)
		}
	}
	for _, path := range []string{customersPath + "?resourceVersion=0", customersPath + "/a?resourceVersion=0"} {
		got := f.must(http.StatusOK, f.get(path))
		if len(got.warnings) != 1 {
			t.Errorf("%s: no warning that it is old: %q", path, got.warnings)
		}
	}
	for _, faults := range f.faults {
		faults.Reconnect()
	}
	f.waitFor("the feed", func() error {
		_, unwell := f.mirrorOf("customers").Unwell()
		return unwell
	})
	f.must(http.StatusOK, f.get(customersPath+"/a"))
	f.create("b", `"companyName":"B"`)
}

func TestABackendThatWasNeverThere(t *testing.T) {
	f := startWith(t, func(f *fixture) {
		for _, faults := range f.faults {
			faults.Disconnect(adapters.Errorf(adapters.Unavailable, "no such host"))
		}
	})
	f.checkDiscovery()
	got := f.get("/readyz")
	if got.code != http.StatusInternalServerError || !strings.Contains(got.body, "[-]first-sync") {
		t.Errorf("ready without any state, before the patience ended: %d %s", got.code, got.body)
	}
	f.must(http.StatusOK, f.get("/livez"))
	f.must(http.StatusServiceUnavailable, f.get(customersPath))
}

func TestWhatTheBackendAnswersReachesTheClient(t *testing.T) {
	for _, test := range []struct {
		name    string
		failure *adapters.Error
		code    int
		reason  string
		mention string
		retry   bool
	}{
		{"invalid", &adapters.Error{Code: adapters.Invalid, Message: "refused", Fields: []adapters.FieldError{{
			Field: "spec.companyName", Reason: adapters.TooLongValue, Detail: "at most 3 characters",
		}}}, 422, "Invalid", "spec.companyName", false},
		{"a unique key", &adapters.Error{Code: adapters.Conflict, Message: "name is taken", Fields: []adapters.FieldError{{
			Field: "spec.companyName", Reason: adapters.DuplicateValue, Detail: "unique key by_name",
		}}}, 409, "Conflict", "by_name", false},
		{"unavailable", &adapters.Error{Code: adapters.Unavailable, Message: "read-only server"}, 503, "ServiceUnavailable", "read-only server", true},
		{"overloaded", &adapters.Error{Code: adapters.Overloaded, Message: "too many connections"}, 429, "TooManyRequests", "too many connections", true},
		{"outcome unknown", &adapters.Error{Code: adapters.Indeterminate, Message: "connection lost"}, 504, "Timeout", "connection lost", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := start(t)
			f.faults["customers"].FailNext("Create", test.failure)
			got := f.do(http.MethodPost, customersPath, nil, customer("a", `"companyName":"Acme"`))
			if got.code != test.code || string(got.status().Reason) != test.reason {
				t.Errorf("answered %d %s: %s", got.code, got.status().Reason, got.body)
			}
			if !strings.Contains(messages(got), test.mention) {
				t.Errorf("%q is not mentioned: %s", test.mention, got.body)
			}
			if retry := got.header.Get("Retry-After") != ""; retry != test.retry {
				t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
			}
		})
	}
}

func TestStrangersAreRefused(t *testing.T) {
	f := start(t)
	stranger := f.stranger()
	for _, path := range []string{customersPath, "/apis", "/metrics", "/openapi/v2"} {
		f.must(http.StatusUnauthorized, f.doAs(stranger, http.MethodGet, path, nil, ""))
	}
	f.must(http.StatusUnauthorized, f.doAs(stranger, http.MethodGet, customersPath, []string{"Authorization", "Bearer forged"}, ""))
	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		f.must(http.StatusOK, f.doAs(stranger, http.MethodGet, path, nil, ""))
	}
}

func TestMetrics(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A"`)
	f.do(http.MethodPost, customersPath, nil, customer("a", `"companyName":"A"`))
	body := f.must(http.StatusOK, f.get("/metrics")).body
	for _, line := range []string{
		`bridge_mirror_objects{backend="erp",resource="customers.erp.example.com"} 1`,
		`bridge_mirror_synced{backend="erp",resource="regions.erp.example.com"} 1`,
		`bridge_feed_well{backend="erp",resource="customers.erp.example.com"} 1`,
		`bridge_mirror_history_events{backend="erp",resource="customers.erp.example.com"} 1`,
		`bridge_backend_call_duration_seconds_count{backend="erp",operation="create",resource="customers.erp.example.com",result="ok"} 1`,
		`apiserver_request_total{code="201"`,
	} {
		if !strings.Contains(body, line) {
			t.Errorf("no %s", line)
		}
	}
	f.stop()
	unregister, err := register(newCallMetrics().seconds)
	if err != nil {
		t.Fatalf("a server that has ended still holds its metrics: %v", err)
	}
	unregister()
}

// A second server in a process would answer with half of the metrics.
func TestMetricsBelongToOneServer(t *testing.T) {
	unregister, err := register(newCallMetrics().seconds)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := register(newCallMetrics().seconds); err == nil {
		t.Error("registered twice")
	}
	unregister()
	unregister, err = register(newCallMetrics().seconds)
	if err != nil {
		t.Fatal(err)
	}
	unregister()
}

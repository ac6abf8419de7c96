package bridge

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// bad is a request that must be refused without changing anything.
type bad struct {
	name, method, path, mediaType, body string
	code                                int
	// mention is a text that the message, or a cause, must have: the field, the value
	// or the way out.
	mention string
}

var badRequests = []bad{
	{name: "not JSON", method: "POST", body: `{"spec":`, code: 400},
	{name: "no kind", method: "POST", body: `{"spec":{}}`, code: 422, mention: "metadata.name"},
	{name: "another kind", method: "POST", body: `{"apiVersion":"erp.example.com/v1","kind":"Region","metadata":{"name":"n"}}`, code: 400, mention: "Region"},
	{name: "another version", method: "POST", body: `{"apiVersion":"erp.example.com/v2","kind":"Customer","metadata":{"name":"n"}}`, code: 400, mention: "v2"},
	{name: "wrong type", method: "POST", body: customer("n", `"companyName":7`), code: 400, mention: "companyName"},
	{name: "wrong type of an integer", method: "POST", body: customer("n", `"companyName":"N","rating":"seven"`), code: 400, mention: "rating"},
	{name: "an integer that is not one", method: "POST", body: customer("n", `"companyName":"N","rating":1.5`), code: 400, mention: "rating"},
	{name: "unknown field", method: "POST", path: "?fieldValidation=Strict", body: customer("n", `"companyName":"N","nme":"x"`), code: 400, mention: `unknown field "spec.nme"`},
	{name: "duplicate field", method: "POST", path: "?fieldValidation=Strict", body: customer("n", `"companyName":"N","companyName":"M"`), code: 400, mention: `duplicate field "spec.companyName"`},
	{name: "missing field", method: "POST", body: customer("n", `"rating":1`), code: 422, mention: "spec.companyName"},
	{name: "too long", method: "POST", body: customer("n", `"companyName":"`+strings.Repeat("x", 21)+`"`), code: 422, mention: "spec.companyName"},
	{name: "not in the enumeration", method: "POST", body: customer("n", `"companyName":"N","status":"Gone"`), code: 422, mention: "spec.status"},
	{name: "below the minimum", method: "POST", body: customer("n", `"companyName":"N","rating":-1`), code: 422, mention: "spec.rating"},
	{name: "against a rule", method: "POST", body: customer("n", `"companyName":"N","status":"Inactive","rating":1`), code: 422, mention: "inactive customers have no rating"},
	{name: "immutable field", method: "PATCH", path: "/kept", mediaType: "application/merge-patch+json", body: `{"spec":{"country":"FR"}}`, code: 422, mention: "spec.country"},
	{name: "finalizer", method: "PATCH", path: "/kept", mediaType: "application/merge-patch+json", body: `{"metadata":{"finalizers":["example.com/x"]}}`, code: 422, mention: "metadata.finalizers"},
	{
		name: "owner", method: "PATCH", path: "/kept", mediaType: "application/merge-patch+json",
		body: `{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u"}]}}`, code: 422, mention: "metadata.ownerReferences",
	},
	{name: "renamed", method: "PUT", path: "/kept", body: customer("other", `"companyName":"N"`), code: 400, mention: "other"},
	{name: "another UID", method: "PUT", path: "/kept", body: `{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{"name":"kept","uid":"x"},"spec":{"companyName":"N"}}`, code: 409, mention: "UID"},
	{name: "stale", method: "PUT", path: "/kept", body: `{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{"name":"kept","resourceVersion":"1"},"spec":{"companyName":"N"}}`, code: 409},
	{name: "resourceVersion in a creation", method: "POST", body: `{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{"name":"n","resourceVersion":"1"},"spec":{"companyName":"N"}}`, code: 422, mention: "metadata.resourceVersion"},
	{name: "there already", method: "POST", body: customer("kept", `"companyName":"N"`), code: 409, mention: "already exists"},
	{name: "not there", method: "PUT", path: "/absent", body: customer("absent", `"companyName":"N"`), code: 404, mention: "absent"},
	{name: "a name that no key has", method: "POST", body: customer("Not_A_Name", `"companyName":"N"`), code: 422, mention: "metadata.name"},
	{name: "no name", method: "POST", body: `{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{},"spec":{"companyName":"N"}}`, code: 422, mention: "name"},
	{name: "another namespace", method: "POST", body: `{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{"name":"n","namespace":"us"},"spec":{"companyName":"N"}}`, code: 400, mention: "namespace"},
	{name: "malformed merge patch", method: "PATCH", path: "/kept", mediaType: "application/merge-patch+json", body: `{`, code: 400},
	{name: "malformed JSON patch", method: "PATCH", path: "/kept", mediaType: "application/json-patch+json", body: `{"op":"remove"}`, code: 400},
	{name: "JSON patch of nothing", method: "PATCH", path: "/kept", mediaType: "application/json-patch+json", body: `[{"op":"remove","path":"/spec/absent"}]`, code: 422},
	{name: "JSON patch whose test fails", method: "PATCH", path: "/kept", mediaType: "application/json-patch+json", body: `[{"op":"test","path":"/spec/companyName","value":"x"}]`, code: 422},
	{name: "apply of an unknown field", method: "PATCH", path: "/kept?fieldManager=m", mediaType: "application/apply-patch+yaml", body: customer("kept", `"nme":"x"`), code: 400, mention: "nme"},
	{name: "apply without a manager", method: "PATCH", path: "/kept", mediaType: "application/apply-patch+yaml", body: customer("kept", `"companyName":"N"`), code: 422, mention: "fieldManager"},
	{name: "strategic merge patch", method: "PATCH", path: "/kept", mediaType: "application/strategic-merge-patch+json", body: `{}`, code: 415},
	{name: "patch of an unknown type", method: "PATCH", path: "/kept", mediaType: "text/plain", body: `{}`, code: 415},
	{name: "body of an unknown type", method: "POST", mediaType: "text/csv", body: `a,b`, code: 415},
	{name: "form", method: "POST", mediaType: "application/x-www-form-urlencoded", body: `a=b`, code: 415},
	{name: "CBOR", method: "POST", mediaType: "application/cbor", body: "\xd9\xd9\xf7\xa0", code: 415},
	{name: "oversized", method: "POST", body: customer("n", `"companyName":"`+strings.Repeat("x", 4<<20)+`"`), code: 413},
	{name: "protobuf garbage", method: "POST", mediaType: runtime.ContentTypeProtobuf, body: "k8s\x00\xff\xff\xff\xff", code: 400},
	{name: "protobuf without its prefix", method: "POST", mediaType: runtime.ContentTypeProtobuf, body: "garbage", code: 400},
	{name: "unknown dryRun", method: "POST", path: "?dryRun=Some", body: customer("n", `"companyName":"N"`), code: 422, mention: "dryRun"},
	{name: "unknown fieldValidation", method: "POST", path: "?fieldValidation=Some", body: customer("n", `"companyName":"N"`), code: 422, mention: "fieldValidation"},
	{name: "unknown propagation", method: "DELETE", path: "/kept?propagationPolicy=Some", code: 422, mention: "propagationPolicy"},
	{name: "delete options of another kind", method: "DELETE", path: "/kept", body: `{"kind":"Pod","apiVersion":"v1"}`, code: 400},
	{name: "a verb that isn't served", method: "POST", path: "/kept", body: customer("kept", ""), code: 405},
	{name: "status", method: "PUT", path: "/kept/status", body: customer("kept", ""), code: 404},
	{name: "unknown subresource", method: "GET", path: "/kept/scale", code: 404},

	{name: "label selector", method: "GET", path: "?labelSelector=a%3D%3D%3Db", code: 400, mention: "unable to parse requirement"},
	{name: "field selector", method: "GET", path: "?fieldSelector=spec.rating%3D1", code: 400, mention: "spec.rating"},
	{name: "malformed field selector", method: "GET", path: "?fieldSelector=spec.rating", code: 400},
	{name: "deletion with a bad selector", method: "DELETE", path: "?fieldSelector=spec.rating%3D1", code: 400, mention: "spec.rating"},
	{name: "limit that is no number", method: "GET", path: "?limit=many", code: 400},
	{name: "revision that is no number", method: "GET", path: "?resourceVersion=new", code: 400, mention: "new"},
	{name: "revision too large for any history", method: "GET", path: "?resourceVersion=9223372036854775808", code: 400},
	{name: "watch from a revision that is no number", method: "GET", path: "?watch=1&resourceVersion=new", code: 400},
	{name: "revision of an exact read before the history", method: "GET", path: "?resourceVersion=1&resourceVersionMatch=Exact", code: 410},
	{name: "revision beyond the head", method: "GET", path: "?resourceVersion=1000000&resourceVersionMatch=NotOlderThan", code: 504, mention: "Too large resource version"},
	{name: "unknown match", method: "GET", path: "?resourceVersion=1&resourceVersionMatch=About", code: 422, mention: "resourceVersionMatch"},
	{name: "match without a revision", method: "GET", path: "?resourceVersionMatch=Exact", code: 422, mention: "resourceVersionMatch"},
	{name: "continue token that is none", method: "GET", path: "?limit=1&continue=!!!", code: 400, mention: "continue"},
	{name: "continue token of nonsense", method: "GET", path: "?limit=1&continue=" + token(`{"x":1}`), code: 400, mention: "continue"},
	{name: "continue token that leaves the resource", method: "GET", path: "?limit=1&continue=" + token(`{"v":"meta.k8s.io/v1","rv":5,"start":"../../secrets"}`), code: 400, mention: "continue"},
	{name: "continue token of before the history", method: "GET", path: "?limit=1&continue=" + token(`{"v":"meta.k8s.io/v1","rv":1,"start":"a\u0000"}`), code: 410},
	{name: "continue token and a revision", method: "GET", path: "?limit=1&resourceVersion=5&continue=" + token(`{"v":"meta.k8s.io/v1","rv":5,"start":"a\u0000"}`), code: 400},
}

func token(content string) string { return base64.RawURLEncoding.EncodeToString([]byte(content)) }

func TestBadRequestsAreRefusedAndChangeNothing(t *testing.T) {
	f := start(t)
	f.create("kept", `"companyName":"Kept","country":"DE"`)
	f.tables["customers"].Compact(f.create("second", `"companyName":"S"`).revisionOf(t))
	f.waitFor("the compaction", func() error {
		if f.get(customersPath+"?resourceVersion=1&resourceVersionMatch=Exact").code == http.StatusGone {
			return nil
		}
		f.mirrorOf("customers").Compact(f.revision())
		return fmt.Errorf("revision 1 is served")
	})
	before := f.tables["customers"].Records()
	for _, request := range badRequests {
		t.Run(request.name, func(t *testing.T) {
			var headers []string
			if request.mediaType != "" {
				headers = []string{"Content-Type", request.mediaType}
			}
			got := f.do(request.method, customersPath+request.path, headers, request.body)
			status := got.status()
			if got.code != request.code || int(status.Code) != request.code {
				t.Errorf("answered %d, want %d: %s", got.code, request.code, shorten(got.body))
			}
			if !strings.Contains(messages(got), request.mention) {
				t.Errorf("%q is not mentioned: %s", request.mention, shorten(got.body))
			}
		})
	}
	if after := f.tables["customers"].Records(); !slices.EqualFunc(before, after, adapters.Record.Equal) {
		t.Errorf("%v became %v", before, after)
	}
}

// messages are the texts of a Status.
func messages(got answer) string {
	status := got.status()
	texts := []string{status.Message}
	if status.Details != nil {
		texts = append(texts, status.Details.Name)
		for _, cause := range status.Details.Causes {
			texts = append(texts, cause.Field, cause.Message)
		}
	}
	return strings.Join(texts, "\n")
}

func shorten(text string) string {
	if len(text) > 500 {
		return text[:500] + "…"
	}
	return text
}

func TestUnknownFieldsAreWarnedOfByDefault(t *testing.T) {
	f := start(t)
	got := f.must(http.StatusCreated, f.do(http.MethodPost, customersPath, nil, customer("n", `"companyName":"N","nme":"x"`)))
	if !strings.Contains(strings.Join(got.warnings, "\n"), `unknown field "spec.nme"`) {
		t.Errorf("warnings %q", got.warnings)
	}
	got = f.must(http.StatusCreated, f.do(http.MethodPost, customersPath+"?fieldValidation=Ignore", nil, customer("m", `"companyName":"N","nme":"x"`)))
	if len(got.warnings) > 0 {
		t.Errorf("warnings %q", got.warnings)
	}
}

func TestVerbsThatAreNotDeclaredAreNotAllowed(t *testing.T) {
	f := start(t)
	regions := "/apis/erp.example.com/v1/regions"
	f.insert("regions", "eu", map[string]adapters.Value{"spec.title": adapters.String("Europe")})
	f.must(http.StatusOK, f.get(regions+"/eu"))
	document := `{"apiVersion":"erp.example.com/v1","kind":"Region","metadata":{"name":"us"},"spec":{}}`
	for _, request := range []struct{ method, path string }{
		{http.MethodPost, regions}, {http.MethodPut, regions + "/eu"}, {http.MethodDelete, regions + "/eu"},
		{http.MethodDelete, regions}, {http.MethodPatch, regions + "/eu"},
	} {
		got := f.do(request.method, request.path, nil, document)
		if got.code != http.StatusMethodNotAllowed || got.status().Reason != "MethodNotAllowed" {
			t.Errorf("%s %s: %d %s", request.method, request.path, got.code, got.body)
		}
	}
}

func TestPathsThatAreNotThere(t *testing.T) {
	f := start(t)
	for _, path := range []string{
		"/apis/erp.example.com/v1/unknown",
		"/apis/erp.example.com/v2/customers",
		"/apis/other.example.com/v1/customers",
		"/apis/erp.example.com/v1/namespaces/eu/regions",
		"/apis/erp.example.com/v1/namespaces/eu/regions/a",
		"/apis/erp.example.com/v1/customers/a",
		"/apis/erp.example.com/v1/namespaces/eu/customers/absent",
		"/apis/erp.example.com/v1/namespaces/eu/customers/Not_A_Name",
	} {
		f.must(http.StatusNotFound, f.get(path))
	}
}

func TestOtherNamespacesThanTheDeclaredOne(t *testing.T) {
	f := start(t)
	tickets := "/apis/erp.example.com/v1/namespaces/sales/tickets"
	f.must(http.StatusNotFound, f.get(tickets+"/1"))
	if names := f.names(tickets); len(names) > 0 {
		t.Errorf("listed %v", names)
	}
	document := `{"apiVersion":"erp.example.com/v1","kind":"Ticket","metadata":{"generateName":"t-"},"spec":{"subject":"help"}}`
	got := f.must(http.StatusUnprocessableEntity, f.do(http.MethodPost, tickets, nil, document))
	if !strings.Contains(messages(got), "metadata.namespace") || !strings.Contains(messages(got), "support") {
		t.Errorf("the field and the way out are not named: %s", got.body)
	}
	if records := f.tables["tickets"].Records(); len(records) > 0 {
		t.Errorf("records %v", records)
	}
}

func TestARevisionOfAnotherHistoryIsGone(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A"`)
	f.faults["customers"].Foreign(func(revision adapters.Revision) bool { return revision > 1<<40 })
	foreign := adapters.Revision(1<<40 + 1).String()
	refused := f.watch(customersPath + "?watch=1&resourceVersion=" + foreign).next()
	if refused.Type != "ERROR" || at(refused.Object, "code") != 410.0 {
		t.Errorf("got %+v", refused)
	}
	// A reader that asks for a state at least as new is told to come again, as it is
	// by a replica that is behind.
	f.must(http.StatusGatewayTimeout, f.get(customersPath+"?resourceVersionMatch=NotOlderThan&resourceVersion="+foreign))
}

// What kubectl asks when it doesn't find an object must not hide what wasn't found.
func TestStandaloneNamespacesAreNotMissing(t *testing.T) {
	f := start(t)
	got := f.must(http.StatusMethodNotAllowed, f.get("/api/v1/namespaces/eu"))
	if got.status().Reason != "MethodNotAllowed" {
		t.Errorf("got %s", got.body)
	}
}

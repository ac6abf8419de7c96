package bridge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// FuzzWrites sends bodies of all kinds to all writing requests: whatever a stranger
// sends is the stranger's mistake, never the server's.
func FuzzWrites(f *testing.F) {
	methods := []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	mediaTypes := []string{
		"application/json", "application/yaml", runtime.ContentTypeProtobuf,
		"application/merge-patch+json", "application/json-patch+json", "application/apply-patch+yaml",
	}
	for i, body := range []string{
		customer("kept", `"companyName":"N"`), "apiVersion: erp.example.com/v1\nkind: Customer\n", "k8s\x00\x0a\x02\x0a\x00",
		`{"spec":{"rating":1}}`, `[{"op":"add","path":"/spec/tags/-","value":"x"}]`, customer("kept", `"nme":{}`),
		`{"kind":"DeleteOptions","apiVersion":"v1"}`, "", "null", "[]", `{"metadata":{"name":["x"]}}`,
	} {
		for method := range methods {
			f.Add(uint8(method), uint8(i), body)
		}
	}
	server := fuzzed(f)
	f.Fuzz(func(t *testing.T, method, mediaType uint8, body string) {
		verb := methods[int(method)%len(methods)]
		path := customersPath + "/kept?fieldManager=fuzz&dryRun=All"
		if verb == http.MethodPost {
			path = customersPath + "?fieldValidation=Strict&dryRun=All"
		}
		got := server.answer(verb, path, mediaTypes[int(mediaType)%len(mediaTypes)], body)
		if got.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s of %q: %d %s", verb, mediaTypes[int(mediaType)%len(mediaTypes)], body, got.Code, got.Body)
		}
	})
}

// FuzzQueries sends query strings to the reading requests.
func FuzzQueries(f *testing.F) {
	for _, query := range []string{
		"limit=1&continue=" + token(`{"v":"meta.k8s.io/v1","rv":5,"start":"eu/a\u0000"}`),
		"resourceVersion=1&resourceVersionMatch=Exact", "labelSelector=a+in+(b),!c", "fieldSelector=spec.status!%3DActive",
		"limit=-1", "timeoutSeconds=x", "resourceVersion=18446744073709551616", "continue=%00",
	} {
		f.Add(query)
	}
	server := fuzzed(f)
	f.Fuzz(func(t *testing.T, query string) {
		if strings.ContainsAny(query, " \r\n\t#") || strings.Contains(query, "watch") {
			t.Skip("not a query of a list")
		}
		got := server.answer(http.MethodGet, customersPath+"?"+query, "", "")
		// A revision that hasn't come yet is waited for, and answered with 504.
		if got.Code >= http.StatusInternalServerError && got.Code != http.StatusGatewayTimeout {
			t.Errorf("%q: %d %s", query, got.Code, got.Body)
		}
	})
}

// fuzzedServer answers without a network.
type fuzzedServer struct {
	handler http.Handler
	infos   request.RequestInfoResolver
}

func fuzzed(f *testing.F) *fuzzedServer {
	f.Helper()
	fixture := startWith(f, func(*fixture) {})
	fixture.create("kept", `"companyName":"Kept"`)
	return &fuzzedServer{
		handler: fixture.server.resources[0].endpoint,
		infos:   &request.RequestInfoFactory{APIPrefixes: sets.NewString("apis")},
	}
}

func (s *fuzzedServer) answer(method, path, mediaType, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	sent, err := http.NewRequestWithContext(context.Background(), method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		recorder.Code = http.StatusBadRequest
		return recorder
	}
	sent.Header.Set("Content-Type", mediaType)
	info, err := s.infos.NewRequestInfo(sent)
	if err != nil {
		recorder.Code = http.StatusBadRequest
		return recorder
	}
	s.handler.ServeHTTP(recorder, sent.WithContext(audit.WithAuditContext(request.WithRequestInfo(sent.Context(), info))))
	return recorder
}

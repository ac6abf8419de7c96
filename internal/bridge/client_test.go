package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/net"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// answer is what the server answers.
type answer struct {
	code     int
	header   http.Header
	body     string
	warnings []string
}

// status is the Status in an answer, or an empty one.
func (a answer) status() metav1.Status {
	var status metav1.Status
	if err := json.Unmarshal([]byte(a.body), &status); err != nil || status.Kind != "Status" {
		return metav1.Status{}
	}
	return status
}

// object is the answer as a map.
func (a answer) object(t testing.TB) map[string]any {
	t.Helper()
	content := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &content); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return content
}

// at follows a path of names.
func at(content any, path string) any {
	for _, name := range strings.Split(path, ".") {
		object, ok := content.(map[string]any)
		if !ok {
			return nil
		}
		content = object[name]
	}
	return content
}

func (f *fixture) get(path string) answer { return f.do(http.MethodGet, path, nil, "") }

// do sends a request. headers alternate names and values.
func (f *fixture) do(method, path string, headers []string, body string) answer {
	f.t.Helper()
	return f.doAs(f.client, method, path, headers, body)
}

func (f *fixture) doAs(client *http.Client, method, path string, headers []string, body string) answer {
	f.t.Helper()
	response, err := client.Do(f.request(context.Background(), method, path, headers, body))
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	parsed, problems := net.ParseWarningHeaders(response.Header.Values("Warning"))
	if len(problems) > 0 {
		f.t.Fatal(problems)
	}
	got := answer{code: response.StatusCode, header: response.Header, body: string(content)}
	for _, header := range parsed {
		got.warnings = append(got.warnings, header.Text)
	}
	return got
}

func (f *fixture) request(ctx context.Context, method, path string, headers []string, body string) *http.Request {
	f.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, f.config.Host+path, bytes.NewReader([]byte(body)))
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("User-Agent", "test")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

// must fails the test unless the answer has this code.
func (f *fixture) must(code int, got answer) answer {
	f.t.Helper()
	if got.code != code {
		f.t.Fatalf("answered %d, want %d: %s", got.code, code, got.body)
	}
	return got
}

// customer is a customer document with these fields of spec, as JSON.
func customer(name, spec string) string {
	return fmt.Sprintf(`{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{"name":%q},"spec":{%s}}`, name, spec)
}

// create creates a customer in eu.
func (f *fixture) create(name, spec string) answer {
	f.t.Helper()
	return f.must(http.StatusCreated, f.do(http.MethodPost, customersPath, nil, customer(name, spec)))
}

// revisionOf is the resourceVersion of an object.
func (a answer) revisionOf(t testing.TB) adapters.Revision {
	t.Helper()
	revision, err := adapters.ParseRevision(at(a.object(t), "metadata.resourceVersion").(string))
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

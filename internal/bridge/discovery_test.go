package bridge

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func decodeInto[T any](t testing.TB, got answer) T {
	t.Helper()
	var into T
	if err := json.Unmarshal([]byte(got.body), &into); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	return into
}

// checkDiscovery fails the test unless all discovery documents are as declared.
func (f *fixture) checkDiscovery() {
	f.t.Helper()
	groups := decodeInto[metav1.APIGroupList](f.t, f.must(http.StatusOK, f.get("/apis")))
	if len(groups.Groups) != 1 || groups.Groups[0].PreferredVersion.GroupVersion != "erp.example.com/v1" {
		f.t.Errorf("/apis: %+v", groups)
	}
	for _, path := range []string{"/apis/erp.example.com", "/apis/erp.example.com/"} {
		group := decodeInto[metav1.APIGroup](f.t, f.must(http.StatusOK, f.get(path)))
		if group.Name != "erp.example.com" || len(group.Versions) != 2 || group.Versions[0].Version != "v1" {
			f.t.Errorf("%s: %+v", path, group)
		}
	}
	for _, path := range []string{"/apis/erp.example.com/v1", "/apis/erp.example.com/v1/"} {
		list := decodeInto[metav1.APIResourceList](f.t, f.must(http.StatusOK, f.get(path)))
		if names := resourceNames(list); !slices.Equal(names, []string{"customers", "regions", "tickets"}) {
			f.t.Errorf("%s: %v", path, names)
		}
		customers := list.APIResources[0]
		if customers.SingularName != "customer" || customers.Kind != "Customer" || !customers.Namespaced ||
			!slices.Equal(customers.ShortNames, []string{"cust"}) || !slices.Equal(customers.Categories, []string{"erp"}) ||
			!slices.Equal(customers.Verbs, metav1.Verbs{"create", "get", "list", "patch", "update", "watch"}) {
			f.t.Errorf("%s: %+v", path, customers)
		}
	}
	f.checkAggregatedDiscovery()
}

func resourceNames(list metav1.APIResourceList) []string {
	var names []string
	for _, resource := range list.APIResources {
		names = append(names, resource.Name)
	}
	return names
}

func (f *fixture) checkAggregatedDiscovery() {
	f.t.Helper()
	accept := []string{"Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
	got := f.must(http.StatusOK, f.do(http.MethodGet, "/apis", accept, ""))
	aggregated := decodeInto[apidiscoveryv2.APIGroupDiscoveryList](f.t, got)
	if len(aggregated.Items) != 1 || len(aggregated.Items[0].Versions) != 2 {
		f.t.Fatalf("/apis: %s", got.body)
	}
	regions := aggregated.Items[0].Versions[0].Resources[1]
	if regions.Resource != "regions" || regions.Scope != apidiscoveryv2.ScopeCluster || regions.ResponseKind.Kind != "Region" ||
		!slices.Equal(regions.Verbs, []string{"get", "list", "watch"}) {
		f.t.Errorf("/apis: %+v", regions)
	}
}

func TestDiscoveryNeedsNoBackend(t *testing.T) {
	f := start(t)
	f.checkDiscovery()
	f.disconnect()
	f.checkDiscovery()
	f.must(http.StatusOK, f.get("/readyz"))
	f.must(http.StatusOK, f.get("/livez"))
}

// disconnect cuts the connection of every table, and waits until that is noticed.
func (f *fixture) disconnect() {
	f.t.Helper()
	for name, faults := range f.faults {
		faults.Disconnect(adapters.Errorf(adapters.Unavailable, "connection refused"))
		f.waitFor("the fault of "+name, func() error {
			if _, unwell := f.mirrorOf(name).Unwell(); unwell == nil {
				return errors.New("the mirror is well")
			}
			return nil
		})
	}
}

func TestVersionsAreServedSideBySide(t *testing.T) {
	f := start(t)
	f.insert("regions", "eu", map[string]adapters.Value{"spec.title": adapters.String("Europe")})
	f.insert("suppliers", "s1", map[string]adapters.Value{"spec.label": adapters.String("Bolts")})
	for path, want := range map[string]string{
		"/apis/erp.example.com/v1/regions/eu":        `"title":"Europe"`,
		"/apis/erp.example.com/v1beta1/suppliers/s1": `"label":"Bolts"`,
	} {
		if got := f.must(http.StatusOK, f.get(path)); !strings.Contains(got.body, want) {
			t.Errorf("%s: %s", path, got.body)
		}
	}
	f.must(http.StatusNotFound, f.get("/apis/erp.example.com/v1/suppliers/s1"))
	list := decodeInto[metav1.APIResourceList](t, f.must(http.StatusOK, f.get("/apis/erp.example.com/v1beta1")))
	if names := resourceNames(list); !slices.Equal(names, []string{"suppliers"}) {
		t.Errorf("v1beta1 has %v", names)
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	f := start(t)
	v2 := f.must(http.StatusOK, f.get("/openapi/v2")).object(t)
	paths := v2["paths"].(map[string]any)
	for _, path := range []string{customersTemplate, customersTemplate + "/{name}", "/apis/erp.example.com/v1/regions"} {
		if paths[path] == nil {
			t.Errorf("v2 has no path %s", path)
		}
	}
	definitions := v2["definitions"].(map[string]any)
	for name := range definitions {
		if strings.HasSuffix(name, "_v2") {
			t.Errorf("definition %s was renamed", name)
		}
	}
	v3 := f.must(http.StatusOK, f.get("/openapi/v3/apis/erp.example.com/v1")).object(t)
	if v3["paths"].(map[string]any)[customersTemplate] == nil {
		t.Errorf("v3 has no path %s", customersTemplate)
	}
	index := f.must(http.StatusOK, f.get("/openapi/v3"))
	if !strings.Contains(index.body, "apis/erp.example.com/v1?hash=") {
		t.Errorf("the index doesn't name the version: %s", index.body)
	}
}

const customersTemplate = "/apis/erp.example.com/v1/namespaces/{namespace}/customers"

package endpoint

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/aggregator"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

const (
	collectionPath = "/apis/erp.example.com/v1/namespaces/{namespace}/customers"
	everywherePath = "/apis/erp.example.com/v1/customers"
	objectPath     = collectionPath + "/{name}"
	customerModel  = "com.example.erp.v1.Customer"
)

// documents returns an endpoint's OpenAPI documents.
func documents(t *testing.T, verbs string) (*spec.Swagger, *spec3.OpenAPI) {
	t.Helper()
	resource := customers(t, verbs)
	kind, err := object.NewKind(resource)
	if err != nil {
		t.Fatal(err)
	}
	e := &Endpoint{kind: kind, declaration: resource, resource: kind.Resource()}
	v2, err := e.openAPIV2()
	if err != nil {
		t.Fatal(err)
	}
	v3, err := e.openAPIV3()
	if err != nil {
		t.Fatal(err)
	}
	return v2, v3
}

func TestOpenAPIHasTheServedRoutesOnly(t *testing.T) {
	for _, test := range []struct {
		verbs string
		want  []string
	}{
		{"get, list, watch", []string{"GET " + everywherePath, "GET " + collectionPath, "GET " + objectPath}},
		{"get, list, watch, patch, delete", []string{
			"GET " + everywherePath, "GET " + collectionPath, "GET " + objectPath, "PATCH " + objectPath, "DELETE " + objectPath,
		}},
		{everyVerb, []string{
			"GET " + everywherePath, "GET " + collectionPath, "POST " + collectionPath, "DELETE " + collectionPath,
			"GET " + objectPath, "PUT " + objectPath, "PATCH " + objectPath, "DELETE " + objectPath,
		}},
	} {
		t.Run(test.verbs, func(t *testing.T) {
			v2, v3 := documents(t, test.verbs)
			slices.Sort(test.want)
			if got := routesV2(v2); !slices.Equal(got, test.want) {
				t.Errorf("v2 has %v", got)
			}
			if got := routesV3(v3); !slices.Equal(got, test.want) {
				t.Errorf("v3 has %v", got)
			}
		})
	}
}

func routesV2(document *spec.Swagger) []string {
	var routes []string
	for path, item := range document.Paths.Paths {
		for method, operation := range map[string]*spec.Operation{
			"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete, "PATCH": item.Patch,
		} {
			if operation != nil {
				routes = append(routes, method+" "+path)
			}
		}
	}
	slices.Sort(routes)
	return routes
}

func routesV3(document *spec3.OpenAPI) []string {
	var routes []string
	for path, item := range document.Paths.Paths {
		for method, operation := range map[string]*spec3.Operation{
			"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete, "PATCH": item.Patch,
		} {
			if operation != nil {
				routes = append(routes, method+" "+path)
			}
		}
	}
	slices.Sort(routes)
	return routes
}

func TestOpenAPINamesProtobuf(t *testing.T) {
	v2, v3 := documents(t, everyVerb)
	list := v2.Paths.Paths[collectionPath].Get
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf, jsonWatchStream, protobufWatchStream} {
		if !slices.Contains(list.Produces, mediaType) {
			t.Errorf("v2: a list doesn't produce %s", mediaType)
		}
		if _, found := v3.Paths.Paths[collectionPath].Get.Responses.StatusCodeResponses[200].Content[mediaType]; !found {
			t.Errorf("v3: a list doesn't produce %s", mediaType)
		}
	}
	if !slices.Contains(v2.Paths.Paths[collectionPath].Post.Consumes, runtime.ContentTypeProtobuf) {
		t.Error("v2: a creation doesn't consume protobuf")
	}
	if _, found := v3.Paths.Paths[collectionPath].Post.RequestBody.Content[runtime.ContentTypeProtobuf]; !found {
		t.Error("v3: a creation doesn't consume protobuf")
	}
	if slices.Contains(v2.Paths.Paths[objectPath].Patch.Consumes, runtime.ContentTypeProtobuf) {
		t.Error("v2: a patch consumes protobuf")
	}
}

func TestOpenAPIDescribesTheFields(t *testing.T) {
	_, v3 := documents(t, everyVerb)
	model := v3.Components.Schemas[customerModel]
	if model == nil {
		t.Fatalf("no model %s", customerModel)
	}
	name := model.Properties["spec"].Properties["companyName"]
	if name.Description != "Legal name" || name.MaxLength == nil || *name.MaxLength != 80 {
		t.Errorf("companyName is %+v", name)
	}
	if _, found := model.Extensions["x-kubernetes-group-version-kind"]; !found {
		t.Error("the model has no kind")
	}
}

// The aggregator of a cluster merges the documents of all servers into one. One that
// cannot be merged breaks the document for everybody.
func TestOpenAPIMergesInTheAggregator(t *testing.T) {
	ours, _ := documents(t, everyVerb)
	cluster, _ := documents(t, "get, list, watch")
	// Another server's definition of the same name, which kinds of its own make differ.
	options := cluster.Definitions["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]
	options.AddExtension("x-kubernetes-group-version-kind", []any{map[string]any{"group": "apps", "version": "v1", "kind": "DeleteOptions"}})
	cluster.Definitions["io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"] = options
	cluster.Paths = &spec.Paths{Paths: map[string]spec.PathItem{"/apis/apps/v1/": {}}}
	delete(cluster.Definitions, customerModel)
	delete(cluster.Definitions, customerModel+"List")

	// What the aggregator does: keep the paths that the APIService stands for, merge.
	filtered := aggregator.FilterSpecByPathsWithoutSideEffects(ours, []string{"/apis/erp.example.com/"})
	if err := aggregator.MergeSpecsIgnorePathConflictRenamingDefinitionsAndParameters(cluster, filtered); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{everywherePath, collectionPath, objectPath, "/apis/apps/v1/"} {
		if _, found := cluster.Paths.Paths[path]; !found {
			t.Errorf("the merged document has no path %s", path)
		}
	}
	for name := range cluster.Definitions {
		if strings.HasSuffix(name, "_v2") {
			t.Errorf("definition %s had to be renamed: ours differs from the cluster's", name)
		}
	}
	if _, found := cluster.Definitions[customerModel]; !found {
		t.Errorf("the merged document has no model %s", customerModel)
	}
}

package endpoint

import (
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/kube-openapi/pkg/cached"
	"k8s.io/kube-openapi/pkg/handler"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// PublishOpenAPI adds the documents of the endpoints to those that the server
// publishes. It is called after the server's PrepareRun, which makes the services
// that publish them.
func PublishOpenAPI(server *genericapiserver.GenericAPIServer, endpoints ...*Endpoint) error {
	publishOpenAPIV2(server, endpoints)
	return publishOpenAPIV3(server, endpoints)
}

// publishOpenAPIV3 publishes one document for each group version.
func publishOpenAPIV3(server *genericapiserver.GenericAPIServer, endpoints []*Endpoint) error {
	if server.OpenAPIV3VersionedService == nil {
		return nil
	}
	documents := map[string][]*spec3.OpenAPI{}
	for _, endpoint := range endpoints {
		path := "apis/" + endpoint.resource.GroupVersion().String()
		documents[path] = append(documents[path], endpoint.openAPI)
	}
	for path, parts := range documents {
		merged, err := builder.MergeSpecsV3(parts...)
		if err != nil {
			return fmt.Errorf("merge OpenAPI v3 documents of %s: %w", path, err)
		}
		server.OpenAPIV3VersionedService.UpdateGroupVersion(path, merged)
	}
	return nil
}

// publishOpenAPIV2 publishes one document with everything, built when it is first
// asked for.
func publishOpenAPIV2(server *genericapiserver.GenericAPIServer, endpoints []*Endpoint) {
	if server.OpenAPIVersionedService == nil {
		return
	}
	static := server.StaticOpenAPISpec
	document := cached.Once(cached.Func(func() (*spec.Swagger, string, error) {
		merged, err := mergeOpenAPIV2(static, endpoints)
		// It is built once, so one tag does.
		return merged, "bridged-kinds", err
	}))
	server.OpenAPIVersionedService.UpdateSpecLazy(document)
}

func mergeOpenAPIV2(static *spec.Swagger, endpoints []*Endpoint) (*spec.Swagger, error) {
	var parts []*spec.Swagger
	for _, endpoint := range endpoints {
		document, err := endpoint.openAPIV2()
		if err != nil {
			return nil, err
		}
		parts = append(parts, document)
	}
	merged, err := builder.MergeSpecs(static, parts...)
	if err != nil {
		return nil, fmt.Errorf("merge OpenAPI v2 documents: %w", err)
	}
	return merged, nil
}

// openAPIV2 is the document of this endpoint: the routes that it serves, in the media
// types that it serves them in.
func (e *Endpoint) openAPIV2() (*spec.Swagger, error) {
	document, err := builder.BuildOpenAPIV2(e.kind.CustomResourceDefinition(), e.resource.Version,
		builder.Options{V2: true, IncludeSelectableFields: true})
	if err != nil {
		return nil, fmt.Errorf("build OpenAPI v2 document of %s: %w", e.resource.GroupResource(), err)
	}
	// Other documents that it is merged with have no defaults in shared definitions.
	document.Definitions = handler.PruneDefaults(document.Definitions)
	for path, item := range document.Paths.Paths {
		document.Paths.Paths[path] = e.editPathV2(item)
	}
	return document, nil
}

// openAPIV3 is openAPIV2 in version 3. It has the models that server-side apply
// merges by, too.
func (e *Endpoint) openAPIV3() (*spec3.OpenAPI, error) {
	document, err := builder.BuildOpenAPIV3(e.kind.CustomResourceDefinition(), e.resource.Version,
		builder.Options{IncludeSelectableFields: true})
	if err != nil {
		return nil, fmt.Errorf("build OpenAPI v3 document of %s: %w", e.resource.GroupResource(), err)
	}
	for path, item := range document.Paths.Paths {
		e.editPathV3(item)
		if isEmptyPathV3(item) {
			delete(document.Paths.Paths, path)
		}
	}
	return document, nil
}

package endpoint

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// The extension with a route's verb: get, list, post, put, patch, delete,
// deletecollection.
const actionExtension = "x-kubernetes-action"

const (
	jsonWatchStream     = runtime.ContentTypeJSON + ";stream=watch"
	protobufWatchStream = runtime.ContentTypeProtobuf + ";stream=watch"
)

// verbOfAction says which declared verb a route belongs to.
var verbOfAction = map[string]string{
	"get": "get", "list": "list", "post": "create", "put": "update",
	"patch": "patch", "delete": "delete", "deletecollection": "deletecollection",
}

// servesRoute reports whether the endpoint serves a route with these extensions.
func (e *Endpoint) servesRoute(extensions spec.Extensions) bool {
	action, _ := extensions.GetString(actionExtension)
	return serves(e.declaration, verbOfAction[action])
}

// editPathV2 removes the routes that are not served, and adds the media types that
// the builder leaves out because custom resources don't have them.
func (e *Endpoint) editPathV2(item spec.PathItem) spec.PathItem {
	for _, operation := range []**spec.Operation{&item.Get, &item.Put, &item.Post, &item.Delete, &item.Patch} {
		if *operation == nil {
			continue
		}
		if !e.servesRoute((*operation).Extensions) {
			*operation = nil
			continue
		}
		editOperationV2(*operation)
	}
	return item
}

func editOperationV2(operation *spec.Operation) {
	operation.Produces = append(operation.Produces, runtime.ContentTypeProtobuf)
	if action, _ := operation.Extensions.GetString(actionExtension); action == "list" {
		operation.Produces = append(operation.Produces, jsonWatchStream, protobufWatchStream)
	}
	if slices.Contains(operation.Consumes, runtime.ContentTypeJSON) {
		operation.Consumes = append(operation.Consumes, runtime.ContentTypeProtobuf)
	}
}

// editPathV3 is editPathV2 in version 3.
func (e *Endpoint) editPathV3(path *spec3.Path) {
	for _, operation := range []**spec3.Operation{&path.Get, &path.Put, &path.Post, &path.Delete, &path.Patch} {
		if *operation == nil {
			continue
		}
		if !e.servesRoute((*operation).Extensions) {
			*operation = nil
			continue
		}
		editOperationV3(*operation)
	}
}

func isEmptyPathV3(path *spec3.Path) bool {
	return path.Get == nil && path.Put == nil && path.Post == nil && path.Delete == nil && path.Patch == nil
}

func editOperationV3(operation *spec3.Operation) {
	if operation.RequestBody != nil {
		addMediaTypes(operation.RequestBody.Content, runtime.ContentTypeProtobuf)
	}
	if operation.Responses == nil {
		return
	}
	action, _ := operation.Extensions.GetString(actionExtension)
	for _, response := range operation.Responses.StatusCodeResponses {
		addMediaTypes(response.Content, runtime.ContentTypeProtobuf)
		if action == "list" {
			addMediaTypes(response.Content, jsonWatchStream, protobufWatchStream)
		}
	}
}

// addMediaTypes gives content these media types, with the schema of JSON. Content
// without JSON (patches) is left alone.
func addMediaTypes(content map[string]*spec3.MediaType, mediaTypes ...string) {
	json, found := content[runtime.ContentTypeJSON]
	if !found {
		return
	}
	for _, mediaType := range mediaTypes {
		content[mediaType] = json
	}
}

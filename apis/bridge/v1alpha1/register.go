package v1alpha1

import "k8s.io/apimachinery/pkg/runtime/schema"

// GroupName is the API group of the mapping documents.
const GroupName = "bridge-apiserver.dev"

// The kinds of mapping documents.
const (
	BackendKind         = "Backend"
	BridgedResourceKind = "BridgedResource"
)

// SchemeGroupVersion is the apiVersion of the mapping documents in this package.
var SchemeGroupVersion = schema.GroupVersion{Group: GroupName, Version: "v1alpha1"}

// Package v1alpha1 is the mapping file: which backends there are, and which
// Kubernetes resources their tables and services become.
//
// +k8s:deepcopy-gen=package
// +groupName=bridge-apiserver.dev
package v1alpha1

// Package manifests completes the kustomize base for a mapping: it makes everything
// that a cluster needs to run the server and to route the declared groups to it.
package manifests

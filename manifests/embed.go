// Package manifests holds the kustomize base of an installation. The command
// `bridge-apiserver manifests` completes it for a mapping.
package manifests

import "embed"

// Base has the files that kustomization.yaml lists.
//
//go:embed *.yaml
var Base embed.FS

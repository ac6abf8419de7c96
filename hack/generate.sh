#!/usr/bin/env bash
# Writes all generated code again, in place.
set -euo pipefail
cd "$(dirname "$0")/.."

generator=$PWD/bin/tools/deepcopy-gen
go -C hack/tools build -o "$generator" k8s.io/code-generator/cmd/deepcopy-gen
"$generator" --output-file zz_generated.deepcopy.go ./apis/bridge/v1alpha1

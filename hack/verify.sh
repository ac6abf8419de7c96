#!/usr/bin/env bash
# Checks everything that a machine can say about the source without running it.
# Every check runs, so that one answer lists all that is wrong.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()

# The embedded database of the demo is checked as it is built: without C.
tags=gms_pure_go

check() {
  local name=$1
  shift
  echo "==> $name"
  SECONDS=0
  if "$@"; then
    echo "<== $name: done in ${SECONDS}s"
  else
    echo "<== $name: FAILED after ${SECONDS}s"
    failed+=("$name")
  fi
}

modules() {
  find . -name go.mod -not -path './.git/*' -exec dirname {} \; | sort
}

# Modules with packages of ours; test/controlplane and hack/tools only list versions.
code_modules() {
  local module
  for module in $(modules); do
    if [ -n "$(find "$module" -name '*.go' -print -quit)" ]; then
      echo "$module"
    fi
  done
}

formatted() {
  local files
  files=$(gofmt -l .)
  if [ -n "$files" ]; then
    printf 'gofmt would change these files; run gofmt -w on them:\n%s\n' "$files"
    return 1
  fi
}

vetted() {
  local module status=0
  for module in $(code_modules); do
    (cd "$module" && go vet -tags "$tags" ./...) || status=1
  done
  return "$status"
}

staticchecked() {
  local module status=0 tool=$PWD/bin/tools/staticcheck
  go -C hack/tools build -o "$tool" honnef.co/go/tools/cmd/staticcheck || return 1
  for module in $(code_modules); do
    (cd "$module" && "$tool" -tags "$tags" ./...) || status=1
  done
  return "$status"
}

tidied() {
  local module status=0
  for module in $(modules); do
    if ! go -C "$module" mod tidy -diff; then
      echo "$module/go.mod is not tidy; run go mod tidy there"
      status=1
    fi
  done
  return "$status"
}

check gofmt formatted
check vet vetted
check staticcheck staticchecked
check generated hack/verify-generated.sh
check tidy tidied

if [ ${#failed[@]} -gt 0 ]; then
  echo "verify failed: ${failed[*]}" >&2
  exit 1
fi

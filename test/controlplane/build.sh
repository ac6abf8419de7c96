#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kube-controller-manager and kubectl, in the versions of
# go.mod beside this script, into a cache directory, once, and prints that directory.
# Usage: build.sh [--print] [PROGRAM…]
#   --print   print the directory and build nothing
set -euo pipefail
cd "$(dirname "$0")"

version=$(sed -n 's/^require k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' go.mod)
if [ -z "$version" ]; then
  echo "test/controlplane/go.mod: no line 'require k8s.io/kubernetes vX.Y.Z'" >&2
  exit 1
fi
hash=$(cat go.mod go.sum build.sh | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c1-12)
directory=${XDG_CACHE_HOME:-$HOME/.cache}/bridge-apiserver/controlplane-$version-$hash

if [ "${1:-}" = --print ]; then
  echo "$directory"
  exit 0
fi

package_of() {
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    kube-apiserver | kube-controller-manager | kubectl) echo "k8s.io/kubernetes/cmd/$1" ;;
    *)
      echo "unknown program $1; there are etcd, kube-apiserver, kube-controller-manager and kubectl" >&2
      return 1
      ;;
  esac
}

programs=("$@")
if [ ${#programs[@]} -eq 0 ]; then
  programs=(etcd kubectl kube-apiserver kube-controller-manager)
fi

# The programs report their version only where the linker tells them.
IFS=. read -r major minor _ <<<"${version#v}"
variables="-X k8s.io/component-base/version.gitVersion=$version"
variables+=" -X k8s.io/component-base/version.gitMajor=$major"
variables+=" -X k8s.io/component-base/version.gitMinor=$minor"

mkdir -p "$directory"
for program in "${programs[@]}"; do
  package=$(package_of "$program")
  if [ -x "$directory/$program" ]; then
    continue
  fi
  echo "building $program" >&2
  SECONDS=0
  # Renamed when complete, so that a build that was cut off is never taken for one.
  unfinished=$(mktemp "$directory/.$program.XXXXXX")
  trap 'rm -f "$unfinished"' EXIT
  CGO_ENABLED=0 go build -ldflags "-s -w $variables" -o "$unfinished" "$package"
  chmod 755 "$unfinished"
  mv -f "$unfinished" "$directory/$program"
  echo "built $program in ${SECONDS}s" >&2
done

echo "$directory"

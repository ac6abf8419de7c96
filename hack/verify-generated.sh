#!/usr/bin/env bash
# Fails where generating again would change a file. Leaves the files as they are.
set -euo pipefail
cd "$(dirname "$0")/.."

before=$(mktemp -d)
mapfile -t files < <(find . -name 'zz_generated.*' -not -path './.git/*' | sort)
if [ ${#files[@]} -eq 0 ]; then
  echo "no generated file was found; run: make generate" >&2
  exit 1
fi
tar -cf "$before/files.tar" "${files[@]}"

restore() {
  tar -xf "$before/files.tar"
  rm -rf "$before"
}
trap restore EXIT

hack/generate.sh
mkdir "$before/files"
tar -xf "$before/files.tar" -C "$before/files"
status=0
for file in "${files[@]}"; do
  diff -u --label "$file" --label "$file (generated again)" "$before/files/$file" "$file" || status=1
done
if [ "$status" -ne 0 ]; then
  echo "generated code is out of date; run: make generate" >&2
fi
exit "$status"

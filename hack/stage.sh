#!/usr/bin/env bash
# Runs a command and says how long it took.
# Usage: stage.sh NAME COMMAND [ARGUMENT…]
set -euo pipefail

name=$1
shift
printf '==> %s\n' "$name"
SECONDS=0
if "$@"; then
  printf '<== %s: done in %ds\n' "$name" "$SECONDS"
else
  status=$?
  printf '<== %s: FAILED after %ds (exit status %d)\n' "$name" "$SECONDS" "$status"
  exit "$status"
fi

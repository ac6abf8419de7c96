#!/usr/bin/env bash
# Run the soak for SOAK_DURATION (default 60s), printing how things stand on the way.
# SOAK_RACE=1 builds the bridge with the race detector; SOAK_WATCH=Binlog follows the
# log instead of polling.
set -euo pipefail
cd "$(dirname "$0")/.."

export SOAK_DURATION="${SOAK_DURATION:-60s}"
exec go test -count=1 -v -timeout 0 -run '^TestSoak$' ./test/soak

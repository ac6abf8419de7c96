#!/usr/bin/env bash
# Installs what the tests need besides Go: the MariaDB server, started by each test
# in a directory of its own, and a C compiler for the race detector.
# Does nothing where both are there.
set -euo pipefail

# Debian keeps servers in sbin, which is not on every user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

have() { command -v "$1" >/dev/null 2>&1; }

packages=()
# The -core packages hold the programs without a system service that would start.
if ! have mariadbd || ! have mariadb-install-db; then
  packages+=(mariadb-server-core mariadb-client-core)
fi
if ! have "$(go env CC)"; then
  packages+=(gcc libc6-dev)
fi
if [ ${#packages[@]} -eq 0 ]; then
  exit 0
fi

if ! have apt-get; then
  {
    echo "The tests need programs that are missing here:"
    have mariadbd || echo "  mariadbd, mariadb-install-db: the MariaDB server, 10.6 or later (brew install mariadb, dnf install mariadb-server)"
    have "$(go env CC)" || echo "  $(go env CC): a C compiler, for go test -race (xcode-select --install, dnf install gcc)"
    echo "Install them and run the command again."
  } >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! have sudo; then
    echo "The tests need these Debian packages: ${packages[*]}. Install them as root, and run the command again." >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "Installing ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update -q &&
  "${as_root[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}"; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

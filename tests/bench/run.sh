#!/bin/bash
# Measures Entente against its peers, as whole processes; see usage below. Exit status: 0 also where something could not
# be run here, which is then said; 1 where a comparison broke.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
  cat <<'END'
usage: tests/bench/run.sh [--short] [--entente PROGRAM] [NAME...]     no name: all of them
  endpoint       get, not-modified, get-100k, get-1m, handshake, resumed, idle-memory
  polling        poll-kept, poll-untagged, poll-resumed, poll-new, poll-changed, peer-memory, peer-memory-closed
  workload_api   fetch-x509, fetch-jwt, validate-new, validate-seen, stream-memory
  fan_out        fan-out, fan-out-10k
  --short        tiny counts: shows that everything works, and judges no figures
  --entente      measures this program instead of building one (or: ENTENTE=PROGRAM)
Installs what is missing, builds what is needed, prints one table, and writes build/bench/results.json.
END
}

short=()
names=()
entente=${ENTENTE:-}
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage; exit 0 ;;
    --short) short=(--short) ;;
    --entente) entente=${2:?"--entente needs a program"}; shift ;;
    -*) usage >&2; exit 2 ;;
    *) names+=("$1") ;;
  esac
  shift
done

export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
targets=(https_load bare_fan_out)
if [ -z "$entente" ]; then
  entente=$PWD/build/release/bin/entente
  targets+=(entente)
fi

mkdir -p build/bench
# What is built goes to a log: the table is all that a reader wants.
logged() {
  "$@" >>build/bench/build.log 2>&1 || { tail -n 40 build/bench/build.log >&2; echo "failed: $*" >&2; return 1; }
}
: >build/bench/build.log
echo "-- building (build/bench/build.log)" >&2
logged ./deploy/install-packages.sh --tests
logged cmake --preset release
logged cmake --build build/release --target "${targets[@]}"
# Exit 77: they cannot be had, and the comparisons with them will say why.
status=0
tests/interop/go/build.sh "$PWD/build/go" bench >>build/bench/build.log 2>&1 || status=$?
if [ $status -ne 0 ] && [ $status -ne 77 ]; then
  tail -n 40 build/bench/build.log >&2
  exit 1
fi

exec /usr/bin/python3 tests/bench/main.py --entente "$entente" --tools build/release/bin --go build/go \
  --json build/bench/results.json "${short[@]}" "${names[@]}"

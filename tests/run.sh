#!/bin/bash
# Installs what is missing, builds, and runs the tests; see usage below. The closing lines are ctest's own count of the
# release build's tests. Any failing group makes the exit status 1.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

usage() {
  cat <<'END'
usage: tests/run.sh [GROUP...]     no group: all of them
  unit, integration, interop       ctest's labels, on the release preset
  sanitizers                       unit and integration tests under AddressSanitizer and UndefinedBehaviourSanitizer,
                                   those without gRPC under ThreadSanitizer
  lint                             clang-format, clang-tidy, shellcheck
END
}

jobs=$(nproc)
export CMAKE_BUILD_PARALLEL_LEVEL=$jobs
export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
export ASAN_OPTIONS=halt_on_error=1:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
# Debian's protobuf is built without annotations for containers, so a vector that crosses into it would look overflown.
ASAN_OPTIONS+=:detect_container_overflow=0
# (Its preset leaves null and misaligned pointers to AddressSanitizer and the processor: UndefinedBehaviourSanitizer's checks
# for them are a quarter of the compile time.)
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

summary=()
failed=0

# timed NAME COMMAND...: runs it, and notes how it went and how long it took.
timed() {
  local name=$1 start=$SECONDS outcome=passed
  shift
  printf '\n== %s\n' "$name"
  "$@" || { outcome=FAILED; failed=1; }
  summary+=("$(printf '%-12s %s in %d s' "$name" "$outcome" $((SECONDS - start)))")
  printf '== %s\n' "${summary[-1]}"
  [ "$outcome" = passed ]
}

build() {
  local preset=$1
  shift
  cmake --preset "$preset" && cmake --build "build/$preset" "$@"
}

# Without a line for each test that passed: what failed, here or in an earlier group, stays on the screen. One test more
# than processors: most wait for something now and then.
quiet_ctest() { "$@" -j "$((jobs + 1))" --no-tests=error | grep -vE '^ *Start +[0-9]+: | Passed +[0-9.]+ sec$'; }

test_with() {
  local preset=$1 labels=$2
  quiet_ctest ctest --preset "$preset" -L "^($labels)\$"
}

# ThreadSanitizer of gcc 12 cannot place its shadow where the kernel randomises addresses widely.
without_randomisation() {
  if setarch "$(uname -m)" -R true 2>/dev/null; then
    setarch "$(uname -m)" -R "$@"
  else
    "$@"
  fi
}

asan() { build asan && test_with asan 'unit|integration'; }
tsan() { build tsan && quiet_ctest without_randomisation ctest --preset tsan; }

# check_each COMMAND... -- PATTERN...: the command with every tracked file that fits; no file at all is a mistake.
check_each() {
  local command=()
  while [ "$1" != -- ]; do command+=("$1"); shift; done
  shift
  git -c safe.directory="$PWD" ls-files -- "$@" | grep . >/dev/null || { echo "no file fits $*" >&2; return 1; }
  git -c safe.directory="$PWD" ls-files -z -- "$@" | xargs -0 "${command[@]}"
}

check_tidy() {
  local log=build/tidy/clang-tidy.log status
  build tidy --target entente_generated || return 1
  run-clang-tidy -quiet -p build/tidy -j "$jobs" "^$PWD/(build/tidy/)?(common|syncer|server|workload|cli)/" >"$log" 2>&1
  status=$?
  sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -vE '^clang-tidy|^[0-9]+ warnings? |^$'
  return "$status"
}

lint() {
  local status=0
  check_each clang-format --dry-run -Werror -- '*.cpp' '*.hpp' || status=1
  check_each shellcheck --severity=warning -- '*.sh' .ci/run || status=1
  check_tidy || status=1
  return "$status"
}

# The release preset's groups come last, and together: their ctest closes the output.
release_tests() {
  local labels=$1 status=0
  timed build build release --target all || exit 1
  printf '\n== so far\n'
  printf '   %s\n' "${summary[@]}"
  [ $failed -eq 0 ] || echo "   a group above FAILED: the exit status will be 1 whatever follows" >&2
  printf '\n== %s\n' "${labels//|/, }"
  test_with release "$labels" || status=1
  exit $((status || failed))
}

labels=
groups=("$@")
[ $# -gt 0 ] || groups=(lint sanitizers unit integration interop)
for group in "${groups[@]}"; do
  case $group in
    unit | integration | interop) labels+="${labels:+|}$group" ;;
    sanitizers | lint) ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

timed packages ./deploy/install-packages.sh --tests || exit 1
for group in "${groups[@]}"; do
  case $group in
    lint) timed lint lint ;;
    sanitizers)
      timed asan asan
      timed tsan tsan
      ;;
  esac
done
if [ -n "$labels" ]; then
  release_tests "$labels"
fi
printf '\n== in all\n'
printf '   %s\n' "${summary[@]}"
exit $failed

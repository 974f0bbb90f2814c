#!/bin/bash
# Runs a page's commands as printed: every block after a "<!-- run -->" line, in order, in one shell and an empty folder.
#   run_readme.sh README.md FOLDER_OF_ENTENTE LEAST_BLOCKS FILE_WRITTEN...
set -euo pipefail
readme=$(realpath "$1")
PATH=$(realpath "$2"):$PATH
export PATH
least=$3
written=("${@:4}")

folder=$(mktemp -d /tmp/readme.XXXXXX)
show_logs() { tail -n 5 "$folder"/*log "$folder"/*/log 2>/dev/null || true; }
trap 'show_logs; kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"

script=$(awk '/^<!-- run -->$/ { wanted = 1; next }
              wanted && /^```sh$/ { inside = 1; next }
              inside && /^```$/ { inside = 0; wanted = 0; next }
              inside { print }' "$readme")
blocks=$(grep -c '^<!-- run -->$' "$readme")
[ "$blocks" -ge "$least" ] || { echo "only $blocks blocks found in $readme" >&2; exit 1; }

# In this shell, so that what it starts in the background is ours to clean up. The last block stops it all.
eval "$script"
# Running ones: a job that has just ended is listed once more, as "Done".
[ -z "$(jobs -rp)" ] || { echo "processes are left: $(jobs -r)" >&2; exit 1; }
for file in "${written[@]}"; do
  [ -s "$file" ] || { echo "$file was not written" >&2; exit 1; }
done

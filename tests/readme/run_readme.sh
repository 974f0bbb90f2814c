#!/bin/bash
# Runs the README's commands as printed: every block after a "<!-- run -->" line, in order, in one shell and an empty folder.
#   run_readme.sh README.md FOLDER_OF_ENTENTE
set -euo pipefail
readme=$(realpath "$1")
PATH=$(realpath "$2"):$PATH
export PATH

folder=$(mktemp -d /tmp/readme.XXXXXX)
show_logs() { tail -n 5 "$folder"/*/log 2>/dev/null || true; }
trap 'show_logs; kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"

script=$(awk '/^<!-- run -->$/ { wanted = 1; next }
              wanted && /^```sh$/ { inside = 1; next }
              inside && /^```$/ { inside = 0; wanted = 0; next }
              inside { print }' "$readme")
blocks=$(grep -c '^<!-- run -->$' "$readme")
[ "$blocks" -ge 5 ] || { echo "only $blocks blocks found in $readme" >&2; exit 1; }

# In this shell, so that what it starts in the background is ours to clean up. The last block stops it all.
eval "$script"
# Running ones: a job that has just ended is listed once more, as "Done".
[ -z "$(jobs -rp)" ] || { echo "processes are left: $(jobs -r)" >&2; exit 1; }
for file in svids/svid.0.pem svids/svid.0.key svids/bundle.0.pem; do
  [ -s "$file" ] || { echo "$file was not written" >&2; exit 1; }
done

#!/bin/bash
# Writes an overlay for `go build -overlay`: the packages of SPIRE's agent under spire/ are the module's own source, file
# by file. Only their imports of packages that bring in all the agent's plugins, and so the clouds' SDKs, lead elsewhere.
set -euo pipefail
module=${1:?usage: overlay.sh FOLDER_OF_THE_SPIRE_MODULE OUTPUT_FOLDER}
output=${2:?usage: overlay.sh FOLDER_OF_THE_SPIRE_MODULE OUTPUT_FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
ours=entente.test/interop/spireagent
rm -rf "$output"
mkdir -p "$output"

replaced=()
take() {
  local from="$module/$1" to=$2
  local changed="$output/${to//\//_}"
  sed -E -e "s|\"github.com/spiffe/spire/pkg/agent/attestor/workload\"|\"$ours/spire/attestor\"|" \
    -e "s|\"github.com/spiffe/spire/pkg/agent/endpoints\"|\"$ours/spire/endpoints\"|" \
    -e "s|\"github.com/spiffe/spire/pkg/agent/catalog\"|\"$ours/standin/catalog\"|" \
    -e "s|\"github.com/spiffe/spire/pkg/agent/manager\"|\"$ours/standin/manager\"|" "$from" >"$changed"
  replaced+=("\"$here/spire/$to\": \"$changed\"")
}

take pkg/agent/api/delegatedidentity/v1/service.go delegatedidentity/service.go
take pkg/agent/attestor/workload/workload.go attestor/workload.go
take pkg/agent/endpoints/peertracker.go endpoints/peertracker.go
take pkg/agent/endpoints/middleware.go endpoints/middleware.go
take pkg/agent/endpoints/metrics.go endpoints/metrics.go

IFS=,
printf '{"Replace": {%s}}\n' "${replaced[*]}" >"$output/overlay.json"

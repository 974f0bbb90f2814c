// Package attestor is SPIRE's pkg/agent/attestor/workload. Its source comes from the module: ../../overlay.sh.
package attestor

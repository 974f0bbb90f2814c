// Package endpoints is, of SPIRE's pkg/agent/endpoints, what has nothing to do with Envoy: the middleware of every call,
// and the attestation of callers. Its source comes from the module: ../../overlay.sh.
package endpoints

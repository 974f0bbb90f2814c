// Package delegatedidentity is SPIRE's pkg/agent/api/delegatedidentity/v1. Its source comes from the module:
// ../../overlay.sh.
package delegatedidentity

// Package catalog stands in for SPIRE's pkg/agent/catalog, which imports every plugin of the agent's: what the workload
// attestor asks of it.
package catalog

import "github.com/spiffe/spire/pkg/agent/plugin/workloadattestor"

// Catalog is implemented by SPIRE's workloadattestor.Repository.
type Catalog interface {
	GetWorkloadAttestors() []workloadattestor.WorkloadAttestor
}

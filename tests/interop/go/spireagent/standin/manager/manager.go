// Package manager stands in for SPIRE's pkg/agent/manager, which imports the agent's plugins: what the delegated
// identity service asks of it.
package manager

import (
	"context"

	"github.com/spiffe/spire/pkg/agent/client"
	"github.com/spiffe/spire/pkg/agent/manager/cache"
	"github.com/spiffe/spire/proto/spire/common"
)

// Manager is what the agent knows of its workloads.
type Manager interface {
	SubscribeToCacheChanges(ctx context.Context, key cache.Selectors) (cache.Subscriber, error)
	SubscribeToBundleChanges() *cache.BundleStream
	MatchingRegistrationEntries(selectors []*common.Selector) []*common.RegistrationEntry
	FetchJWTSVID(ctx context.Context, entry *common.RegistrationEntry, audience []string) (*client.JWTSVID, error)
}

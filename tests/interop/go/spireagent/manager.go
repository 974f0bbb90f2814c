package main

import (
	"context"
	"sync"
	"time"

	"github.com/andres-erbsen/clock"
	"github.com/sirupsen/logrus"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/pkg/agent/client"
	"github.com/spiffe/spire/pkg/agent/manager/cache"
	"github.com/spiffe/spire/pkg/common/rotationutil"
	"github.com/spiffe/spire/pkg/common/telemetry"
	"github.com/spiffe/spire/proto/spire/common"
)

// manager fills SPIRE's caches of entries, SVIDs, JWT-SVIDs and bundles with what it makes itself, where the agent's own
// has it from a server. Handlers call it from their goroutines.
type manager struct {
	trustDomain spiffeid.TrustDomain
	x509        *cache.LRUCache
	jwt         *cache.JWTSVIDCache
	bundles     *cache.BundleCache
	rotation    *rotationutil.RotationStrategy

	mutex       sync.Mutex
	entries     entries
	published   map[spiffeid.TrustDomain]*spiffebundle.Bundle
	issuer      *issuer
	generations int
}

func newManager(log logrus.FieldLogger, trustDomain spiffeid.TrustDomain, given entries) (*manager, error) {
	empty := spiffebundle.New(trustDomain)
	size := max(cache.DefaultSVIDCacheMaxSize, len(given))
	m := &manager{
		trustDomain: trustDomain,
		x509:        cache.NewLRUCache(log, trustDomain, empty, telemetry.Blackhole{}, size, clock.New()),
		jwt:         cache.NewJWTSVIDCache(log, telemetry.Blackhole{}, size),
		bundles:     cache.NewBundleCache(trustDomain, empty),
		rotation:    rotationutil.NewRotationStrategy(0),
		entries:     given,
		published:   map[spiffeid.TrustDomain]*spiffebundle.Bundle{trustDomain: empty},
	}
	if err := m.addFederated(); err != nil {
		return nil, err
	}
	return m, m.rotate()
}

// addFederated makes up a bundle for each trust domain that an entry federates with.
func (m *manager) addFederated() error {
	for _, entry := range m.entries {
		for _, name := range entry.FederatesWith {
			peer, err := newIssuer(spiffeid.RequireTrustDomainFromString(name), 1)
			if err != nil {
				return err
			}
			bundle := spiffebundle.New(peer.trustDomain)
			if err := peer.addTo(bundle); err != nil {
				return err
			}
			m.published[peer.trustDomain] = bundle
		}
	}
	return nil
}

// rotate publishes new authorities beside the old ones and has them sign everything from now on.
func (m *manager) rotate() error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.generations++
	made, err := newIssuer(m.trustDomain, m.generations)
	if err != nil {
		return err
	}
	bundle := m.published[m.trustDomain].Clone()
	if err := made.addTo(bundle); err != nil {
		return err
	}
	m.issuer, m.published[m.trustDomain] = made, bundle
	return m.synchronize(true)
}

// retire takes all authorities but the newest out of the bundle.
func (m *manager) retire() error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	bundle := spiffebundle.New(m.trustDomain)
	if err := m.issuer.addTo(bundle); err != nil {
		return err
	}
	m.published[m.trustDomain] = bundle
	return m.synchronize(false)
}

func (m *manager) remove(id string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	kept := m.entries.clone()
	delete(kept, id)
	m.entries = kept
	return m.synchronize(false)
}

// synchronize hands the caches what there is now, and new SVIDs where they say that one is missing or it is told to renew.
func (m *manager) synchronize(renew bool) error {
	published := map[spiffeid.TrustDomain]*spiffebundle.Bundle{}
	for trustDomain, bundle := range m.published {
		published[trustDomain] = bundle
	}
	m.bundles.Update(published)
	m.x509.UpdateEntries(&cache.UpdateEntries{Bundles: published, RegistrationEntries: m.entries},
		func(_, _ *common.RegistrationEntry, svid *cache.X509SVID) bool {
			return renew || m.rotation.ShouldRotateX509(time.Now(), svid.Chain[0])
		})
	svids := map[string]*cache.X509SVID{}
	for _, stale := range m.x509.GetStaleEntries() {
		svid, err := m.issuer.x509SVID(stale.Entry.SpiffeId)
		if err != nil {
			return err
		}
		svids[stale.Entry.EntryId] = svid
	}
	m.x509.UpdateSVIDs(&cache.UpdateSVIDs{X509SVIDs: svids})
	return nil
}

func (m *manager) MatchingRegistrationEntries(selectors []*common.Selector) []*common.RegistrationEntry {
	return m.x509.MatchingRegistrationEntries(selectors)
}

func (m *manager) FetchWorkloadUpdate(selectors []*common.Selector) *cache.WorkloadUpdate {
	return m.x509.FetchWorkloadUpdate(selectors)
}

func (m *manager) SubscribeToCacheChanges(ctx context.Context, key cache.Selectors) (cache.Subscriber, error) {
	return m.x509.SubscribeToWorkloadUpdates(ctx, key)
}

func (m *manager) SubscribeToBundleChanges() *cache.BundleStream {
	return m.bundles.SubscribeToBundleChanges()
}

// FetchJWTSVID renews a cached one when SPIRE's agent would.
func (m *manager) FetchJWTSVID(_ context.Context, entry *common.RegistrationEntry, audience []string) (*client.JWTSVID, error) {
	id, err := spiffeid.FromString(entry.SpiffeId)
	if err != nil {
		return nil, err
	}
	if cached, ok := m.jwt.GetJWTSVID(id, audience); ok && !m.rotation.JWTSVIDExpiresSoon(cached, time.Now()) {
		return cached, nil
	}
	m.mutex.Lock()
	signer := m.issuer
	m.mutex.Unlock()
	svid, err := signer.jwtSVID(entry.SpiffeId, audience)
	if err != nil {
		return nil, err
	}
	m.jwt.SetJWTSVID(id, audience, svid)
	return svid, nil
}

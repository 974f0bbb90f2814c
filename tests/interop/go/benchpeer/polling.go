package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/federation"
	"github.com/spiffe/spire/pkg/common/telemetry"
	"github.com/spiffe/spire/pkg/server/bundle/client"
	"github.com/spiffe/spire/pkg/server/datastore"
	"github.com/spiffe/spire/pkg/server/datastore/sqlstore"
)

// pollAsSPIRE is the part of a SPIRE server that polls: its bundle client manager over the SQL datastore, at its own
// pace: a quarter of the hint, never less than 15 s. The https_web roots are those of SSL_CERT_FILE.
func pollAsSPIRE(ctx context.Context, args []string) error {
	flags := newPollFlags("poll-spire")
	folder := flags.String("folder", "", "where the database goes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	peers, err := flags.relationships()
	if err != nil {
		return err
	}
	log := quietLog()
	store, err := storeWith(ctx, log, *folder, peers)
	if err != nil {
		return err
	}
	defer store.Close()
	manager := client.NewManager(client.ManagerConfig{
		Log:       log,
		Metrics:   telemetry.Blackhole{},
		DataStore: store,
		Source:    client.DataStoreTrustDomainConfigSource(log, store),
	})
	if err := manager.Run(untilInputEnds(ctx)); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func storeWith(
	ctx context.Context, log logrus.FieldLogger, folder string, peers []relationship,
) (*sqlstore.Plugin, error) {
	store := sqlstore.New(log)
	path := url.PathEscape(filepath.Join(folder, "spire.db"))
	if err := store.Configure(ctx, fmt.Sprintf("database_type = \"sqlite3\"\nconnection_string = \"file:%s\"\n", path)); err != nil {
		return nil, err
	}
	for _, peer := range peers {
		endpoint, err := url.Parse(peer.url)
		if err != nil {
			return nil, err
		}
		if _, err := store.CreateFederationRelationship(ctx, &datastore.FederationRelationship{
			TrustDomain:           peer.trustDomain,
			BundleEndpointURL:     endpoint,
			BundleEndpointProfile: datastore.BundleEndpointWeb,
		}); err != nil {
			return nil, err
		}
	}
	return store, nil
}

// paced polls at one pace whatever the hint, so that all pollers under test do.
type paced struct{ every time.Duration }

func (p paced) NextRefresh(time.Duration) time.Duration { return p.every }
func (paced) OnUpdate(*spiffebundle.Bundle)             {}
func (paced) OnError(err error)                         { fmt.Fprintln(os.Stderr, "benchpeer:", err) }

// pollByWatching is go-spiffe's WatchBundle, once for each peer.
func pollByWatching(ctx context.Context, args []string) error {
	flags := newPollFlags("poll-watch")
	roots := flags.String("roots", "", "PEM roots of https_web")
	every := flags.Duration("every", 15*time.Second, "between polls")
	if err := flags.Parse(args); err != nil {
		return err
	}
	peers, err := flags.relationships()
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(*roots)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s: no certificate", *roots)
	}
	ctx = untilInputEnds(ctx)
	var watches sync.WaitGroup
	for _, peer := range peers {
		watches.Go(func() {
			_ = federation.WatchBundle(ctx, peer.trustDomain, peer.url, paced{*every}, federation.WithWebPKIRoots(pool))
		})
	}
	watches.Wait()
	return nil
}

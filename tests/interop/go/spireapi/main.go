// Command spireapi is a SPIRE server's admin API and nothing else of it: SPIRE's own trustdomain, bundle and entry
// services on its SQL datastore, behind a Unix socket, with its own bundle manager to refresh federated bundles. It
// prints a JSON line when it listens and ends with its standard input. The line "prepare" there appends a
// new authority to the server's own bundle, as a rotation of SPIRE's does; a JSON line tells the new sequence.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/pkg/common/telemetry"
	bundleapi "github.com/spiffe/spire/pkg/server/api/bundle/v1"
	entryapi "github.com/spiffe/spire/pkg/server/api/entry/v1"
	"github.com/spiffe/spire/pkg/server/api/rpccontext"
	trustdomainapi "github.com/spiffe/spire/pkg/server/api/trustdomain/v1"
	"github.com/spiffe/spire/pkg/server/bundle/client"
	"github.com/spiffe/spire/pkg/server/datastore/sqlstore"
	"github.com/spiffe/spire/proto/spire/common"
	"google.golang.org/grpc"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "spireapi:", err)
		os.Exit(1)
	}
}

func run() error {
	socket := flag.String("socket", "", "path of the socket to listen on")
	folder := flag.String("folder", "", "where the database goes")
	name := flag.String("trust-domain", "spire.test", "the server's own")
	hint := flag.Int64("refresh-hint", 300, "of the server's own bundle, in seconds")
	flag.Parse()
	trustDomain, err := spiffeid.TrustDomainFromString(*name)
	if err != nil {
		return err
	}
	log := logrus.New()
	store, err := openStore(log, *folder, trustDomain, *hint)
	if err != nil {
		return err
	}
	defer store.Close()
	listener, err := net.Listen("unix", *socket)
	if err != nil {
		return err
	}
	server := serve(log, store, trustDomain)
	go func() {
		obey(store, trustDomain)
		server.Stop()
	}()
	fmt.Println(`{"event":"listening"}`)
	return server.Serve(listener)
}

// obey does what the lines of the standard input say, to its end.
func obey(store *sqlstore.Plugin, trustDomain spiffeid.TrustDomain) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() != "prepare" {
			fmt.Fprintln(os.Stderr, "spireapi: unknown line:", lines.Text())
			continue
		}
		sequence, err := prepare(store, trustDomain)
		if err != nil {
			fmt.Fprintln(os.Stderr, "spireapi:", err)
			continue
		}
		fmt.Printf("{\"event\":\"prepared\",\"sequence\":%d}\n", sequence)
	}
}

func prepare(store *sqlstore.Plugin, trustDomain spiffeid.TrustDomain) (uint64, error) {
	authority, err := newAuthority(trustDomain)
	if err != nil {
		return 0, err
	}
	bundle, err := store.AppendBundle(context.Background(), &common.Bundle{
		TrustDomainId: trustDomain.IDString(),
		RootCas:       []*common.Certificate{{DerBytes: authority}},
	})
	if err != nil {
		return 0, err
	}
	return bundle.SequenceNumber, nil
}

func openStore(
	log logrus.FieldLogger, folder string, trustDomain spiffeid.TrustDomain, hint int64,
) (*sqlstore.Plugin, error) {
	ctx := context.Background()
	store := sqlstore.New(log)
	path := url.PathEscape(filepath.Join(folder, "spire.db"))
	if err := store.Configure(ctx, fmt.Sprintf("database_type = \"sqlite3\"\nconnection_string = \"file:%s\"\n", path)); err != nil {
		return nil, err
	}
	if known, err := store.FetchBundle(ctx, trustDomain.IDString()); err != nil || known != nil {
		return store, err
	}
	authority, err := newAuthority(trustDomain)
	if err != nil {
		return nil, err
	}
	_, err = store.CreateBundle(ctx, &common.Bundle{
		TrustDomainId:  trustDomain.IDString(),
		RootCas:        []*common.Certificate{{DerBytes: authority}},
		RefreshHint:    hint,
		SequenceNumber: 1,
	})
	return store, err
}

func serve(log logrus.FieldLogger, store *sqlstore.Plugin, trustDomain spiffeid.TrustDomain) *grpc.Server {
	manager := client.NewManager(client.ManagerConfig{
		Log:       log,
		Metrics:   telemetry.Blackhole{},
		DataStore: store,
		Source:    client.DataStoreTrustDomainConfigSource(log, store),
	})
	go func() { _ = manager.Run(context.Background()) }()
	// SPIRE's middleware knows a caller of the Unix socket as local, which may do everything.
	server := grpc.NewServer(grpc.UnaryInterceptor(
		func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			return handler(rpccontext.WithLocalCaller(rpccontext.WithLogger(ctx, log)), request)
		}))
	trustdomainapi.RegisterService(server, trustdomainapi.New(trustdomainapi.Config{
		DataStore: store, TrustDomain: trustDomain, BundleRefresher: manager,
	}))
	bundleapi.RegisterService(server, bundleapi.New(bundleapi.Config{DataStore: store, TrustDomain: trustDomain}))
	entryapi.RegisterService(server, entryapi.New(entryapi.Config{DataStore: store, TrustDomain: trustDomain}))
	return server
}

func newAuthority(trustDomain spiffeid.TrustDomain) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{Organization: []string{"SPIRE"}},
		URIs:                  []*url.URL{trustDomain.ID().URL()},
		NotBefore:             now.Add(-time.Minute),
		NotAfter:              now.Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

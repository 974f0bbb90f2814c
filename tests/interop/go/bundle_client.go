package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/federation"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/pkg/server/bundle/client"
)

// endpoint is a bundle endpoint as its clients know it: https_spiffe where an endpoint ID is given, https_web otherwise.
type endpoint struct {
	client      string
	trustDomain spiffeid.TrustDomain
	url         string
	endpointID  spiffeid.ID
	held        *spiffebundle.Bundle
	roots       string
}

func parseEndpoint(name string, args []string) (*endpoint, error) {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	which := set.String("client", "go-spiffe", "go-spiffe or spire")
	trustDomain := set.String("trust-domain", "", "the trust domain to fetch")
	url := set.String("url", "", "its bundle endpoint")
	endpointID := set.String("endpoint-id", "", "the endpoint's SPIFFE ID: https_spiffe")
	bundle := set.String("bundle", "", "the bundle held so far, for https_spiffe")
	roots := set.String("roots", "", "PEM roots, for https_web")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	e := &endpoint{client: *which, url: *url, roots: *roots}
	var err error
	if e.trustDomain, err = spiffeid.TrustDomainFromString(*trustDomain); err != nil {
		return nil, err
	}
	if *endpointID == "" {
		return e, nil
	}
	if e.endpointID, err = spiffeid.FromString(*endpointID); err != nil {
		return nil, err
	}
	e.held, err = spiffebundle.Load(e.endpointID.TrustDomain(), *bundle)
	return e, err
}

// option authenticates the endpoint by the bundles in held, or by the web roots.
func (e *endpoint) option(held *spiffebundle.Set) (federation.FetchOption, error) {
	if e.held != nil {
		return federation.WithSPIFFEAuth(held, e.endpointID), nil
	}
	pem, err := os.ReadFile(e.roots)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate", e.roots)
	}
	return federation.WithWebPKIRoots(pool), nil
}

func (e *endpoint) heldSet() *spiffebundle.Set {
	if e.held == nil {
		return spiffebundle.NewSet()
	}
	return spiffebundle.NewSet(e.held)
}

// SPIRE's client takes https_web roots from the system alone; a test points SSL_CERT_FILE at its own.
func (e *endpoint) fetchAsSPIRE(ctx context.Context) (*spiffebundle.Bundle, error) {
	config := client.ClientConfig{TrustDomain: e.trustDomain, EndpointURL: e.url}
	if e.held != nil {
		config.SPIFFEAuth = &client.SPIFFEAuthConfig{EndpointSpiffeID: e.endpointID, RootCAs: e.held.X509Authorities()}
	}
	spire, err := client.NewClient(config)
	if err != nil {
		return nil, err
	}
	return spire.FetchBundle(ctx)
}

func (e *endpoint) fetch(ctx context.Context) (*spiffebundle.Bundle, error) {
	if e.client == "spire" {
		return e.fetchAsSPIRE(ctx)
	}
	option, err := e.option(e.heldSet())
	if err != nil {
		return nil, err
	}
	return federation.FetchBundle(ctx, e.trustDomain, e.url, option)
}

func fetchBundle(ctx context.Context, args []string) error {
	e, err := parseEndpoint("fetch-bundle", args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	bundle, err := e.fetch(ctx)
	if err != nil {
		return err
	}
	report("bundle", describeSPIFFE(bundle))
	return nil
}

// watcher asks again quickly, so that a rotation is seen at once. As go-spiffe's documentation demands, what it is told
// authenticates the endpoint from then on.
type watcher struct{ held *spiffebundle.Set }

func (watcher) NextRefresh(time.Duration) time.Duration { return 200 * time.Millisecond }
func (watcher) OnError(err error)                       { report("error", fields{"message": err.Error()}) }
func (w watcher) OnUpdate(bundle *spiffebundle.Bundle) {
	w.held.Add(bundle)
	report("bundle", describeSPIFFE(bundle))
}

func watchBundle(ctx context.Context, args []string) error {
	e, err := parseEndpoint("watch-bundle", args)
	if err != nil {
		return err
	}
	held := e.heldSet()
	option, err := e.option(held)
	if err != nil {
		return err
	}
	ctx, cancel := untilTold(ctx)
	defer cancel()
	if err := federation.WatchBundle(ctx, e.trustDomain, e.url, watcher{held}, option); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

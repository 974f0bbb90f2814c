package main

import (
	"context"
	"flag"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/pkg/common/diskcertmanager"
	"github.com/spiffe/spire/pkg/server/endpoints/bundle"
)

// serve is SPIRE's bundle endpoint server over one bundle that is held in memory, where SPIRE would read its database.
func serve(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	listen := flags.String("listen", "", "address and port")
	file := flags.String("bundle", "", "the SPIFFE bundle to serve")
	name := flags.String("trust-domain", "", "its trust domain")
	certificate := flags.String("certificate", "", "PEM certificate of https_web")
	key := flags.String("key", "", "its key")
	if err := flags.Parse(args); err != nil {
		return err
	}
	trustDomain, err := spiffeid.TrustDomainFromString(*name)
	if err != nil {
		return err
	}
	served, err := spiffebundle.Load(trustDomain, *file)
	if err != nil {
		return err
	}
	log := quietLog()
	auth, err := diskcertmanager.New(
		&diskcertmanager.Config{CertFilePath: *certificate, KeyFilePath: *key, FileSyncInterval: time.Minute}, nil, log)
	if err != nil {
		return err
	}
	return bundle.NewServer(bundle.ServerConfig{
		Log:         log,
		Address:     *listen,
		Getter:      bundle.GetterFunc(func(context.Context) (*spiffebundle.Bundle, error) { return served, nil }),
		ServerAuth:  auth,
		RefreshHint: 5 * time.Minute,
	}).ListenAndServe(untilInputEnds(ctx))
}

package main

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/federation"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/spire/pkg/common/diskcertmanager"
	"github.com/spiffe/spire/pkg/server/endpoints/bundle"
)

type serving struct {
	server      string
	listen      string
	bundleFile  string
	certificate string
	key         string
	authority   *authority
}

func parseServing(args []string) (*serving, error) {
	set := flag.NewFlagSet("serve-bundle", flag.ContinueOnError)
	s := &serving{}
	set.StringVar(&s.server, "server", "go-spiffe", "go-spiffe or spire")
	set.StringVar(&s.listen, "listen", "127.0.0.1:0", "address; SPIRE's server needs a port")
	set.StringVar(&s.bundleFile, "bundle-out", "", "where the first bundle is written")
	set.StringVar(&s.certificate, "certificate", "", "PEM certificate: https_web; without it https_spiffe")
	set.StringVar(&s.key, "key", "", "its key")
	endpointID := set.String("endpoint-id", "", "the endpoint's SPIFFE ID; its trust domain is the one served")
	hint := set.Duration("refresh-hint", time.Second, "refresh hint of the bundle")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	id, err := spiffeid.FromString(*endpointID)
	if err != nil {
		return nil, err
	}
	s.authority, err = newAuthority(id, *hint)
	return s, err
}

// serveBundle serves the bundle of a trust domain of its own. The line `prepare` on standard input publishes a new
// authority beside the old ones, `activate` has it sign the endpoint's SVID; the end of standard input ends the server.
func serveBundle(ctx context.Context, args []string) error {
	s, err := parseServing(args)
	if err != nil {
		return err
	}
	first, err := s.authority.current().Marshal()
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.bundleFile, first, 0o644); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, 1)
	if s.server == "spire" {
		go func() { failed <- s.serveAsSPIRE(ctx) }()
	} else {
		go func() { failed <- s.serveAsGoSPIFFE(ctx) }()
	}
	return s.obey(linesOfInput(ctx), failed)
}

func (s *serving) obey(lines <-chan string, failed <-chan error) error {
	for {
		select {
		case err := <-failed:
			return err
		case line, more := <-lines:
			if !more {
				return nil
			}
			if err := s.rotate(line); err != nil {
				return err
			}
			report(line, describeSPIFFE(s.authority.current()))
		}
	}
}

func (s *serving) rotate(step string) error {
	switch step {
	case "prepare":
		return s.authority.prepare()
	case "activate":
		return s.authority.activate()
	}
	return fmt.Errorf("unknown command %q", step)
}

func (s *serving) serveAsGoSPIFFE(ctx context.Context) error {
	handler, err := federation.NewHandler(s.authority.endpointID.TrustDomain(), s.authority)
	if err != nil {
		return err
	}
	config := tlsconfig.TLSServerConfig(s.authority)
	if s.certificate != "" {
		pair, err := tls.LoadX509KeyPair(s.certificate, s.key)
		if err != nil {
			return err
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, TLSConfig: config, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	s.announce(listener.Addr().String())
	return server.ServeTLS(listener, "", "")
}

func (s *serving) serveAsSPIRE(ctx context.Context) error {
	log := logrus.New()
	auth := bundle.SPIFFEAuth(func() ([]*x509.Certificate, crypto.PrivateKey, error) {
		svid, err := s.authority.GetX509SVID()
		return svid.Certificates, svid.PrivateKey, err
	})
	if s.certificate != "" {
		disk, err := diskcertmanager.New(
			&diskcertmanager.Config{CertFilePath: s.certificate, KeyFilePath: s.key, FileSyncInterval: time.Minute}, nil, log)
		if err != nil {
			return err
		}
		auth = disk
	}
	server := bundle.NewServer(bundle.ServerConfig{
		Log:     log,
		Address: s.listen,
		Getter: bundle.GetterFunc(func(context.Context) (*spiffebundle.Bundle, error) {
			return s.authority.current(), nil
		}),
		ServerAuth:  auth,
		RefreshHint: time.Second,
	})
	s.announce(s.listen)
	return server.ListenAndServe(ctx)
}

func (s *serving) announce(address string) {
	report("listening", fields{"url": "https://" + address + "/", "bundle": describeSPIFFE(s.authority.current())})
}

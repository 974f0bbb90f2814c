package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// watchSources opens every kind of source and watcher that go-spiffe has for X.509 and JWT and prints what each holds,
// first and after every update.
func watchSources(ctx context.Context, args []string) error {
	flags := newWorkloadFlags("sources")
	peer := flags.String("trust-domain", "", "the trust domain whose bundle the sources are asked for")
	if err := flags.Parse(args); err != nil {
		return err
	}
	trustDomain, err := spiffeid.TrustDomainFromString(*peer)
	if err != nil {
		return err
	}
	ctx, cancel := untilTold(ctx)
	defer cancel()
	opened, err := openSources(ctx, flags, trustDomain)
	if err != nil {
		return err
	}
	defer opened.close()

	var tasks sync.WaitGroup
	tasks.Go(func() { follow(ctx, opened.x509.Updated(), opened.reportX509) })
	tasks.Go(func() { follow(ctx, opened.jwt.Updated(), opened.reportJWT) })
	tasks.Go(func() { follow(ctx, opened.bundles.Updated(), opened.reportBundles) })
	tasks.Go(func() { ended("x509_context", workloadapi.WatchX509Context(ctx, reporter{}, flags.option())) })
	tasks.Go(func() { ended("x509_bundles", workloadapi.WatchX509Bundles(ctx, reporter{}, flags.option())) })
	tasks.Go(func() { ended("jwt_bundles", workloadapi.WatchJWTBundles(ctx, reporter{}, flags.option())) })
	tasks.Wait()
	return nil
}

type sources struct {
	trustDomain spiffeid.TrustDomain
	x509        *workloadapi.X509Source
	jwt         *workloadapi.JWTSource
	bundles     *workloadapi.BundleSource
}

func openSources(ctx context.Context, flags *workloadFlags, trustDomain spiffeid.TrustDomain) (*sources, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := &sources{trustDomain: trustDomain}
	var errX509, errJWT, errBundles error
	s.x509, errX509 = workloadapi.NewX509Source(ctx, flags.source())
	s.jwt, errJWT = workloadapi.NewJWTSource(ctx, flags.source())
	s.bundles, errBundles = workloadapi.NewBundleSource(ctx, flags.source())
	return s, errors.Join(errX509, errJWT, errBundles)
}

func (s *sources) close() {
	_ = s.x509.Close()
	_ = s.jwt.Close()
	_ = s.bundles.Close()
}

func follow(ctx context.Context, updated <-chan struct{}, tell func()) {
	for {
		tell()
		select {
		case <-updated:
		case <-ctx.Done():
			return
		}
	}
}

func (s *sources) reportX509() {
	svid, err := s.x509.GetX509SVID()
	if err != nil {
		problem("x509_source", err)
		return
	}
	state := describeSVID(svid)
	if bundle, err := s.x509.GetX509BundleForTrustDomain(s.trustDomain); err == nil {
		state["authorities"] = serials(bundle)
	}
	report("x509_source", state)
}

func (s *sources) reportJWT() {
	bundle, err := s.jwt.GetJWTBundleForTrustDomain(s.trustDomain)
	if err != nil {
		problem("jwt_source", err)
		return
	}
	report("jwt_source", fields{"keys": keyIDs(bundle)})
}

func (s *sources) reportBundles() {
	bundle, err := s.bundles.GetBundleForTrustDomain(s.trustDomain)
	if err != nil {
		problem("bundle_source", err)
		return
	}
	report("bundle_source", describeSPIFFE(bundle))
}

func describeSVID(svid *x509svid.SVID) fields {
	leaf := svid.Certificates[0]
	return fields{
		"id":      svid.ID.String(),
		"serial":  leaf.SerialNumber.Text(16),
		"hint":    svid.Hint,
		"expiry":  leaf.NotAfter.UTC().Format(time.RFC3339),
		"signers": len(svid.Certificates) - 1,
	}
}

// reporter implements go-spiffe's watchers.
type reporter struct{}

func (reporter) OnX509ContextUpdate(update *workloadapi.X509Context) {
	ids := []fields{}
	for _, svid := range update.SVIDs {
		ids = append(ids, describeSVID(svid))
	}
	report("x509_context", fields{"svids": ids, "bundles": x509Set(update.Bundles)})
}

func (reporter) OnX509BundlesUpdate(set *x509bundle.Set) {
	report("x509_bundles", fields{"bundles": x509Set(set)})
}

func (reporter) OnJWTBundlesUpdate(set *jwtbundle.Set) {
	held := fields{}
	for _, bundle := range set.Bundles() {
		held[bundle.TrustDomain().Name()] = keyIDs(bundle)
	}
	report("jwt_bundles", fields{"bundles": held})
}

func (reporter) OnX509ContextWatchError(err error) { problem("x509_context", err) }
func (reporter) OnX509BundlesWatchError(err error) { problem("x509_bundles", err) }
func (reporter) OnJWTBundlesWatchError(err error)  { problem("jwt_bundles", err) }

func x509Set(set *x509bundle.Set) fields {
	held := fields{}
	for _, bundle := range set.Bundles() {
		held[bundle.TrustDomain().Name()] = serials(bundle)
	}
	return held
}

func problem(where string, err error) {
	report("error", fields{"where": where, "message": err.Error()})
}

func ended(where string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		report("ended", fields{"where": where, "message": err.Error()})
	}
}

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/url"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

// authority is a trust domain of the tests' own: its bundle, and an endpoint's X509-SVID.
// Servers call it from their goroutines while a rotation replaces what it holds.
type authority struct {
	mutex      sync.RWMutex
	endpointID spiffeid.ID
	bundle     *spiffebundle.Bundle
	svid       *x509svid.SVID
	ca         *x509.Certificate
	caKey      crypto.Signer
	rotations  uint64
}

func newAuthority(endpointID spiffeid.ID, refreshHint time.Duration) (*authority, error) {
	a := &authority{endpointID: endpointID, bundle: spiffebundle.New(endpointID.TrustDomain())}
	a.bundle.SetRefreshHint(refreshHint)
	if err := a.prepare(); err != nil {
		return nil, err
	}
	return a, a.activate()
}

// prepare publishes a new CA and a new JWT key beside the old ones; the endpoint keeps the SVID it has.
func (a *authority) prepare() error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.rotations++
	var err error
	if a.ca, a.caKey, err = newCA(a.endpointID.TrustDomain()); err != nil {
		return err
	}
	jwtKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	next := a.bundle.Clone()
	next.AddX509Authority(a.ca)
	if err := next.AddJWTAuthority(fmt.Sprintf("key-%d", a.rotations), jwtKey.Public()); err != nil {
		return err
	}
	next.SetSequenceNumber(a.rotations)
	a.bundle = next
	return nil
}

// activate has the newest CA sign the endpoint's SVID.
func (a *authority) activate() error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	svid, err := newSVID(a.endpointID, a.ca, a.caKey)
	if err == nil {
		a.svid = svid
	}
	return err
}

func (a *authority) current() *spiffebundle.Bundle {
	a.mutex.RLock()
	defer a.mutex.RUnlock()
	return a.bundle
}

func (a *authority) GetBundleForTrustDomain(trustDomain spiffeid.TrustDomain) (*spiffebundle.Bundle, error) {
	return a.current().GetBundleForTrustDomain(trustDomain)
}

func (a *authority) GetX509SVID() (*x509svid.SVID, error) {
	a.mutex.RLock()
	defer a.mutex.RUnlock()
	return a.svid, nil
}

func newCA(trustDomain spiffeid.TrustDomain) (*x509.Certificate, crypto.Signer, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: trustDomain.Name()},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		URIs:                  []*url.URL{trustDomain.ID().URL()},
	}
	key, err := complete(template)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := sign(template, template, key.Public(), key)
	return certificate, key, err
}

func newSVID(id spiffeid.ID, ca *x509.Certificate, caKey crypto.Signer) (*x509svid.SVID, error) {
	template := &x509.Certificate{
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		URIs:        []*url.URL{id.URL()},
	}
	key, err := complete(template)
	if err != nil {
		return nil, err
	}
	certificate, err := sign(template, ca, key.Public(), caKey)
	if err != nil {
		return nil, err
	}
	return &x509svid.SVID{ID: id, Certificates: []*x509.Certificate{certificate}, PrivateKey: key}, nil
}

func complete(template *x509.Certificate) (crypto.Signer, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Minute)
	template.NotAfter = time.Now().Add(time.Hour)
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

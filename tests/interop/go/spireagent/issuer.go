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
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/pkg/agent/client"
	"github.com/spiffe/spire/pkg/agent/manager/cache"
)

// issuer has one generation of a trust domain's keys, which an agent's server would have.
type issuer struct {
	trustDomain spiffeid.TrustDomain
	ca          *x509.Certificate
	caKey       crypto.Signer
	jwtID       string
	jwtKey      crypto.Signer
	signer      jose.Signer
}

func newIssuer(trustDomain spiffeid.TrustDomain, generation int) (*issuer, error) {
	made := &issuer{trustDomain: trustDomain, jwtID: fmt.Sprintf("agent-key-%d", generation)}
	var err error
	if made.ca, made.caKey, err = issue(&x509.Certificate{
		Subject:               pkix.Name{CommonName: fmt.Sprintf("%s %d", trustDomain.Name(), generation)},
		URIs:                  []*url.URL{trustDomain.ID().URL()},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, nil, nil); err != nil {
		return nil, err
	}
	if made.jwtKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	key := jose.JSONWebKey{Key: made.jwtKey, KeyID: made.jwtID}
	made.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	return made, err
}

// addTo publishes the authorities beside those that the bundle has.
func (i *issuer) addTo(bundle *spiffebundle.Bundle) error {
	bundle.AddX509Authority(i.ca)
	return bundle.AddJWTAuthority(i.jwtID, i.jwtKey.Public())
}

func (i *issuer) x509SVID(id string) (*cache.X509SVID, error) {
	uri, err := url.Parse(id)
	if err != nil {
		return nil, err
	}
	leaf, key, err := issue(&x509.Certificate{
		URIs:                  []*url.URL{uri},
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, i.ca, i.caKey)
	return &cache.X509SVID{Chain: []*x509.Certificate{leaf}, PrivateKey: key}, err
}

func (i *issuer) jwtSVID(id string, audience []string) (*client.JWTSVID, error) {
	now := time.Now().Truncate(time.Second)
	svid := &client.JWTSVID{IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute)}
	var err error
	svid.Token, err = jwt.Signed(i.signer).Claims(jwt.Claims{
		Subject:  id,
		Audience: audience,
		IssuedAt: jwt.NewNumericDate(svid.IssuedAt),
		Expiry:   jwt.NewNumericDate(svid.ExpiresAt),
	}).Serialize()
	return svid, err
}

// issue signs with the parent's key, or where there is no parent with the certificate's own.
func issue(template, parent *x509.Certificate, parentKey crypto.Signer) (*x509.Certificate, crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return certificate, key, err
}

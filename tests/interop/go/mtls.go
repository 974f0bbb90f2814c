package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// serveMTLS greets every peer of the authorised trust domain by its SPIFFE ID, over go-spiffe's spiffetls.
func serveMTLS(ctx context.Context, args []string) error {
	flags := newWorkloadFlags("mtls-serve")
	from := flags.String("authorize", "", "the trust domain whose members may connect")
	if err := flags.Parse(args); err != nil {
		return err
	}
	trustDomain, err := spiffeid.TrustDomainFromString(*from)
	if err != nil {
		return err
	}
	ctx, cancel := untilTold(ctx)
	defer cancel()
	mode := spiffetls.MTLSServerWithSourceOptions(tlsconfig.AuthorizeMemberOf(trustDomain), flags.source())
	listener, err := spiffetls.ListenWithMode(ctx, "tcp", "127.0.0.1:0", mode)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	report("listening", fields{"address": listener.Addr().String()})
	for {
		connection, err := listener.Accept()
		if err != nil {
			return nil
		}
		go greet(connection)
	}
}

func greet(connection net.Conn) {
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(patience))
	if err := connection.(interface{ Handshake() error }).Handshake(); err != nil {
		problem("handshake", err)
		return
	}
	id, err := spiffetls.PeerIDFromConn(connection)
	if err != nil {
		problem("peer", err)
		return
	}
	report("accepted", fields{"peer": id.String()})
	fmt.Fprintf(connection, "hello %s\n", id)
}

// dialMTLS connects by spiffetls, or with crypto/tls and a tlsconfig.MTLSClientConfig, and prints who answered what.
func dialMTLS(ctx context.Context, args []string) error {
	flags := newWorkloadFlags("mtls-dial")
	address := flags.String("address", "", "the server's address")
	peer := flags.String("authorize-id", "", "the server's SPIFFE ID")
	with := flags.String("with", "spiffetls", "spiffetls or tlsconfig")
	kept := flags.String("svid", "", "PATH for an SVID kept in PATH.pem and PATH.key, not the one of now")
	if err := flags.Parse(args); err != nil {
		return err
	}
	id, err := spiffeid.FromString(*peer)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	source, err := workloadapi.NewX509Source(ctx, flags.source())
	if err != nil {
		return err
	}
	defer source.Close()
	var svid x509svid.Source = source
	if *kept != "" {
		if svid, err = x509svid.Load(*kept+".pem", *kept+".key"); err != nil {
			return err
		}
	}
	connection, err := dial(ctx, *with, *address, tlsconfig.AuthorizeID(id), svid, source)
	if err != nil {
		return err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return err
	}
	answered, err := peerID(connection)
	if err != nil {
		return err
	}
	report("connected", fields{"peer": answered.String(), "greeting": line})
	return nil
}

// peerID also reads a plain *tls.Conn, which go-spiffe's PeerIDFromConn does not.
func peerID(connection net.Conn) (spiffeid.ID, error) {
	if plain, ok := connection.(*tls.Conn); ok {
		return spiffetls.PeerIDFromConnectionState(plain.ConnectionState())
	}
	return spiffetls.PeerIDFromConn(connection)
}

func dial(
	ctx context.Context, with, address string, authorizer tlsconfig.Authorizer, svid x509svid.Source, bundles *workloadapi.X509Source,
) (net.Conn, error) {
	if with == "tlsconfig" {
		dialer := &tls.Dialer{Config: tlsconfig.MTLSClientConfig(svid, bundles, authorizer)}
		return dialer.DialContext(ctx, "tcp", address)
	}
	return spiffetls.DialWithMode(ctx, "tcp", address, spiffetls.MTLSClientWithRawConfig(authorizer, svid, bundles))
}

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"time"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// patience bounds every exchange that is not a watch.
const patience = 20 * time.Second

type workloadFlags struct {
	*flag.FlagSet
	socket   string
	audience string
}

func newWorkloadFlags(name string) *workloadFlags {
	flags := &workloadFlags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError)}
	flags.StringVar(&flags.socket, "socket", "", "the Workload API, unix:///path")
	flags.StringVar(&flags.audience, "audience", "", "the JWT-SVID's audience")
	return flags
}

func (flags *workloadFlags) option() workloadapi.ClientOption {
	return workloadapi.WithAddr(flags.socket)
}

func (flags *workloadFlags) source() workloadapi.SourceOption {
	return workloadapi.WithClientOptions(flags.option())
}

func fetchJWT(ctx context.Context, args []string) error {
	flags := newWorkloadFlags("jwt-fetch")
	id := flags.String("id", "", "the SPIFFE ID to ask for; default all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	params := jwtsvid.Params{Audience: flags.audience}
	if *id != "" {
		params.Subject = spiffeid.RequireFromString(*id)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	source, err := workloadapi.NewJWTSource(ctx, flags.source())
	if err != nil {
		return err
	}
	defer source.Close()
	svids, err := source.FetchJWTSVIDs(ctx, params)
	if err != nil {
		return err
	}
	for _, svid := range svids {
		report("svid", fields{"id": svid.ID.String(), "token": svid.Marshal(), "expiry": svid.Expiry, "hint": svid.Hint})
	}
	return nil
}

// validateJWT validates here, by go-spiffe and the bundles of our Workload API; ValidateJWTSVID is the server's own.
func validateJWT(ctx context.Context, args []string) error {
	flags := newWorkloadFlags("jwt-validate")
	token := flags.String("token", "", "the JWT-SVID")
	remote := flags.Bool("remote", false, "let the Workload API validate it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	svid, err := validate(ctx, flags, *token, *remote)
	if err != nil {
		return err
	}
	report("valid", fields{"id": svid.ID.String(), "audience": svid.Audience, "claims": svid.Claims})
	return nil
}

func validate(ctx context.Context, flags *workloadFlags, token string, remote bool) (*jwtsvid.SVID, error) {
	if remote {
		return workloadapi.ValidateJWTSVID(ctx, token, flags.audience, flags.option())
	}
	source, err := workloadapi.NewJWTSource(ctx, flags.source())
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return jwtsvid.ParseAndValidate(token, source, []string{flags.audience})
}

// rawJWTBundles prints the JWK Sets exactly as FetchJWTBundles gave them, untouched by go-spiffe's own parser.
func rawJWTBundles(ctx context.Context, args []string) error {
	flags := newWorkloadFlags("jwt-bundles")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	connection, err := grpc.NewClient(flags.socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx = metadata.AppendToOutgoingContext(ctx, "workload.spiffe.io", "true")
	stream, err := workload.NewSpiffeWorkloadAPIClient(connection).FetchJWTBundles(ctx, &workload.JWTBundlesRequest{})
	if err != nil {
		return err
	}
	response, err := stream.Recv()
	if err != nil {
		return err
	}
	documents := fields{}
	for trustDomain, document := range response.Bundles {
		if !json.Valid(document) {
			return fmt.Errorf("%s: not a JSON document: %q", trustDomain, document)
		}
		documents[trustDomain] = json.RawMessage(document)
	}
	report("bundles", fields{"bundles": documents})
	return nil
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// load is a Workload API client for measuring whatever serves the socket. Its protocol is https_load's: it prints
// {"event":"ready"}, does its operations after a line on standard input, prints {"event":"done",...}, and keeps what it
// holds until its standard input ends.
type load struct {
	mode       string
	operations int
	audience   string
	clients    []workload.SpiffeWorkloadAPIClient
	tokens     []string // to validate, in turn
	work       func(ctx context.Context, number int) error
}

func loadWorkloadAPI(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("workload-load", flag.ContinueOnError)
	l := &load{audience: "bench"}
	flags.StringVar(&l.mode, "mode", "", "fetch-x509, fetch-jwt, validate-new, validate-seen or hold-x509")
	flags.IntVar(&l.operations, "operations", 1000, "in all")
	socket := flags.String("socket", "", "unix:///path")
	connections := flags.Int("connections", 4, "with one operation at once on each; of hold-x509: with equal shares")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for range *connections {
		connection, err := grpc.NewClient(*socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer connection.Close()
		l.clients = append(l.clients, workload.NewSpiffeWorkloadAPIClient(connection))
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "workload.spiffe.io", "true")
	if err := l.prepare(ctx); err != nil {
		return err
	}
	fmt.Println(`{"event":"ready"}`)
	input := bufio.NewScanner(os.Stdin)
	if !input.Scan() {
		return errors.New("no word to begin")
	}
	l.run(ctx)
	for input.Scan() {
	}
	return nil
}

// prepare finds out what to do, and does it once on each connection.
func (l *load) prepare(ctx context.Context) error {
	works := map[string]func(context.Context, int) error{
		"fetch-x509": l.fetchX509, "fetch-jwt": l.fetchJWT, "validate-new": l.validate, "validate-seen": l.validate,
		"hold-x509": l.holdX509,
	}
	var known bool
	if l.work, known = works[l.mode]; !known {
		return fmt.Errorf("no mode %q", l.mode)
	}
	// The first tokens are those that warm up; of validate-new each of the others is validated once.
	wanted := map[string]int{"validate-new": l.operations + len(l.clients), "validate-seen": 1}[l.mode]
	for number := range wanted {
		token, err := l.token(ctx, number, fmt.Sprintf("token %d", number))
		if err != nil {
			return err
		}
		l.tokens = append(l.tokens, token)
	}
	if l.mode == "hold-x509" {
		return l.fetchX509(ctx, 0)
	}
	for number := range l.clients {
		if err := l.work(ctx, l.operations+number); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) client(number int) workload.SpiffeWorkloadAPIClient {
	return l.clients[number%len(l.clients)]
}

func (l *load) token(ctx context.Context, number int, audience ...string) (string, error) {
	request := &workload.JWTSVIDRequest{Audience: append([]string{l.audience}, audience...)}
	response, err := l.client(number).FetchJWTSVID(ctx, request)
	if err != nil {
		return "", err
	}
	if len(response.Svids) != 1 {
		return "", fmt.Errorf("%d JWT-SVIDs, not one", len(response.Svids))
	}
	return response.Svids[0].Svid, nil
}

func (l *load) fetchJWT(ctx context.Context, number int) error {
	_, err := l.token(ctx, number)
	return err
}

func (l *load) validate(ctx context.Context, number int) error {
	request := &workload.ValidateJWTSVIDRequest{Audience: l.audience, Svid: l.tokens[number%len(l.tokens)]}
	_, err := l.client(number).ValidateJWTSVID(ctx, request)
	return err
}

// fetchX509 opens a stream for its first answer, as a workload does that only wants its identity.
func (l *load) fetchX509(ctx context.Context, number int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return l.holdX509(ctx, number)
}

// holdX509 leaves the stream open.
func (l *load) holdX509(ctx context.Context, number int) error {
	stream, err := l.client(number).FetchX509SVID(ctx, &workload.X509SVIDRequest{})
	if err != nil {
		return err
	}
	response, err := stream.Recv()
	if err == nil && len(response.Svids) != 1 {
		err = fmt.Errorf("%d X509-SVIDs, not one", len(response.Svids))
	}
	return err
}

func (l *load) run(ctx context.Context) {
	latencies := make([]time.Duration, l.operations)
	failures := make([]error, l.operations)
	var workers sync.WaitGroup
	for worker := range l.clients {
		workers.Go(func() {
			for number := worker; number < l.operations; number += len(l.clients) {
				begun := time.Now()
				failures[number] = l.work(ctx, number)
				latencies[number] = time.Since(begun)
			}
		})
	}
	workers.Wait()
	reportDone(latencies, failures)
}

func reportDone(latencies []time.Duration, failures []error) {
	errorCount, first := 0, ""
	for _, failure := range failures {
		if failure != nil {
			errorCount++
			first = failure.Error()
		}
	}
	sort.Slice(latencies, func(a, b int) bool { return latencies[a] < latencies[b] })
	at := func(share float64) float64 {
		return float64(latencies[int(float64(len(latencies)-1)*share)]) / float64(time.Microsecond)
	}
	line, _ := json.Marshal(map[string]any{
		"event": "done", "operations": len(latencies) - errorCount, "errors": errorCount, "first_error": first,
		"p50_us": at(0.5), "p99_us": at(0.99),
	})
	fmt.Println(string(line))
}

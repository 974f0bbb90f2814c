// Command benchpeer is what tests/bench measures Entente against: SPIRE's bundle endpoint server, its bundle client
// manager with the SQLite datastore, and go-spiffe's WatchBundle; and a client that measures Workload APIs. Each ends
// with its standard input.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sirupsen/logrus"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

var commands = map[string]func(ctx context.Context, args []string) error{
	"serve":         serve,
	"poll-spire":    pollAsSPIRE,
	"poll-watch":    pollByWatching,
	"workload-load": loadWorkloadAPI,
	"watch-bundles": watchBundles,
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "benchpeer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if len(os.Args) > 1 {
		if found, ok := commands[os.Args[1]]; ok {
			return found(ctx, os.Args[2:])
		}
	}
	return fmt.Errorf("name one of: serve, poll-spire, poll-watch, workload-load, watch-bundles")
}

func untilInputEnds(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

// SPIRE's default level is info; written nowhere, its cost is that of making the lines.
func quietLog() *logrus.Logger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}

// relationship is a line of the file of peers: the trust domain and its endpoint's URL.
type relationship struct {
	trustDomain spiffeid.TrustDomain
	url         string
}

type pollFlags struct {
	*flag.FlagSet
	peers string
}

func newPollFlags(name string) *pollFlags {
	flags := &pollFlags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError)}
	flags.StringVar(&flags.peers, "peers", "", "file of lines TRUST_DOMAIN URL")
	return flags
}

func (flags *pollFlags) relationships() ([]relationship, error) {
	file, err := os.Open(flags.peers)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found []relationship
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, url, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			return nil, fmt.Errorf("%s: not TRUST_DOMAIN URL: %q", flags.peers, lines.Text())
		}
		trustDomain, err := spiffeid.TrustDomainFromString(name)
		if err != nil {
			return nil, err
		}
		found = append(found, relationship{trustDomain, url})
	}
	return found, lines.Err()
}

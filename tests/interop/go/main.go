// Command interop holds the far side of Entente's interoperability tests: go-spiffe's and SPIRE's own clients and
// servers, each behind a subcommand that a test drives by its flags, its standard input and the JSON lines it prints.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sort"
	"strings"
	"syscall"
)

type command func(ctx context.Context, args []string) error

var commands = map[string]command{
	"fetch-bundle": fetchBundle,
	"watch-bundle": watchBundle,
	"serve-bundle": serveBundle,
	"sources":      watchSources,
	"jwt-fetch":    fetchJWT,
	"jwt-validate": validateJWT,
	"jwt-bundles":  rawJWTBundles,
	"mtls-serve":   serveMTLS,
	"mtls-dial":    dialMTLS,
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "spire-agent" {
		os.Exit(spireAgent(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "spire-server" {
		os.Exit(spireServer(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		if found, ok := commands[args[0]]; ok {
			return found(ctx, args[1:])
		}
	}
	names := []string{"spire-agent", "spire-server"}
	for name := range commands {
		names = append(names, name)
	}
	sort.Strings(names)
	return fmt.Errorf("name one of: %s", strings.Join(names, ", "))
}

package main

import (
	"fmt"
	"os"

	"github.com/mitchellh/cli"
	"github.com/spiffe/spire/cmd/spire-server/cli/bundle"
	"github.com/spiffe/spire/cmd/spire-server/cli/entry"
	"github.com/spiffe/spire/cmd/spire-server/cli/federation"
)

// spireServer is SPIRE's own `spire-server federation|bundle|entry ...`, named as its cli.go names them. The whole of
// cmd/spire-server/cli would bring in the server's plugins and their cloud SDKs.
func spireServer(args []string) int {
	program := cli.NewCLI("spire-server", "1.15.3")
	program.Args = args
	program.Commands = map[string]cli.CommandFactory{
		"bundle count":       factory(bundle.NewCountCommand),
		"bundle delete":      factory(bundle.NewDeleteCommand),
		"bundle list":        factory(bundle.NewListCommand),
		"bundle set":         factory(bundle.NewSetCommand),
		"bundle show":        factory(bundle.NewShowCommand),
		"entry count":        factory(entry.NewCountCommand),
		"entry create":       factory(entry.NewCreateCommand),
		"entry delete":       factory(entry.NewDeleteCommand),
		"entry show":         factory(entry.NewShowCommand),
		"entry update":       factory(entry.NewUpdateCommand),
		"federation create":  factory(federation.NewCreateCommand),
		"federation delete":  factory(federation.NewDeleteCommand),
		"federation list":    factory(federation.NewListCommand),
		"federation refresh": factory(federation.NewRefreshCommand),
		"federation show":    factory(federation.NewShowCommand),
		"federation update":  factory(federation.NewUpdateCommand),
	}
	status, err := program.Run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return status
}

func factory(make func() cli.Command) cli.CommandFactory {
	return func() (cli.Command, error) { return make(), nil }
}

package main

import (
	"fmt"
	"os"

	"github.com/mitchellh/cli"
	"github.com/spiffe/spire/cmd/spire-agent/cli/api"
)

// spireAgent is SPIRE's own `spire-agent api ...`. The whole of cmd/spire-agent/cli would bring in the agent's plugins
// and their cloud SDKs; its api package has the Workload API commands alone.
func spireAgent(args []string) int {
	program := cli.NewCLI("spire-agent", "1.15.3")
	program.Args = args
	program.Commands = map[string]cli.CommandFactory{
		"api fetch":        func() (cli.Command, error) { return api.NewFetchX509Command(), nil },
		"api fetch x509":   func() (cli.Command, error) { return api.NewFetchX509Command(), nil },
		"api fetch jwt":    func() (cli.Command, error) { return api.NewFetchJWTCommand(), nil },
		"api validate jwt": func() (cli.Command, error) { return api.NewValidateJWTCommand(), nil },
		"api watch":        func() (cli.Command, error) { return &api.WatchCLI{}, nil },
	}
	status, err := program.Run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return status
}

// Command spireagent is a SPIRE agent's Workload API and Delegated Identity API: SPIRE's own handlers, middleware, peer
// tracker, unix attestor and caches, over a manager that plays the server. It prints JSON lines, and ends with its
// standard input, whose lines are: "rotate" (new authorities and SVIDs), "retire" (the older authorities leave the
// bundle), "remove ID" (a registration entry goes). Each is answered by an event of its name when it is done.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"entente.test/interop/spireagent/spire/attestor"
	"entente.test/interop/spireagent/spire/delegatedidentity"
	"entente.test/interop/spireagent/spire/endpoints"
	"github.com/sirupsen/logrus"
	workloadpb "github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/pkg/agent/endpoints/workload"
	"github.com/spiffe/spire/pkg/common/api/middleware"
	"github.com/spiffe/spire/pkg/common/peertracker"
	"github.com/spiffe/spire/pkg/common/telemetry"
	"google.golang.org/grpc"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "spireagent:", err)
		os.Exit(1)
	}
}

type options struct {
	socket, admin, trustDomain, unix string
	delegates                        []string
	entries                          entries
	others                           int
}

func read() options {
	o := options{entries: entries{}}
	flag.StringVar(&o.socket, "socket", "", "path of the Workload API's socket")
	flag.StringVar(&o.admin, "admin", "", "path of the admin socket; default: none")
	flag.StringVar(&o.trustDomain, "trust-domain", "a.test", "the agent's own")
	flag.StringVar(&o.unix, "unix", "", "the configuration of the unix attestor")
	flag.Var(o.entries, "entry", "ID=SELECTOR[=TRUST DOMAIN that it federates with]; any number of them")
	flag.IntVar(&o.others, "other-entries", 0, "so many more entries that match no caller")
	flag.Func("delegate", "the SPIFFE ID of an authorized delegate; any number of them", func(id string) error {
		o.delegates = append(o.delegates, id)
		return nil
	})
	flag.Parse()
	return o
}

func run() error {
	o := read()
	trustDomain, err := spiffeid.TrustDomainFromString(o.trustDomain)
	if err != nil {
		return err
	}
	o.entries.addOthers(trustDomain, o.others)
	log := logrus.New()
	log.SetLevel(logrus.WarnLevel)
	manager, err := newManager(log, trustDomain, o.entries)
	if err != nil {
		return err
	}
	attestor, err := newAttestor(log, trustDomain, o.unix)
	if err != nil {
		return err
	}
	if err := serve(log, o, manager, attestor); err != nil {
		return err
	}
	fmt.Println(`{"event":"listening"}`)
	obey(manager)
	return nil
}

// obey returns at the end of standard input.
func obey(manager *manager) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		if err := manager.obey(word, rest); err != nil {
			fmt.Fprintf(os.Stderr, "spireagent: %s: %v\n", word, err)
			continue
		}
		fmt.Printf("{\"event\":%q}\n", word)
	}
}

func (m *manager) obey(word, rest string) error {
	switch word {
	case "rotate":
		return m.rotate()
	case "retire":
		return m.retire()
	case "remove":
		return m.remove(rest)
	}
	return errors.New("not a word of ours")
}

func serve(log logrus.FieldLogger, o options, manager *manager, attestor attestor.Attestor) error {
	forWorkloads := newServer(log)
	workloadpb.RegisterSpiffeWorkloadAPIServer(forWorkloads, workload.New(workload.Config{
		Manager:     manager,
		Attestor:    endpoints.PeerTrackerAttestor{Attestor: attestor},
		TrustDomain: manager.trustDomain,
	}))
	if err := listen(log, o.socket, forWorkloads); err != nil || o.admin == "" {
		return err
	}
	forDelegates := newServer(log)
	delegatedidentity.RegisterService(forDelegates, delegatedidentity.New(delegatedidentity.Config{
		Log:                 log,
		Metrics:             telemetry.Blackhole{},
		Manager:             manager,
		Attestor:            attestor,
		AuthorizedDelegates: o.delegates,
	}))
	return listen(log, o.admin, forDelegates)
}

// newServer is as SPIRE's endpoints make theirs.
func newServer(log logrus.FieldLogger) *grpc.Server {
	unary, stream := middleware.Interceptors(endpoints.Middleware(log, telemetry.Blackhole{}))
	return grpc.NewServer(grpc.Creds(peertracker.NewCredentials()), grpc.UnaryInterceptor(unary),
		grpc.StreamInterceptor(stream), grpc.ReadBufferSize(4096))
}

func listen(log logrus.FieldLogger, path string, server *grpc.Server) error {
	_ = os.Remove(path) // of an agent that was killed
	factory := peertracker.ListenerFactory{Log: log}
	listener, err := factory.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	go func() { _ = server.Serve(listener) }()
	return nil
}

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

// raw leaves messages as they are: what is measured is the server.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(message any) ([]byte, error) { return message.([]byte), nil }

func (raw) Unmarshal(bytes []byte, message any) error {
	*message.(*[]byte) = append([]byte(nil), bytes...)
	return nil
}

type arrival struct {
	at    time.Time
	bytes int
	err   error
}

// watchBundles holds FetchX509Bundles streams. It prints {"event":"ready"} when each has had its first message, and a
// line for each further message that all have had: when the middle one, the 99th of a hundred and the last came.
func watchBundles(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("watch-bundles", flag.ContinueOnError)
	socket := flags.String("socket", "", "unix:///path")
	count := flags.Int("streams", 100, "in all")
	connections := flags.Int("connections", 10, "with equal shares of them")
	uid := flags.Int("uid", -1, "the user to become first")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *uid >= 0 {
		if err := syscall.Setuid(*uid); err != nil {
			return err
		}
	}
	arrivals := make(chan arrival, 4**count)
	streams, err := openStreams(ctx, *socket, *count, *connections)
	if err != nil {
		return err
	}
	for _, stream := range streams {
		go receive(stream, arrivals)
	}
	if _, err := oneOfEach(arrivals, *count); err != nil {
		return err
	}
	fmt.Println(`{"event":"ready"}`)
	go func() {
		for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		}
		os.Exit(0)
	}()
	for {
		line, err := oneOfEach(arrivals, *count)
		if err != nil {
			return err
		}
		fmt.Println(line)
	}
}

// openStreams opens some of them at once.
func openStreams(ctx context.Context, socket string, count, connections int) ([]grpc.ClientStream, error) {
	ctx = metadata.AppendToOutgoingContext(ctx, "workload.spiffe.io", "true")
	streams := make([]grpc.ClientStream, count)
	failures := make([]error, connections)
	var openers sync.WaitGroup
	for n := range connections {
		connection, err := grpc.NewClient(socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, err
		}
		openers.Go(func() {
			for i := n; i < count && failures[n] == nil; i += connections {
				streams[i], failures[n] = openStream(ctx, connection)
			}
		})
	}
	openers.Wait()
	for _, failure := range failures {
		if failure != nil {
			return nil, failure
		}
	}
	return streams, nil
}

func openStream(ctx context.Context, connection *grpc.ClientConn) (grpc.ClientStream, error) {
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/SpiffeWorkloadAPI/FetchX509Bundles",
		grpc.ForceCodec(raw{}))
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg([]byte{}); err != nil {
		return nil, err
	}
	return stream, stream.CloseSend()
}

func receive(stream grpc.ClientStream, arrivals chan<- arrival) {
	for {
		var message []byte
		err := stream.RecvMsg(&message)
		arrivals <- arrival{time.Now(), len(message), err}
		if err != nil {
			return
		}
	}
}

// oneOfEach waits for as many messages as there are streams. A stream gets no second one before the next change, which
// waits for our word.
func oneOfEach(arrivals <-chan arrival, count int) (string, error) {
	at := make([]time.Time, 0, count)
	size := 0
	for range count {
		arrived := <-arrivals
		if arrived.err != nil {
			return "", arrived.err
		}
		at = append(at, arrived.at)
		size = arrived.bytes
	}
	sort.Slice(at, func(a, b int) bool { return at[a].Before(at[b]) })
	line, err := json.Marshal(map[string]any{
		"event": "changed", "bytes": size, "p50": at[count/2].UnixNano(), "p99": at[(count-1)*99/100].UnixNano(),
		"last": at[count-1].UnixNano(),
	})
	return string(line), err
}

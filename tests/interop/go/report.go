package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"sort"
	"sync"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
)

type fields map[string]any

var reportMutex sync.Mutex

// report prints one JSON line; watchers call it from their own goroutines.
func report(event string, more fields) {
	line := fields{"event": event}
	for key, value := range more {
		line[key] = value
	}
	reportMutex.Lock()
	defer reportMutex.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(line)
}

// linesOfInput hands over standard input line by line and ends with it, or with ctx.
func linesOfInput(ctx context.Context) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// untilTold cancels the returned context when the test closes our standard input: no run outlives its test.
func untilTold(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for range linesOfInput(ctx) {
		}
		cancel()
	}()
	return ctx, cancel
}

func describeSPIFFE(bundle *spiffebundle.Bundle) fields {
	described := fields{
		"trust_domain": bundle.TrustDomain().Name(),
		"x509":         serials(bundle.X509Bundle()),
		"jwt":          keyIDs(bundle.JWTBundle()),
	}
	if sequence, ok := bundle.SequenceNumber(); ok {
		described["sequence"] = sequence
	}
	if hint, ok := bundle.RefreshHint(); ok {
		described["refresh_hint"] = hint.Seconds()
	}
	return described
}

// serials names each authority by its certificate's serial number in hexadecimal, as OpenSSL prints it.
func serials(bundle *x509bundle.Bundle) []string {
	names := []string{}
	for _, authority := range bundle.X509Authorities() {
		names = append(names, authority.SerialNumber.Text(16))
	}
	sort.Strings(names)
	return names
}

func keyIDs(bundle *jwtbundle.Bundle) []string {
	names := []string{}
	for id := range bundle.JWTAuthorities() {
		names = append(names, id)
	}
	sort.Strings(names)
	return names
}

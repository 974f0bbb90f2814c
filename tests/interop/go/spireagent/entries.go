package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/proto/spire/common"
)

// entries are the registration entries that the agent is entitled to, by their SPIFFE IDs.
type entries map[string]*common.RegistrationEntry

// String and Set make it a flag, given once for each entry.
func (e entries) String() string { return "" }

func (e entries) Set(text string) error {
	parts := strings.Split(text, "=")
	if len(parts) < 2 || len(parts) > 3 {
		return errors.New("want ID=SELECTOR or ID=SELECTOR=TRUST DOMAIN")
	}
	for _, name := range parts[2:] {
		if _, err := spiffeid.TrustDomainFromString(name); err != nil {
			return err
		}
	}
	e.add(parts[0], parts[1], parts[2:]...)
	return nil
}

// Hints tell entries apart: of several with one hint SPIRE hands on the oldest.
func (e entries) add(id, selector string, federatesWith ...string) {
	kind, value, _ := strings.Cut(selector, ":")
	e[id] = &common.RegistrationEntry{
		EntryId:       id,
		SpiffeId:      id,
		Selectors:     []*common.Selector{{Type: kind, Value: value}},
		FederatesWith: federatesWith,
		Hint:          fmt.Sprintf("agent %d", len(e)+1),
		CreatedAt:     int64(len(e) + 1),
	}
}

// addOthers adds entries that no caller matches, as an agent has for the rest of its node.
func (e entries) addOthers(trustDomain spiffeid.TrustDomain, count int) {
	for n := range count {
		e.add(fmt.Sprintf("%s/other/%d", trustDomain.IDString(), n), fmt.Sprintf("test:other:%d", n))
	}
}

func (e entries) clone() entries {
	copied := entries{}
	for id, entry := range e {
		copied[id] = entry
	}
	return copied
}

package main

import (
	"context"

	"entente.test/interop/spireagent/spire/attestor"
	"github.com/sirupsen/logrus"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/spire/pkg/agent/plugin/workloadattestor"
	"github.com/spiffe/spire/pkg/agent/plugin/workloadattestor/unix"
	"github.com/spiffe/spire/pkg/common/catalog"
	"github.com/spiffe/spire/pkg/common/telemetry"
)

// newAttestor is SPIRE's, with its unix plugin alone, which `configuration` (HCL) is for.
func newAttestor(log logrus.FieldLogger, trustDomain spiffeid.TrustDomain, configuration string) (attestor.Attestor, error) {
	ctx := context.Background()
	plugin, err := catalog.LoadBuiltIn(ctx, unix.BuiltIn(), catalog.BuiltInConfig{Log: log})
	if err != nil {
		return nil, err
	}
	facade := new(workloadattestor.V1)
	configurer, err := plugin.Bind(facade)
	if err != nil {
		return nil, err
	}
	if err := configurer.Configure(ctx, catalog.CoreConfig{TrustDomain: trustDomain}, configuration); err != nil {
		return nil, err
	}
	plugins := new(workloadattestor.Repository)
	plugins.AddWorkloadAttestor(facade)
	return attestor.New(&attestor.Config{Catalog: plugins, Log: log, Metrics: telemetry.Blackhole{}}), nil
}

package components

import (
	"testing"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

// regions are three regions with their providers, as the stack would make them.
func regions(ctx *pulumi.Context) ([3]Region, error) {
	var out [3]Region
	for i, name := range []string{"us-east-1", "us-east-2", "us-west-2"} {
		provider, err := aws.NewProvider(ctx, name, &aws.ProviderArgs{Region: pulumi.String(name)})
		if err != nil {
			return out, err
		}
		out[i] = Region{Name: name, Provider: provider, Account: graph.Account, Partition: "aws"}
	}
	return out, nil
}

// eachWay runs a program with known values and as a preview of a new stack.
func eachWay(
	t *testing.T, program func(ctx *pulumi.Context, r [3]Region) error, test func(t *testing.T, g *graph.Graph),
) {
	t.Helper()
	for name, preview := range map[string]bool{"up": false, "preview": true} {
		t.Run(name, func(t *testing.T) {
			g, err := graph.Run(func(ctx *pulumi.Context) error {
				r, err := regions(ctx)
				if err != nil {
					return err
				}
				return program(ctx, r)
			}, graph.Options{Preview: preview})
			require.NoError(t, err)
			test(t, g)
		})
	}
}

// refused runs a program that must fail before it registers anything, and returns its error.
func refused(t *testing.T, program func(ctx *pulumi.Context) error) error {
	t.Helper()
	g, err := graph.Run(program, graph.Options{})
	require.Error(t, err)
	assert.Empty(t, g.Resources, "nothing is registered when the arguments are wrong")
	return err
}

// settings are the monitors' defaults.
func settings(change ...func(*MonitorSettings)) MonitorSettings {
	s := MonitorSettings{
		Schedule:            time.Minute,
		ProbeInterval:       15 * time.Second,
		FailuresToOpen:      2,
		SuccessesToClose:    3,
		Reminder:            15 * time.Minute,
		MinimumOutage:       5 * time.Second,
		MemoryMB:            128,
		LogRetentionDays:    30,
		ReservedConcurrency: 10,
		Tracing:             true,
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

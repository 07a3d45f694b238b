package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/stacks"
	"aurora-dsql-dr/stacks/config"
)

// namespace is what the keys of the configuration begin with: the project's name.
const namespace = "aurora-dsql-dr:"

// stack is what is known of a stack before AWS is asked about it.
type stack struct {
	name   string
	config *config.Config
	// secret tells that recipients are encrypted, so that AWS alone knows them.
	secret bool
	// planned is what the program makes of the configuration, unless it refuses it.
	planned *graph.Graph
	refusal error
	// deployed is what the stack's outputs say, unless there are none.
	deployed *stacks.Outputs
	state    pulumi.State
	absence  error
	// account and caller are who asks, unless nobody knows.
	account, caller string
	stranger        error
	// skew is how far the clock was off when AWS said so.
	skew time.Duration
	// deployer is whose permissions are simulated: the caller's, unless another is named.
	deployer string

	aws     aws.Config
	reading sync.Mutex
	// alarmed has what was read of the alarms of a region: several checks ask for it.
	alarmed map[string]func() (alarms, error)
	// remembered is what the observers know, or forgotten why nobody does: two checks ask for it.
	recalling  sync.Once
	remembered memory
	forgotten  error
}

// open reads the configuration of a stack, what is deployed of it, and who asks. A configuration that cannot be read is
// an error; everything else is for the findings to tell.
func open(ctx context.Context, name string) (*stack, error) {
	texts, err := graph.StackConfig(pulumi.Dir(), name)
	if err != nil {
		return nil, err
	}
	s := &stack{name: name, secret: hideRecipients(texts), alarmed: map[string]func() (alarms, error){}}
	s.config, s.refusal = config.Load(valuesOf(texts, s.secret))
	if slices.Contains(s.regions(), "") {
		return nil, s.refusal
	}
	if s.refusal == nil {
		files := slices.Concat(components.FunctionFiles(components.ArchitectureARM),
			components.FunctionFiles(components.ArchitectureX86))
		s.planned, s.refusal = graph.Pretend(stacks.Run, graph.Options{Stack: name, Config: texts}, files)
	}
	s.absence = s.readDeployed(ctx)
	s.stranger = s.identify(ctx)
	return s, nil
}

// hideRecipients takes encrypted recipients out of a configuration: this command needs no passphrase.
func hideRecipients(texts map[string]string) bool {
	const key = namespace + "alerts"
	if !strings.Contains(texts[key], `"secure":`) {
		return false
	}
	texts[key] = "[]"
	return true
}

// valuesOf is the configuration as the program reads it.
func valuesOf(texts map[string]string, secret bool) config.Values {
	values := config.Values{Texts: map[string]string{}, Secrets: map[string]bool{"alerts": secret}}
	for key, value := range texts {
		if name, ours := strings.CutPrefix(key, namespace); ours {
			values.Texts[name] = value
		}
	}
	return values
}

func (s *stack) readDeployed(ctx context.Context) error {
	values, err := pulumi.Outputs(ctx, s.name)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return fmt.Errorf("the stack %s has no outputs: it is not deployed", s.name)
	}
	outputs, err := stacks.OutputsOf(values)
	if err != nil {
		return fmt.Errorf("the stack %s is deployed by another version, or half: %w", s.name, err)
	}
	if s.state, _, err = pulumi.Export(ctx, s.name); err != nil {
		return err
	}
	s.deployed = &outputs
	return nil
}

// identify asks who the caller is, in the next region if one does not answer.
func (s *stack) identify(ctx context.Context) (err error) {
	if s.aws, err = awsconfig.LoadDefaultConfig(ctx); err != nil {
		return err
	}
	for _, region := range s.regions() {
		var out *sts.GetCallerIdentityOutput
		client := sts.NewFromConfig(s.in(region))
		if out, err = client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err == nil {
			s.account, s.caller, s.skew = aws.ToString(out.Account), aws.ToString(out.Arn), skewOf(out)
			return nil
		}
	}
	return err
}

// in is how a region is asked.
func (s *stack) in(region string) aws.Config {
	there := s.aws.Copy()
	there.Region = region
	return there
}

// regions are all three, the data regions first; data are those two.
func (s *stack) regions() []string { return s.config.Regions.All() }
func (s *stack) data() []string    { return s.regions()[:2] }

// made are the stack's resources of a type in a region. Rules of other event buses than the default one are no limit's.
func (s *stack) made(kind, region string) []pulumi.Resource {
	var found []pulumi.Resource
	for _, r := range s.state.Deployment.Resources {
		bus := cmp.Or(r.Output("eventBusName"), defaultBus)
		if r.Type == kind && !r.Delete && bus == defaultBus && strings.Contains(r.Output("arn"), ":"+region+":") {
			found = append(found, r)
		}
	}
	return found
}

const defaultBus = "default"

// lacking is how many resources of a type a deployment would add in a region.
func (s *stack) lacking(kind, region string) int {
	planned := 0
	for _, r := range s.planned.Of(kind) {
		if _, other := r.Inputs["eventBusName"]; r.Region == region && !other {
			planned++
		}
	}
	return max(0, planned-len(s.made(kind, region)))
}

// isPlanned and the others tell what the stack has, for checks that concern only that.
func isPlanned(s *stack) bool      { return s.planned != nil }
func hasApplication(s *stack) bool { return s.config.Application.Enabled }
func hasTraffic(s *stack) bool     { return s.config.Traffic != nil }
func hasBackups(s *stack) bool     { return s.config.Backups != nil }

func all(conditions ...func(*stack) bool) func(*stack) bool {
	return func(s *stack) bool {
		return !slices.ContainsFunc(conditions, func(holds func(*stack) bool) bool { return !holds(s) })
	}
}

// sorted are the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

package stack

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	"aurora-dsql-dr/stacks"
)

// recipients is a stack of one topic whose recipients change.
type recipients struct {
	*sandbox.Sandbox
	t     *testing.T
	stack *engine.Engine
	// names are who is subscribed by the next deployment, and byIndex says that it is by the program of before, which
	// named subscriptions by their place in the list.
	names   []string
	byIndex bool
}

func newRecipients(t *testing.T) *recipients {
	t.Parallel()
	r := &recipients{Sandbox: newSandbox(t, sandbox.Options{}), t: t}
	var err error
	r.stack, err = r.Stack(t.Context(), Name, r.program, Config())
	require.NoError(t, err)
	return r
}

func (r *recipients) program(ctx *pulumi.Context) error {
	region, err := primaryRegion(ctx, r.Sandbox)
	if err != nil {
		return err
	}
	args := &components.AlertTopicArgs{Region: region}
	if !r.byIndex {
		for _, name := range r.names {
			args.Subscriptions = append(args.Subscriptions, components.Subscription{Protocol: "email", Endpoint: address(name)})
		}
	}
	topic, err := components.NewAlertTopic(ctx, "primary-alerts", args)
	if err != nil || !r.byIndex {
		return err
	}
	for i, name := range r.names {
		resource := fmt.Sprintf("primary-alerts-subscription-%d", i)
		if _, err := sns.NewTopicSubscription(ctx, resource, &sns.TopicSubscriptionArgs{
			Topic:    topic.ARN,
			Protocol: pulumi.String("email"),
			Endpoint: pulumi.String(address(name)),
		}, pulumi.Parent(topic), pulumi.Provider(region.Provider)); err != nil {
			return err
		}
	}
	return nil
}

func address(name string) string { return name + "@example.com" }

// deploy subscribes exactly these.
func (r *recipients) deploy(names ...string) engine.Result {
	r.t.Helper()
	r.names = names
	result, err := r.stack.Up(r.t.Context(), engine.Run{})
	require.NoError(r.t, err)
	return result
}

// told are the recipients that a message to the topic reaches, sorted.
func (r *recipients) told() []string {
	r.t.Helper()
	service := r.Account.Region("us-east-1").SNS
	require.Len(r.t, service.Topics(), 1)
	told := []string{}
	for _, s := range service.Subscriptions(service.Topics()[0].Arn) {
		told = append(told, s.Endpoint)
	}
	slices.Sort(told)
	return told
}

func addresses(names ...string) []string {
	all := []string{}
	for _, name := range names {
		all = append(all, address(name))
	}
	slices.Sort(all)
	return all
}

func TestWhoeverIsInTheListIsSubscribedHoweverItChanges(t *testing.T) {
	r := newRecipients(t)
	for _, step := range []struct {
		intent  string
		names   []string
		changed int
	}{
		{"three at first", []string{"a", "b", "c"}, 3},
		{"the first is removed", []string{"b", "c"}, 1},
		{"one is put before the others", []string{"d", "b", "c"}, 1},
		{"one is put between the others", []string{"d", "b", "e", "c"}, 1},
		{"the order is another", []string{"c", "e", "d", "b"}, 0},
		{"one in the middle is removed and another is put last", []string{"c", "d", "b", "f"}, 2},
		{"all are others", []string{"g", "h"}, 6},
		{"nobody", nil, 2},
	} {
		changes := subscriptionsChanged(r.deploy(step.names...))
		assert.Equal(t, addresses(step.names...), r.told(), step.intent)
		assert.Len(t, changes, step.changed, step.intent)
	}
}

// subscriptionsChanged are those created, replaced or deleted.
func subscriptionsChanged(result engine.Result) []string {
	return slices.DeleteFunc(changed(result), func(change string) bool {
		var op, typ, name string
		_, _ = fmt.Sscan(change, &op, &typ, &name)
		return typ != "TopicSubscription"
	})
}

func TestAStackOfBeforeKeepsItsRecipientsWhileTheListStays(t *testing.T) {
	r := newRecipients(t)
	r.byIndex = true
	r.deploy("a", "b", "c")
	r.byIndex = false
	assert.Empty(t, subscriptionsChanged(r.deploy("a", "b", "c")), "they have other names and are the same")
	assert.Equal(t, addresses("a", "b", "c"), r.told())
	r.deploy("b", "c")
	assert.Equal(t, addresses("b", "c"), r.told(), "from now on the list may change")
}

func TestAStackOfBeforeLosesSubscriptionsByAChangedListAndIsToldSo(t *testing.T) {
	r := newRecipients(t)
	r.byIndex = true
	r.deploy("a", "b", "c")
	state, err := r.stack.Export(t.Context())
	require.NoError(t, err)
	list := func(names ...string) string {
		var alerts []map[string]string
		for _, name := range names {
			alerts = append(alerts, map[string]string{"protocol": "email", "endpoint": address(name)})
		}
		body, err := json.Marshal(alerts)
		require.NoError(t, err)
		return string(body)
	}
	require.NoError(t, stacks.CheckRecipients(state, list("a", "b", "c")))
	err = stacks.CheckRecipients(state, list("b", "c"))
	for place := range 3 {
		require.ErrorContains(
			t,
			err,
			fmt.Sprintf("primary-alerts-subscription-%d is not alerts[%d] of the configuration", place, place),
		)
	}

	r.byIndex = false
	r.deploy("b", "c") // as `pulumi up` does, which asks nobody
	assert.NotEqual(t, addresses("b", "c"), r.told(), "the trap: without it the question would be idle")
	state, err = r.stack.Export(t.Context())
	require.NoError(t, err)
	assert.NoError(t, stacks.CheckRecipients(state, list("c", "d")), "the names of now are no places")
}

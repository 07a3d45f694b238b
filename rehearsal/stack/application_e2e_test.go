//go:build e2e

package stack

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/sandbox"
	"aurora-dsql-dr/sandbox/engine"
	sandboxlambda "aurora-dsql-dr/sandbox/lambda"
)

const (
	here  = "us-east-1"
	there = "us-east-2"
)

// applicationSettings and eventRoutes are accepted only while the application is enabled.
var (
	applicationSettings = map[string]any{"takeoverAge": "10s"}
	eventRoutes         = []any{
		map[string]any{"name": RouteOfAll, "types": []any{contract.EventTransactionCreated}, "target": "queue"},
		map[string]any{"name": "large", "minimumAmount": 1000, "target": "topic"},
	}
)

// application is the deployed application with its outputs by region.
type application struct {
	*sandbox.Sandbox
	t                      *testing.T
	urls, functions, buses map[string]string
}

func TestTheApplicationInTwoRegions(t *testing.T) {
	config := WithApplication(Config())
	config["aurora-dsql-dr:applicationSettings"] = applicationSettings
	config["aurora-dsql-dr:eventRoutes"] = eventRoutes
	s := newSandbox(t, sandbox.Options{Speed: 2})
	stack, err := Prepare(t.Context(), s, config)
	require.NoError(t, err)
	l := life{s, t, stack}
	outputs := l.outputs(l.up())
	a := application{s, t, outputs.TransactionAPIURLs, outputs.TransactionFunctionNames, outputs.EventBusNames}

	a.onlySignedRequestsPass()
	a.whatIsWrittenHereIsReadThere()
	a.theRecipeRuns()
	a.aLostRegionLosesNoEvent()
	l.theKeyOfStoredFieldsIsNotRemoved()
	l.theApplicationGoesAndComesBack()

	assert.Empty(t, changed(l.up()), "nothing has changed")
	_, err = l.stack.Destroy(t.Context(), engine.Run{})
	require.NoError(t, err)
	assert.Empty(t, l.Leftovers())
}

// theKeyOfStoredFieldsIsNotRemoved tries to switch the application off, which would leave its tables without the key.
func (l life) theKeyOfStoredFieldsIsNotRemoved() {
	l.t.Helper()
	l.set("deletionProtection", true)
	l.up()
	l.switchOff()
	_, err := l.stack.Preview(l.t.Context(), engine.Run{}) // with which `pulumi up` begins
	require.ErrorContains(l.t, err, "field-key")
	assert.ErrorContains(l.t, err, "protect")
	l.switchOn(applicationSettings)
	l.set("deletionProtection", false)
	l.up()
}

func (l life) switchOff() {
	l.t.Helper()
	l.set("application", "disabled")
	l.set("applicationSettings", map[string]any{})
	l.set("eventRoutes", []any{})
}

func (l life) switchOn(settings map[string]any) {
	l.t.Helper()
	l.set("application", "enabled")
	l.set("applicationSettings", settings)
	l.set("eventRoutes", eventRoutes)
}

// theApplicationGoesAndComesBack switches the application off, which takes the key of stored fields with it, and on again: the
// deployment says that their keyset cannot be opened, until somebody decides for a fresh one.
func (l life) theApplicationGoesAndComesBack() {
	l.t.Helper()
	l.switchOff()
	l.up()
	l.switchOn(applicationSettings)
	_, err := l.stack.Up(l.t.Context(), engine.Run{})
	require.ErrorContains(l.t, err, "version 1 of the keyset cannot be used")

	fresh := maps.Clone(applicationSettings)
	fresh["keysetVersion"], fresh["freshKeyset"] = 2, 2
	l.switchOn(fresh)
	outputs := l.outputs(l.up())
	a := application{
		Sandbox:   l.Sandbox,
		t:         l.t,
		urls:      outputs.TransactionAPIURLs,
		functions: outputs.TransactionFunctionNames,
		buses:     outputs.EventBusNames,
	}
	a.write(here, "again-1", "3.00")
	status, page := a.call(there, http.MethodGet, "/transactions", nil)
	require.Equal(l.t, http.StatusOK, status, page)
	assert.ElementsMatch(l.t, []string{"again-1", "test-001"}, ids(page["transactions"]), "new ones, and those without encrypted fields")
	assert.ElementsMatch(l.t, []string{"large-1", "orphan-1"}, ids(page["unreadable"]))
}

func ids(list any) (ids []string) {
	for _, item := range list.([]any) {
		ids = append(ids, item.(map[string]any)["transaction_id"].(string))
	}
	return ids
}

// call sends a request to a region's API, signed by the administrator.
func (a application) call(region, method, path string, body any) (status int, answer map[string]any) {
	a.t.Helper()
	status, text, err := sandbox.Caller{
		Region:      region,
		HTTP:        http.DefaultClient,
		Credentials: a.Account.IAM.Admin(),
	}.Call(a.t.Context(), method, a.urls[region]+path, body)
	require.NoError(a.t, err)
	require.NoError(a.t, json.Unmarshal(text, &answer), "%s", text)
	return status, answer
}

func (a application) do(r *http.Request) (status int, answer map[string]any) {
	a.t.Helper()
	response, err := http.DefaultClient.Do(r)
	require.NoError(a.t, err)
	defer func() { assert.NoError(a.t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	require.NoError(a.t, json.Unmarshal(text, &answer), "%s", text)
	return response.StatusCode, answer
}

func (a application) write(region, id, amount string) {
	a.t.Helper()
	status, answer := a.call(region, http.MethodPost, "/transactions", map[string]string{
		"transaction_id": id,
		"amount":         amount,
		"details":        "for " + id,
	})
	require.Equal(a.t, http.StatusCreated, status, answer)
}

// delivered waits for the event of a transaction in the queue of route "all" in a region, doing something meanwhile.
func (a application) delivered(region, id string, meanwhile func()) contract.TransactionCreated {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), time.Minute)
	defer cancel()
	queues := a.Account.Region(region).SQS
	for ; ; meanwhile() {
		for _, q := range queues.Queues() {
			if !strings.Contains(q.Name, "routes-all-queue") {
				continue
			}
			messages, err := queues.Receive(ctx, q.Arn, 10, -1, time.Second)
			require.NoError(a.t, err, "the event of %s has not arrived in %s", id, region)
			for _, m := range messages {
				require.NoError(a.t, queues.Delete(q.Arn, m.ReceiptHandle))
				var e struct{ Detail contract.TransactionCreated }
				require.NoError(a.t, json.Unmarshal([]byte(m.Body), &e))
				if e.Detail.TransactionID == id {
					return e.Detail
				}
			}
		}
	}
}

func (a application) onlySignedRequestsPass() {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.urls[here]+"/healthz", nil)
	require.NoError(a.t, err)
	status, answer := a.do(r)
	assert.Equal(a.t, http.StatusForbidden, status)
	assert.Equal(a.t, map[string]any{"message": "Forbidden"}, answer)
	status, answer = a.call(here, http.MethodDelete, "/transactions", nil)
	assert.Equal(a.t, http.StatusNotFound, status)
	assert.Equal(a.t, map[string]any{"message": "Not Found"}, answer)
	status, _ = a.call(here, http.MethodGet, "/healthz", nil)
	assert.Equal(a.t, http.StatusOK, status)
}

func (a application) whatIsWrittenHereIsReadThere() {
	a.t.Helper()
	a.write(here, "large-1", "1500.50")
	status, answer := a.call(there, http.MethodGet, "/transactions/large-1", nil)
	require.Equal(a.t, http.StatusOK, status, answer)
	assert.Equal(a.t, "1500.50", answer["amount"])
	assert.Equal(a.t, "for large-1", answer["details"], "encrypted with the other replica of the key")
	assert.Equal(a.t, here, answer["region"])

	for _, region := range []string{here, there} {
		e := a.delivered(region, "large-1", func() {})
		assert.Equal(a.t, here, e.Region)
		assert.Equal(a.t, here, e.PublishedIn)
	}
	a.summed(there, here, "1500.50")
	var told []string
	for _, m := range a.Account.Inbox.Messages() {
		if strings.Contains(m.Body, "large-1") {
			told = append(told, m.Region)
		}
	}
	assert.Equal(a.t, []string{here}, told, "people are told once, where the event was published")
}

// summed waits until the projection, asked in one region, has this total of another.
func (a application) summed(asked, region, want string) {
	a.t.Helper()
	assert.Eventually(a.t, func() bool {
		_, answer := a.call(asked, http.MethodGet, "/totals", nil)
		text, err := json.Marshal(answer["totals"])
		return err == nil && strings.Contains(string(text), `"region":"`+region+`"`) && strings.Contains(string(text), want)
	}, time.Minute, 100*time.Millisecond)
}

// theRecipeRuns is the public recipe's validation: write in the primary, read in the secondary, look at rules and
// targets.
func (a application) theRecipeRuns() {
	a.t.Helper()
	written := a.invoke(here, a.functions[here], `{"operation":"write","transaction_id":"test-001","amount":100.50}`)
	assert.Equal(a.t, "test-001", written["transaction_id"])
	assert.Equal(a.t, here, written["region"])
	read := a.invoke(there, a.functions[there], `{"operation":"read"}`)
	assert.EqualValues(a.t, 2, read["transaction_count"])
	assert.Equal(a.t, there, read["region"])

	client := eventbridge.New(eventbridge.Options{Region: here, BaseEndpoint: &a.Endpoint, Credentials: a.Admin()})
	bus := a.buses[here]
	rules, err := client.ListRules(a.t.Context(), &eventbridge.ListRulesInput{EventBusName: &bus})
	require.NoError(a.t, err)
	var arns []string
	for _, rule := range rules.Rules {
		targets, err := client.ListTargetsByRule(a.t.Context(), &eventbridge.ListTargetsByRuleInput{
			EventBusName: &bus,
			Rule:         rule.Name,
		})
		require.NoError(a.t, err)
		require.Len(a.t, targets.Targets, 1)
		arns = append(arns, *targets.Targets[0].Arn)
	}
	require.Len(a.t, arns, 4, "forward, processor and two routes")
	assert.Contains(a.t, strings.Join(arns, " "), "arn:aws:events:"+there+":123456789012:event-bus/"+a.buses[there])
}

// invoke runs a function through the Lambda API and returns the body of its answer.
func (a application) invoke(region, function, payload string) (body map[string]any) {
	a.t.Helper()
	client := lambda.New(lambda.Options{Region: region, BaseEndpoint: &a.Endpoint, Credentials: a.Admin()})
	out, err := client.Invoke(a.t.Context(), &lambda.InvokeInput{FunctionName: &function, Payload: []byte(payload)})
	require.NoError(a.t, err)
	require.Nil(a.t, out.FunctionError, "%s", out.Payload)
	var answer struct {
		StatusCode int
		Body       string
	}
	require.NoError(a.t, json.Unmarshal(out.Payload, &answer))
	require.Equal(a.t, http.StatusOK, answer.StatusCode, answer.Body)
	require.NoError(a.t, json.Unmarshal([]byte(answer.Body), &body))
	return body
}

// publish runs a region's publisher as its schedule does, which would take up to a minute.
func (a application) publish(region string) {
	a.t.Helper()
	functions := a.Account.Region(region).Lambda.Functions()
	i := slices.IndexFunc(
		functions,
		func(f sandboxlambda.Function) bool { return strings.Contains(f.Name, "-publisher-") },
	)
	require.GreaterOrEqual(a.t, i, 0)
	result, err := a.Account.Region(region).Lambda.Invoke(
		a.t.Context(),
		a.Account.IAM.Admin().Principal,
		functions[i].Name,
		[]byte("{}"),
		nil,
	)
	require.NoError(a.t, err)
	require.Empty(a.t, result.FunctionError, "%s", result.Payload)
}

// aLostRegionLosesNoEvent loses a region between a commit and its event.
func (a application) aLostRegionLosesNoEvent() {
	a.t.Helper()
	env := a.Account.Region(here).Env
	env.SetBroken("events", true)
	a.write(here, "orphan-1", "7.00")
	env.SetDown(true)
	impatient, cancel := context.WithTimeout(a.t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _, err := sandbox.Caller{
		Region:      here,
		HTTP:        http.DefaultClient,
		Credentials: a.Account.IAM.Admin(),
	}.Call(impatient, http.MethodGet, a.urls[here]+"/healthz", nil)
	require.ErrorIs(a.t, err, context.DeadlineExceeded, "a lost region does not answer")

	e := a.delivered(there, "orphan-1", func() { a.publish(there) })
	assert.Equal(a.t, here, e.Region)
	assert.Equal(a.t, there, e.PublishedIn, "the other region's publisher took it over")
	a.summed(there, here, "1608.00")

	env.SetBroken("events", false)
	env.SetDown(false)
	e = a.delivered(here, "orphan-1", func() {})
	assert.Equal(a.t, there, e.PublishedIn, "forwarded when the region was back")
	for _, region := range []string{here, there} {
		assert.Empty(a.t, a.Account.Region(region).Events.Losses())
	}
}

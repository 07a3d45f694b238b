package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/reason"
	"aurora-dsql-dr/lambda/contract"
)

// account is what the command meets: a pulumi with the outputs of a stack, and a Lambda that answers by function.
type account struct {
	answers map[string]answer
	asked   []string
	events  []contract.CheckEvent
}

// answer is a function's. Without a payload Lambda itself fails.
type answer struct {
	payload string
	failed  bool
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Split(r.URL.Path, "/")[3] // /2015-03-31/functions/<name>/invocations
	a.asked = append(a.asked, name)
	var event contract.CheckEvent
	if body, err := io.ReadAll(r.Body); err == nil && json.Unmarshal(body, &event) == nil {
		a.events = append(a.events, event)
	}
	given := a.answers[name]
	switch {
	case given.payload == "":
		w.WriteHeader(http.StatusForbidden)
		return
	case given.failed:
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	_, _ = io.WriteString(w, given.payload)
}

// deployed is an account with a stack of those regional domains.
func deployed(t *testing.T, domains string, answers map[string]answer) *account {
	t.Helper()
	a := &account{answers: answers}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	outputs := `{"regions":{"primary":"us-east-1","secondary":"us-east-2","witness":"us-west-2"},
		"clusterIdentifiers":{},"clusterArns":{},"clusterEndpoints":{},"alertTopicArns":{},"alarmNames":{},"dashboardUrl":{},
		"monitorFunctionNames":{"us-east-1":"one","us-east-2":"two","us-west-2":"witness"}` + domains + `}`
	path := t.TempDir()
	script := "#!/bin/sh\ncat <<'EOF'\n" + outputs + "\nEOF\n"
	require.NoError(t, os.WriteFile(filepath.Join(path, "pulumi"), []byte(script), 0o700))
	t.Setenv("PATH", path+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return a
}

const routed = `,"trafficRegionalDomains":{"us-east-1":"us-east-1.pay.example.com","us-east-2":"us-east-2.pay.example.com"}`

func withdrawn(t *testing.T, untold string) answer {
	t.Helper()
	body, err := json.Marshal(contract.HealthReport{Withdrawal: &contract.Withdrawal{
		Region: "us-east-1",
		Until:  time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC),
		Untold: untold,
	}})
	require.NoError(t, err)
	return answer{payload: string(body)}
}

var away = []string{"withdraw", "-stack", "prod", "-region", "us-east-1", "-for", "2h", "-reason", "a test", "-by", "me"}

func TestARegionIsWithdrawnByAnyObserverThatCanBeAsked(t *testing.T) {
	a := deployed(t, routed, map[string]answer{"witness": withdrawn(t, "no topic took it")})
	var out strings.Builder
	before := time.Now()
	require.NoError(t, run(t.Context(), away, &out))
	assert.Equal(t, []string{"two", "witness"}, a.asked, "the observer in the region itself comes last")
	asked := a.events[1].Withdraw
	require.NotNil(t, asked)
	assert.Equal(t, []string{"us-east-1", "a test", "me"}, []string{asked.Region, asked.Reason, asked.By})
	assert.WithinDuration(t, before.Add(2*time.Hour), asked.Until, time.Minute)
	for _, said := range []string{"us-east-1 is withdrawn until 2026-01-01 12:00:00 UTC",
		"make return STACK=prod REGION=us-east-1", "NOBODY COULD BE TOLD: no topic took it"} {
		assert.Contains(t, out.String(), said)
	}
}

func TestARegionIsReturned(t *testing.T) {
	a := deployed(t, routed, map[string]answer{"two": withdrawn(t, "")})
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"return", "-stack", "prod", "-region", "us-east-1", "-by", "me"}, &out))
	assert.Equal(t, []contract.CheckEvent{{Return: &contract.Return{Region: "us-east-1", By: "me"}}}, a.events)
	assert.Contains(t, out.String(), "us-east-1 is returned to traffic")
	assert.NotContains(t, out.String(), "NOBODY")
}

func TestARefusalIsNotTakenToTheNextObserver(t *testing.T) {
	a := deployed(t, routed, map[string]answer{
		"two": {payload: `{"region":"us-east-2","refused":"us-east-1 is the last fit region"}`},
	})
	err := run(t.Context(), away, io.Discard)
	assert.EqualError(t, err, "us-east-1 is the last fit region")
	assert.Equal(t, []string{"two"}, a.asked)
}

func TestWhatNoObserverCouldDoNamesThemAll(t *testing.T) {
	deployed(t, routed, map[string]answer{
		"two":     {payload: `{"errorType":"wrapError","errorMessage":"no endpoint answers"}`, failed: true},
		"witness": {payload: `{"region":"us-west-2","probes":4}`},
	})
	err := run(t.Context(), away, io.Discard)
	for _, says := range []string{"no observer could be asked", "us-east-2: no endpoint answers",
		"us-west-2: it answered", "is it of an earlier version", "us-east-1: operation error Lambda: Invoke", "403"} {
		assert.ErrorContains(t, err, says)
	}
}

// Whoever may ask nobody is told so in one line.
func TestWhatIsTheSameForAllObserversIsToldOnce(t *testing.T) {
	deployed(t, routed, map[string]answer{})
	said := reason.Told(run(t.Context(), away, io.Discard))
	assert.True(t, strings.HasPrefix(said, "no observer could be asked, in us-east-2, us-west-2, us-east-1: Lambda Invoke says "),
		said)
	assert.NotContains(t, said, "\n")
}

func TestWhatIsAskedForIsCheckedBeforeAnybodyIsAsked(t *testing.T) {
	for _, tt := range []struct {
		intent  string
		args    []string
		domains string
		says    []string
	}{
		{"Neither of the two acts.", []string{"move"}, routed, []string{"usage: make withdraw STACK=<stack>"}},
		{"None at all.", nil, routed, []string{"usage: make withdraw STACK=<stack>"}},
		{"Everything at once.", []string{"withdraw", "-stack", "prod", "-region", "us-west-2", "-by", " "}, routed, []string{
			`REGION is "us-west-2": want us-east-1 or us-east-2`, `BY is " ": want`, `FOR is "": want how long`,
			`REASON is "": want why`,
		}},
		{"An end that is too far.", append(away, "-for", "25h"), routed, []string{`FOR is "25h": want`, "24h0m0s"}},
		{"One that is past.", append(away, "-for", "-1h"), routed, []string{`FOR is "-1h": want`}},
		{"A stack without traffic.", away, "", []string{"stack prod routes no traffic", "docs/traffic.md"}},
		{"A return has no end.", []string{"return", "-for", "2h"}, routed, []string{"flag provided but not defined"}},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			a := deployed(t, tt.domains, nil)
			err := run(t.Context(), tt.args, io.Discard)
			for _, says := range tt.says {
				assert.ErrorContains(t, err, says)
			}
			assert.Empty(t, a.asked)
		})
	}
}

func TestWhatIsWrongIsSaidAlsoWhereThereIsNoPulumi(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := run(t.Context(), []string{"withdraw", "-stack", "prod", "-region", "us-east-1"}, io.Discard)
	for _, says := range []string{`BY is "": want`, `FOR is "": want`, `REASON is "": want`, "pulumi is not on PATH"} {
		assert.ErrorContains(t, err, says)
	}
}

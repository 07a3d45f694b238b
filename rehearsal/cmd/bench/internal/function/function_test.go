package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain makes the test binary the function under test when it is started as one.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		lambda.Start(echo)
	}
	os.Exit(m.Run())
}

// echo answers with the event, and does what the event asks for.
func echo(event struct {
	StatusCode int    `json:"statusCode"`
	Fail       string `json:"fail,omitempty"`
	Exit       bool   `json:"exit,omitempty"`
}) (any, error) {
	if event.Exit {
		fmt.Println("last words")
		os.Exit(3)
	}
	if event.Fail != "" {
		return nil, errors.New(event.Fail)
	}
	return event, nil
}

func measure(t *testing.T, event func(context.Context) ([]byte, error)) (Cost, error) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	binary, err := os.Executable()
	require.NoError(t, err)
	return Measure(t.Context(), Subject{Bootstrap: binary, Event: event})
}

func text(event string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(event), nil }
}

func TestAFunctionIsStartedAndCalledAsOftenAsItSays(t *testing.T) {
	events := 0
	cost, err := measure(t, func(context.Context) ([]byte, error) {
		events++
		return json.Marshal(map[string]int{"statusCode": 200})
	})
	require.NoError(t, err)
	assert.Equal(t, Starts+1+Calls, events)
	assert.Positive(t, cost.FirstPoll)
	assert.Greater(t, cost.Cold, cost.FirstPoll)
	assert.Positive(t, cost.ColdCPU)
	assert.Positive(t, cost.Warm)
	assert.Less(t, cost.Warm, cost.Cold)
	assert.Greater(t, cost.Peak, int64(1<<20), "bytes, of a Go program")
}

func TestWhatIsNotTheWorkIsNotMeasured(t *testing.T) {
	for name, test := range map[string]struct {
		event func(context.Context) ([]byte, error)
		want  string
	}{
		"an error":              {text(`{"fail":"no database"}`), "the function failed: {\"errorMessage\":\"no database\""},
		"a refusal":             {text(`{"statusCode":503}`), `the function refused the event: {"statusCode":503}`},
		"an early end":          {text(`{"exit":true}`), "the process has ended: exit status 3\nlast words"},
		"an event that is lost": {func(context.Context) ([]byte, error) { return nil, errors.New("no event") }, "no event"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := measure(t, test.event)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestMedian(t *testing.T) {
	assert.EqualValues(t, 3, median([]time.Duration{9, 1, 3, 5, 2}))
}

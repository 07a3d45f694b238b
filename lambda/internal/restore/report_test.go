package restore

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
)

// machineMade is a state machine of another age.
type machineMade struct {
	*cloud
	at time.Time
}

func (m machineMade) DescribeStateMachine(
	context.Context, *sfn.DescribeStateMachineInput, ...func(*sfn.Options),
) (*sfn.DescribeStateMachineOutput, error) {
	return &sfn.DescribeStateMachineOutput{CreationDate: aws.Time(m.at)}, nil
}

// passed is a test that went well: the data was an hour old, and was back in ten minutes.
func passed() contract.RestoreTest {
	p := test()
	marker := epoch.Add(-time.Hour)
	p.Verification = &contract.Verification{NewestMarker: &marker, AnsweredAt: epoch.Add(10 * time.Minute)}
	p.Gone = true
	return p
}

func TestTheEvidenceIsOneObjectInTheLogAndAMessage(t *testing.T) {
	tester, c := world()
	after, err := tester.Run(t.Context(), event(contract.StepReport, passed()))
	require.NoError(t, err)
	assert.Equal(t, contract.RestoreTestPassed, after.Result)

	var line struct {
		Message  string            `json:"msg"`
		Evidence contract.Evidence `json:"evidence"`
	}
	require.NoError(t, json.Unmarshal(c.logged.Bytes(), &line), "one object")
	assert.Equal(t, contract.LogEvidence, line.Message)
	assert.Equal(t, after, line.Evidence.RestoreTest)
	assert.Equal(t, east, line.Evidence.Region)
	assert.InDelta(t, 3600, line.Evidence.DataAgeSeconds, 0)
	assert.InDelta(t, 600, line.Evidence.RestoreSeconds, 0)
	assert.True(t, line.Evidence.Deleted)
	require.Len(t, c.alerts, 1)
	assert.Equal(t, "DSQL RESTORE TEST passed in us-east-1: data 1h0m0s old, back in 10m0s", c.alerts[0].Subject)
}

func TestATestPassesOnlyIfEverythingDid(t *testing.T) {
	for intent, spoil := range map[string]func(*contract.RestoreTest){
		"a step failed":         func(p *contract.RestoreTest) { p.Failure = &contract.StepFailure{Error: "NoTwin"} },
		"nothing was verified":  func(p *contract.RestoreTest) { p.Verification = nil },
		"something was found":   func(p *contract.RestoreTest) { p.Verification.Findings = []string{"no marker"} },
		"something is not gone": func(p *contract.RestoreTest) { p.Gone = false },
	} {
		tester, c := world()
		spoiled := passed()
		spoil(&spoiled)
		after, err := tester.Run(t.Context(), event(contract.StepReport, spoiled))
		require.NoError(t, err)
		assert.Equal(t, contract.RestoreTestFailed, after.Result, intent)
		assert.Contains(t, c.alerts[0].Subject, "DSQL RESTORE TEST FAILED in us-east-1", intent)
	}
}

func TestEvidenceIsThereAlthoughNobodyCouldBeTold(t *testing.T) {
	tester, c := world()
	c.deaf = errors.New("no topic")
	_, err := tester.Run(t.Context(), event(contract.StepReport, passed()))
	assert.EqualError(t, err, "no topic", "so that the step is repeated")
	assert.Contains(t, c.logged.String(), contract.LogEvidence)
}

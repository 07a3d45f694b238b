package stepfunctions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/internal/must"
	"aurora-dsql-dr/sandbox/sqs"
	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// nothing is a machine that does nothing.
var nothing = states(`"Start":{"Type":"Succeed"}`)

func TestAMachineIsCreatedOnceAndUpdated(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		made := w.machine(nothing)
		assert.Equal(t, machineARN, made.Arn)
		assert.Equal(t, Active, made.Status)
		assert.Equal(t, "STANDARD", made.Type)
		assert.Equal(t, &Logging{Level: "OFF"}, made.Logging)
		assert.Empty(t, made.RevisionID)
		again, err := w.CreateMachine(Machine{Name: "test", Definition: nothing, RoleArn: roleARN, Tags: map[string]string{"a": "b"}})
		require.NoError(t, err, "tags and role do not count")
		assert.Equal(t, made, again)
		_, err = w.CreateMachine(Machine{Name: "test", Definition: nothing + " ", RoleArn: roleARN})
		require.EqualError(t, err, "StateMachineAlreadyExists: State Machine Already Exists: '"+machineARN+"'")

		waiting := states(`"Start":{"Type":"Wait","Seconds":60,"End":true}`)
		updated, err := w.UpdateMachine(Machine{Name: "test", Definition: waiting, RoleArn: roleARN})
		require.NoError(t, err)
		assert.NotEmpty(t, updated.RevisionID)
		same, err := w.UpdateMachine(Machine{Name: "test", Definition: waiting, RoleArn: roleARN})
		require.NoError(t, err)
		assert.Equal(t, updated, same, "no change is no revision")
		e, err := w.StartExecution(machineARN, "", "")
		require.NoError(t, err)
		_, err = w.UpdateMachine(Machine{Name: "test", Definition: nothing, RoleArn: roleARN})
		require.NoError(t, err)
		ended := w.end(e)
		assert.Equal(t, time.Minute, ended.Stop.Sub(ended.Start), "what runs goes on with the old definition")
		assert.Equal(t, []Machine{must.Have(w.Machine(machineARN))}, w.Machines())
	})
}

func TestADeletedMachineGoesWithItsExecutions(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.start(states(`"Start":{"Type":"Wait","Seconds":60,"Next":"End"},"End":{"Type":"Succeed"}`), "")
		synctest.Wait()
		w.DeleteMachine(machineARN)
		w.DeleteMachine(machineARN + "2")
		assert.Equal(t, Deleting, must.Have(w.Machine(machineARN)).Status)
		_, err := w.StartExecution(machineARN, "two", "")
		require.EqualError(t, err, "StateMachineDeleting: State Machine is Deleting: '"+machineARN+"'")
		_, err = w.CreateMachine(Machine{Name: "test", Definition: nothing, RoleArn: roleARN})
		require.ErrorContains(t, err, "StateMachineDeleting")
		_, err = w.UpdateMachine(Machine{Name: "test", Definition: nothing, RoleArn: roleARN})
		require.ErrorContains(t, err, "StateMachineDeleting")
		ended := w.end(e)
		assert.Equal(t, Aborted, ended.Status, "at its next transition")
		assert.Equal(t, time.Minute, ended.Stop.Sub(ended.Start))
		_, err = w.Machine(machineARN)
		require.EqualError(t, err, "StateMachineDoesNotExist: State Machine Does Not Exist: '"+machineARN+"'")

		w.machine(nothing)
		w.DeleteMachine(machineARN)
		_, err = w.Machine(machineARN)
		require.ErrorIs(t, err, awserr.ErrNotFound, "at once, if nothing runs")
		_, err = w.UpdateMachine(Machine{Name: "test", Definition: nothing, RoleArn: roleARN})
		require.ErrorIs(t, err, awserr.ErrNotFound)
	})
}

func TestAnExecutionsNameIsTakenFor90Days(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.start(states(`"Start":{"Type":"Wait","Seconds":60,"End":true}`), `{"a":1}`)
		same, err := w.StartExecution(machineARN, "one", `{"a":1}`)
		require.NoError(t, err, "it runs, and has this input")
		assert.Equal(t, e, same)
		taken := "ExecutionAlreadyExists: Execution Already Exists: '" + e.Arn + "'"
		_, err = w.StartExecution(machineARN, "one", `{"a":2}`)
		require.EqualError(t, err, taken)
		ended := w.end(e)
		_, err = w.StartExecution(machineARN, "one", `{"a":1}`)
		require.EqualError(t, err, taken)
		time.Sleep(ended.Stop.Add(kept - time.Second).Sub(w.env.Now()))
		_, err = w.StartExecution(machineARN, "one", `{"a":1}`)
		require.EqualError(t, err, taken)
		time.Sleep(time.Second)
		_, err = w.Execution(e.Arn)
		require.EqualError(t, err, "ExecutionDoesNotExist: Execution Does Not Exist: '"+e.Arn+"'")
		fresh, err := w.StartExecution(machineARN, "one", `{"a":1}`)
		require.NoError(t, err)
		assert.Equal(t, e.Arn, fresh.Arn)
		assert.True(t, fresh.Start.After(ended.Stop))
	})
}

func TestExecutionsAreListedTheNewestFirst(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.machine(states(`"Start":{"Type":"Wait","SecondsPath":"$","End":true}`))
		for _, start := range []struct{ name, input string }{{"a", "10"}, {"b", "600"}, {"c", "1"}} {
			_, err := w.StartExecution(machineARN, start.name, start.input)
			require.NoError(t, err)
			time.Sleep(5 * time.Second)
		}
		names := func(status string) string {
			var all []string
			for _, e := range must.Have(w.Executions(machineARN, status)) {
				all = append(all, e.Name)
			}
			return strings.Join(all, "")
		}
		assert.Equal(t, "cba", names(""))
		assert.Equal(t, "b", names(Running))
		assert.Equal(t, "ca", names(Succeeded))
		assert.Empty(t, names(Failed))
		_, err := w.Executions(machineARN+"2", "")
		require.ErrorIs(t, err, awserr.ErrNotFound)
	})
}

func TestStatusChangesReachTheBusAndCloudWatch(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		queue, err := w.sqs.CreateQueue(sqs.Queue{Name: "q", Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow",
			"Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}}`})
		require.NoError(t, err)
		_, err = w.deps.Events.PutRule(events.Rule{Name: "r", EventPattern: `{"source":["aws.states"],
			"detail-type":["Step Functions Execution Status Change"],"detail":{"stateMachineArn":["` + machineARN + `"]}}`})
		require.NoError(t, err)
		_, err = w.deps.Events.PutTarget(events.Target{Rule: "r", TargetID: "t", Arn: queue.Arn})
		require.NoError(t, err)
		heard := func() (event struct {
			Time      time.Time
			Resources []string
			Detail    map[string]any
		}) {
			t.Helper()
			messages := must.Have(w.sqs.Receive(t.Context(), queue.URL, 1, time.Hour, time.Second))
			require.Len(t, messages, 1)
			value, err := asl.Decode([]byte(messages[0].Body))
			require.NoError(t, err)
			fields := value.(map[string]any)
			event.Time = must.Have(time.Parse(time.RFC3339, fields["time"].(string)))
			event.Resources = []string{fields["resources"].([]any)[0].(string)}
			event.Detail = fields["detail"].(map[string]any)
			return event
		}
		e := w.start(states(`"Start":{"Type":"Wait","Seconds":90,"Next":"No"},"No":{"Type":"Fail","Error":"E","Cause":"C"}`), "[1]")
		started := heard()
		assert.Equal(t, []string{e.Arn}, started.Resources)
		assert.JSONEq(t, asl.Encode(map[string]any{
			"executionArn": e.Arn, "stateMachineArn": machineARN, "stateMachineVersionArn": nil, "stateMachineAliasArn": nil,
			"name": "one", "status": "RUNNING", "startDate": e.Start.UnixMilli(), "stopDate": nil, "input": "[1]",
			"inputDetails": map[string]any{"included": true}, "output": nil, "outputDetails": nil, "error": nil, "cause": nil,
		}), asl.Encode(started.Detail))
		w.end(e)
		failed := heard()
		assert.Equal(t, "FAILED", failed.Detail["status"])
		assert.Equal(t, "E", failed.Detail["error"])
		assert.Equal(t, "C", failed.Detail["cause"])
		assert.Equal(t, e.Start.Add(90*time.Second).Truncate(time.Second).UTC(), failed.Time)

		two := must.Have(w.StartExecution(machineARN, "two", `"`+strings.Repeat("x", maxEscaped)+`"`))
		assert.Nil(t, heard().Detail["input"], "it would be too long")
		must.Have(w.StopExecution(two.Arn, "", ""))
		assert.Equal(t, "ABORTED", heard().Detail["status"])
		synctest.Wait()
		for metric, want := range map[string]float64{
			"ExecutionsStarted": 2, "ExecutionsFailed": 1, "ExecutionsAborted": 1, "ExecutionTime": 90_000,
			"ExecutionsSucceeded": 0, "ExecutionsTimedOut": 0,
		} {
			sum := 0.0
			for _, p := range must.Have(w.deps.CloudWatch.GetMetricStatistics(cloudwatch.Metric{
				Namespace:  "AWS/States",
				Name:       metric,
				Dimensions: map[string]string{"StateMachineArn": machineARN},
			}, e.Start.Add(-time.Hour), w.env.Now().Add(time.Hour), time.Hour, "")) {
				sum += p.Sum
			}
			assert.InDelta(t, want, sum, 0, metric)
		}
	})
}

func TestStepFunctionsRefuseWhatAWSRefuses(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.machine(nothing)
		long := strings.Repeat("x", 81)
		create := func(change func(*Machine)) error {
			m := Machine{Name: "other", Definition: nothing, RoleArn: roleARN}
			change(&m)
			_, err := w.CreateMachine(m)
			return err
		}
		start := func(name, input string) error {
			_, err := w.StartExecution(machineARN, name, input)
			return err
		}
		for want, err := range map[string]error{
			"InvalidName: Invalid Name: 'a b'":                                          create(func(m *Machine) { m.Name = "a b" }),
			"InvalidName: Invalid Name: 'a:b'":                                          start("a:b", ""),
			"Member must have length less than or equal to 80":                          start(long, ""),
			"Value '' at 'name' failed":                                                 create(func(m *Machine) { m.Name = "" }),
			"at 'length of definition' failed to satisfy constraint":                    create(func(m *Machine) { m.Definition = strings.Repeat(" ", 1<<20+1) }),
			`ValidationException: type is "EXPRESS": the sandbox models STANDARD`:       create(func(m *Machine) { m.Type = "EXPRESS" }),
			"ValidationException: publish is true: the sandbox does not model versions": create(func(m *Machine) { m.Publish = true }),
			`InvalidLoggingConfiguration: the log level is "ALL": the sandbox models OFF`: create(func(m *Machine) {
				m.Logging = &Logging{Level: "ALL"}
			}),
			"AccessDeniedException: Neither the global service principal states.amazonaws.com, nor the regional one is " +
				"authorized to assume the provided role.": create(func(m *Machine) { m.RoleArn = "arn:aws:iam::" + account + ":role/function" }),
			"InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: " +
				"[States, StartAt] at /'": create(func(m *Machine) { m.Definition = "{}" }),
			"'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/Start/Next, MISSING_END_STATE: No state ends": create(
				func(m *Machine) { m.Definition = states(`"Start":{"Type":"Pass","Next":"B"}`) }),
			"InvalidExecutionInput: Invalid State Machine Execution Input: 'invalid character": start("a", "not"),
			"Value '262145' at 'length of input' failed to satisfy constraint":                 start("a", strings.Repeat(" ", 262_145)),
			"InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'":                                 func() error { _, err := w.Machine("x"); return err }(),
			"Invalid ARN prefix: y":    func() error { _, err := w.History("y"); return err }(),
			"ExecutionDoesNotExist":    func() error { _, err := w.StopExecution("arn:z", "", ""); return err }(),
			"at 'error' failed":        func() error { _, err := w.StopExecution("arn:z", strings.Repeat("x", 257), ""); return err }(),
			"StateMachineDoesNotExist": func() error { _, err := w.StartExecution("arn:z", "", ""); return err }(),
		} {
			assert.ErrorContains(t, err, want)
		}
	})
}

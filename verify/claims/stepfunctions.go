package claims

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

var stepFunctionsClaims = []Claim{{
	ID:   "states-definitions",
	Says: "a definition is refused with every problem: fields, values, transitions, states that are not reachable",
	Page: "sandbox-aws.md",
	Row:  "a definition is refused with every problem",
	ask:  definitionsAreValidated,
}, {
	ID:   "states-refusals",
	Says: "CreateStateMachine refuses names and definitions that are none, and too long; one that is not there is told",
	Page: "sandbox-aws.md",
	Row:  "names of 80 characters, definitions of 1 MB, data of 256 KiB",
	ask:  machinesAreRefused,
}}

var machine = &Kind{
	Name:  "state machine",
	Basis: "nothing until it is run",
	byID:  true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		client := sfn.NewFromConfig(config)
		for p := sfn.NewListStateMachinesPaginator(client, &sfn.ListStateMachinesInput{}); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, m := range page.StateMachines {
				if name := aws.ToString(m.Name); strings.HasPrefix(name, prefix) {
					found = append(found, thing{name: name, id: aws.ToString(m.StateMachineArn)})
				}
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		_, err := sfn.NewFromConfig(config).DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: &t.id})
		return err
	},
}

// invocation is a state that invokes a function.
const invocation = `"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,` +
	`"Parameters":{"FunctionName":"f","Payload.$":"$"}`

// definitions are with the diagnostics that are claimed, code and place each; none for one that is accepted.
var definitions = []struct {
	what, definition string
	claimed          []string
}{
	{"one Task", `{"StartAt":"T","States":{` + invocation + `}}}`, nil},
	{"nothing in it", `{}`, []string{"SCHEMA_VALIDATION_FAILED /"}},
	{"a field of nobody's", `{"X":1}`, []string{"SCHEMA_VALIDATION_FAILED /", "SCHEMA_VALIDATION_FAILED /X"}},
	{"no JSON", `not`, []string{"INVALID_JSON_DESCRIPTION "}},
	{"a start that is missing", `{"StartAt":"A","States":{"B":{"Type":"Succeed"}}}`, []string{
		"MISSING_TRANSITION_TARGET /StartAt", "MISSING_TRANSITION_TARGET /States/B",
	}},
	{"a next state that is missing", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"C":{"Type":"Succeed"}}}`,
		[]string{"MISSING_TRANSITION_TARGET /States/A/Next", "MISSING_TRANSITION_TARGET /States/C"}},
	{"a Pass without Next and End", `{"StartAt":"A","States":{"A":{"Type":"Pass"}}}`,
		[]string{"SCHEMA_VALIDATION_FAILED /States/A"}},
	{"a retry of 0 seconds", `{"StartAt":"T","States":{` + invocation +
		`,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":0}]}}}`,
		[]string{"SCHEMA_VALIDATION_FAILED /States/T/Retry[0]/IntervalSeconds"}},
	{"States.ALL beside another name", `{"StartAt":"T","States":{` + invocation +
		`,"Retry":[{"ErrorEquals":["States.ALL","E"]}]}}}`,
		[]string{"SCHEMA_VALIDATION_FAILED /States/T/Retry[0]/ErrorEquals"}},
	{"a wait without a time", `{"StartAt":"W","States":{"W":{"Type":"Wait","End":true}}}`,
		[]string{"SCHEMA_VALIDATION_FAILED /States/W"}},
}

func definitionsAreValidated(c *Case) error {
	client := sfn.NewFromConfig(c.primary())
	for _, d := range definitions {
		out, err := client.ValidateStateMachineDefinition(c, &sfn.ValidateStateMachineDefinitionInput{
			Definition: &d.definition,
		})
		if err != nil {
			return err
		}
		var found []string
		for _, problem := range out.Diagnostics {
			if problem.Severity == types.ValidateStateMachineDefinitionSeverityError {
				found = append(found, aws.ToString(problem.Code)+" "+aws.ToString(problem.Location))
			}
		}
		c.is("a definition with "+d.what, fmt.Sprint(out.Result, found), fmt.Sprint(result(d.claimed), d.claimed))
	}
	out, err := client.ValidateStateMachineDefinition(c, &sfn.ValidateStateMachineDefinitionInput{
		Definition: aws.String(`{"X":1}`),
		MaxResults: 1,
	})
	if err != nil {
		return err
	}
	c.is("diagnostics, of which one was asked for", len(out.Diagnostics), 1)
	c.is("there are more", aws.ToBool(out.Truncated), true)
	for _, problem := range out.Diagnostics {
		c.is("the words of the first", aws.ToString(problem.Message), "These fields are required: [States, StartAt]")
	}
	return nil
}

func result(problems []string) types.ValidateStateMachineDefinitionResultCode {
	if len(problems) > 0 {
		return types.ValidateStateMachineDefinitionResultCodeFail
	}
	return types.ValidateStateMachineDefinitionResultCodeOk
}

func machinesAreRefused(c *Case) error {
	client := sfn.NewFromConfig(c.primary())
	for _, wrong := range []struct {
		what, code string
		change     func(*sfn.CreateStateMachineInput)
	}{
		{"a space in its name", "InvalidName", func(in *sfn.CreateStateMachineInput) {
			in.Name = aws.String(*in.Name + " x")
		}},
		{"a name of 81 characters", "ValidationException", func(in *sfn.CreateStateMachineInput) {
			in.Name = aws.String(*in.Name + strings.Repeat("x", 81-len(*in.Name)))
		}},
		{"a definition of more than 1 MB", "ValidationException", func(in *sfn.CreateStateMachineInput) {
			in.Definition = aws.String(strings.Repeat(" ", 1<<20+1))
		}},
		{"an empty definition", "InvalidDefinition", func(in *sfn.CreateStateMachineInput) {
			in.Definition = aws.String("{}")
		}},
	} {
		_, err := c.make(machine, c.primary(), "m", func(name string) (string, error) {
			in := &sfn.CreateStateMachineInput{
				Name:       &name,
				Definition: aws.String(`{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`),
				RoleArn:    aws.String(c.noRole()),
			}
			wrong.change(in)
			out, err := client.CreateStateMachine(c, in)
			if err != nil {
				return "", err
			}
			return aws.ToString(out.StateMachineArn), nil
		})
		c.refused("CreateStateMachine with "+wrong.what, err, wrong.code)
	}
	arn := c.arn("states", c.run.Regions[0], "stateMachine:"+c.run.ID)
	_, err := client.DescribeStateMachine(c, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	c.refused("DescribeStateMachine of one that is not there", err, "StateMachineDoesNotExist")
	return nil
}

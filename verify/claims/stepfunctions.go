package claims

import (
	"fmt"

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
}}

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
	return nil
}

func result(problems []string) types.ValidateStateMachineDefinitionResultCode {
	if len(problems) > 0 {
		return types.ValidateStateMachineDefinitionResultCodeFail
	}
	return types.ValidateStateMachineDefinitionResultCodeOk
}

// Package stepfunctions is Step Functions on the AWS face.
package stepfunctions

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/stepfunctions"
	"aurora-dsql-dr/sandbox/stepfunctions/asl"
)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("CreateStateMachine", create),
	call.On("UpdateStateMachine", update),
	call.On("DeleteStateMachine", remove),
	call.On("DescribeStateMachine", describe),
	call.On("ListStateMachines", list),
	call.On("ListTagsForResource", tags),
	call.On("ValidateStateMachineDefinition", validate),
	call.On("StartExecution", start),
	call.On("StopExecution", stop),
	call.On("DescribeExecution", describeExecution),
	call.On("ListExecutions", listExecutions),
	call.On("GetExecutionHistory", history),
}

const validation = "ValidationException"

// passRole asks whether the caller may give the service a role.
func passRole(c *call.Call, role string) error {
	return c.Authorize("iam:PassRole", role, iam.Context{"iam:PassedToService": "states.amazonaws.com"})
}

func create(c *call.Call, in *sdk.CreateStateMachineInput) (*sdk.CreateStateMachineOutput, error) {
	arn, role := c.Region.ARN("states", "stateMachine:"+aws.ToString(in.Name)), aws.ToString(in.RoleArn)
	if err := c.Authorize("states:CreateStateMachine", arn, nil); err != nil {
		return nil, err
	}
	if err := passRole(c, role); err != nil {
		return nil, err
	}
	if err := refuse(in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	given := map[string]string{}
	for _, t := range in.Tags {
		given[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	made, err := c.Region.StepFunctions.CreateMachine(stepfunctions.Machine{
		Name:       aws.ToString(in.Name),
		Definition: aws.ToString(in.Definition),
		RoleArn:    role,
		Type:       string(in.Type),
		Publish:    in.Publish,
		Logging:    logging(in.LoggingConfiguration),
		Tracing:    tracing(in.TracingConfiguration),
		Tags:       given,
	})
	if err != nil {
		return nil, err
	}
	return &sdk.CreateStateMachineOutput{StateMachineArn: &made.Arn, CreationDate: &made.CreationDate}, nil
}

func refuse(encryption *types.EncryptionConfiguration) error {
	if encryption != nil && encryption.Type != types.EncryptionTypeAwsOwnedKey {
		return wire.NotImplemented("states: encryption with a key of the account is not modelled by the sandbox")
	}
	return nil
}

func logging(in *types.LoggingConfiguration) *stepfunctions.Logging {
	if in == nil {
		return nil
	}
	return &stepfunctions.Logging{Level: string(in.Level), IncludeExecutionData: in.IncludeExecutionData}
}

func tracing(in *types.TracingConfiguration) *stepfunctions.Tracing {
	if in == nil {
		return nil
	}
	return &stepfunctions.Tracing{Enabled: in.Enabled}
}

// find finds a machine that the caller may do something with.
func find(c *call.Call, action string, arn *string) (stepfunctions.Machine, error) {
	if err := c.Authorize(action, aws.ToString(arn), nil); err != nil {
		return stepfunctions.Machine{}, err
	}
	return c.Region.StepFunctions.Machine(aws.ToString(arn))
}

// update changes what is given and leaves the rest.
func update(c *call.Call, in *sdk.UpdateStateMachineInput) (*sdk.UpdateStateMachineOutput, error) {
	m, err := find(c, "states:UpdateStateMachine", in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	if in.Definition == nil && in.RoleArn == nil && in.LoggingConfiguration == nil && in.TracingConfiguration == nil {
		return nil, awserr.Invalid("MissingRequiredParameter", "Either the definition, the role ARN, the "+
			"LoggingConfiguration, or the TracingConfiguration must be specified")
	}
	if err := refuse(in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	if in.RoleArn != nil {
		if err := passRole(c, *in.RoleArn); err != nil {
			return nil, err
		}
		m.RoleArn = *in.RoleArn
	}
	if in.Definition != nil {
		m.Definition = *in.Definition
	}
	if in.LoggingConfiguration != nil {
		m.Logging = logging(in.LoggingConfiguration)
	}
	if in.TracingConfiguration != nil {
		m.Tracing = tracing(in.TracingConfiguration)
	}
	m.Publish = in.Publish
	updated, err := c.Region.StepFunctions.UpdateMachine(m)
	if err != nil {
		return nil, err
	}
	return &sdk.UpdateStateMachineOutput{
		UpdateDate: aws.Time(c.Region.Now()),
		RevisionId: wire.Optional(updated.RevisionID),
	}, nil
}

func remove(c *call.Call, in *sdk.DeleteStateMachineInput) (*sdk.DeleteStateMachineOutput, error) {
	arn := aws.ToString(in.StateMachineArn)
	if err := c.Authorize("states:DeleteStateMachine", arn, nil); err != nil {
		return nil, err
	}
	c.Region.StepFunctions.DeleteMachine(arn)
	return &sdk.DeleteStateMachineOutput{}, nil
}

func describe(c *call.Call, in *sdk.DescribeStateMachineInput) (*sdk.DescribeStateMachineOutput, error) {
	m, err := find(c, "states:DescribeStateMachine", in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeStateMachineOutput{
		StateMachineArn: &m.Arn,
		Name:            &m.Name,
		Definition:      &m.Definition,
		RoleArn:         &m.RoleArn,
		Type:            types.StateMachineType(m.Type),
		Status:          types.StateMachineStatus(m.Status),
		CreationDate:    &m.CreationDate,
		RevisionId:      wire.Optional(m.RevisionID),
		LoggingConfiguration: &types.LoggingConfiguration{
			Level:                types.LogLevel(m.Logging.Level),
			IncludeExecutionData: m.Logging.IncludeExecutionData,
		},
		TracingConfiguration: &types.TracingConfiguration{Enabled: m.Tracing.Enabled},
	}, nil
}

// Pages (API Reference): a hundred by default, which 0 means as well.
const (
	perPage = 100
	maxPage = 1000
)

// page is the part of a list that is asked for.
func page[T any](all []T, token *string, asked int32) ([]T, *string, error) {
	var limit *int32
	if asked != 0 {
		limit = &asked
	}
	size, err := wire.Limit(limit, perPage, maxPage, "maxResults", validation)
	if err != nil {
		return nil, nil, err
	}
	part, next, ok := wire.Page(all, token, size)
	if !ok {
		return nil, nil, awserr.Invalid("InvalidToken", "Invalid Token: 'Invalid token'")
	}
	return part, next, nil
}

func list(c *call.Call, in *sdk.ListStateMachinesInput) (*sdk.ListStateMachinesOutput, error) {
	if err := c.Authorize("states:ListStateMachines", "*", nil); err != nil {
		return nil, err
	}
	machines, next, err := page(c.Region.StepFunctions.Machines(), in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListStateMachinesOutput{StateMachines: []types.StateMachineListItem{}, NextToken: next}
	for _, m := range machines {
		out.StateMachines = append(out.StateMachines, types.StateMachineListItem{
			StateMachineArn: &m.Arn,
			Name:            &m.Name,
			Type:            types.StateMachineType(m.Type),
			CreationDate:    &m.CreationDate,
		})
	}
	return out, nil
}

func tags(c *call.Call, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	m, err := find(c, "states:ListTagsForResource", in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, key := range slices.Sorted(maps.Keys(m.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: &key, Value: aws.String(m.Tags[key])})
	}
	return out, nil
}

// validate says what is wrong with a definition; there are no warnings.
func validate(
	c *call.Call,
	in *sdk.ValidateStateMachineDefinitionInput,
) (*sdk.ValidateStateMachineDefinitionOutput, error) {
	if err := c.Authorize("states:ValidateStateMachineDefinition", "*", nil); err != nil {
		return nil, err
	}
	if in.Type == types.StateMachineTypeExpress {
		return nil, wire.NotImplemented("states: express machines are not modelled by the sandbox")
	}
	_, problems := asl.Parse(aws.ToString(in.Definition))
	out := &sdk.ValidateStateMachineDefinitionOutput{
		Result:      types.ValidateStateMachineDefinitionResultCodeOk,
		Diagnostics: []types.ValidateStateMachineDefinitionDiagnostic{},
		Truncated:   aws.Bool(false),
	}
	for _, p := range problems {
		out.Result = types.ValidateStateMachineDefinitionResultCodeFail
		if len(out.Diagnostics) == perPage || in.MaxResults > 0 && len(out.Diagnostics) == int(in.MaxResults) {
			out.Truncated = aws.Bool(true)
			break
		}
		out.Diagnostics = append(out.Diagnostics, types.ValidateStateMachineDefinitionDiagnostic{
			Code:     &p.Code,
			Message:  &p.Message,
			Location: wire.Optional(p.Location),
			Severity: types.ValidateStateMachineDefinitionSeverityError,
		})
	}
	return out, nil
}

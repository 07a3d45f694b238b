// Package logs is CloudWatch Logs on the AWS face.
package logs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/logs"
)

// Operations are those that are modelled. Their shapes are written out here: the SDK of CloudWatch Logs is large, and
// these are all that is wanted of it. Times are milliseconds of the Unix epoch (API Reference, FilterLogEvents).
var Operations = []call.Operation{
	call.On("DescribeLogGroups", describeGroups),
	call.On("FilterLogEvents", filter),
	call.On("DescribeResourcePolicies", describePolicies),
	call.On("PutResourcePolicy", putPolicy),
	call.On("DeleteResourcePolicy", deletePolicy),
}

type groupsInput struct {
	LogGroupNamePrefix *string
	Limit              *int32
	NextToken          *string
}

type groupsOutput struct {
	LogGroups []logGroup
	NextToken *string
}

type logGroup struct {
	LogGroupName    *string
	Arn             *string // ends in ":*"
	LogGroupArn     *string
	LogGroupClass   *string
	RetentionInDays *int32
}

const groupsPerPage = 50

func describeGroups(c *call.Call, in *groupsInput) (*groupsOutput, error) {
	if err := c.Authorize("logs:DescribeLogGroups", c.Region.ARN("logs", "log-group:*"), nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.Limit, groupsPerPage, groupsPerPage, "limit", "InvalidParameterException")
	if err != nil {
		return nil, err
	}
	groups := slices.DeleteFunc(c.Region.Logs.Groups(), func(g logs.Group) bool {
		return !strings.HasPrefix(g.Name, aws.ToString(in.LogGroupNamePrefix))
	})
	groups, next, ok := wire.Page(groups, in.NextToken, size)
	if !ok {
		return nil, badToken()
	}
	out := &groupsOutput{LogGroups: []logGroup{}, NextToken: next}
	for _, g := range groups {
		to := logGroup{
			LogGroupName:  &g.Name,
			Arn:           aws.String(g.Arn + ":*"),
			LogGroupArn:   &g.Arn,
			LogGroupClass: &g.LogGroupClass,
		}
		if g.RetentionInDays > 0 {
			to.RetentionInDays = wire.Small(g.RetentionInDays)
		}
		out.LogGroups = append(out.LogGroups, to)
	}
	return out, nil
}

type filterInput struct {
	LogGroupName        *string
	LogGroupIdentifier  *string // name or ARN
	LogStreamNames      []string
	LogStreamNamePrefix *string
	StartTime           *int64
	EndTime             *int64
	FilterPattern       *string
	Limit               *int32
	NextToken           *string
}

type filterOutput struct {
	Events             []logEvent
	SearchedLogStreams []string
	NextToken          *string
}

type logEvent struct {
	EventId       *string //nolint:revive,staticcheck // the member's name
	LogStreamName *string
	Message       *string
	Timestamp     *int64
	IngestionTime *int64
}

const eventsPerPage = 10_000

func filter(c *call.Call, in *filterInput) (*filterOutput, error) {
	name := aws.ToString(in.LogGroupName)
	if in.LogGroupIdentifier != nil {
		name = strings.TrimPrefix(*in.LogGroupIdentifier, c.Region.ARN("logs", "log-group:"))
	}
	if err := c.Authorize("logs:FilterLogEvents", c.Region.ARN("logs", "log-group:"+name), nil); err != nil {
		return nil, err
	}
	size, err := wire.Limit(in.Limit, eventsPerPage, eventsPerPage, "limit", "InvalidParameterException")
	if err != nil {
		return nil, err
	}
	terms, err := filterTerms(aws.ToString(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	all, err := c.Region.Logs.Events(name, time.Time{})
	if err != nil {
		return nil, err
	}
	found := []logEvent{}
	for i, e := range all {
		if event := eventOf(c, i, e); in.takes(event, terms) {
			found = append(found, event)
		}
	}
	found, next, ok := wire.Page(found, in.NextToken, size)
	if !ok {
		return nil, badToken()
	}
	return &filterOutput{Events: found, SearchedLogStreams: []string{}, NextToken: next}, nil
}

func eventOf(c *call.Call, number int, e logs.Event) logEvent {
	at := aws.Int64(c.Wall(e.Time).UnixMilli())
	return logEvent{
		EventId:       aws.String(strconv.FormatInt(*at, 10) + "-" + strconv.Itoa(number)),
		LogStreamName: &e.Stream,
		Message:       &e.Message,
		Timestamp:     at,
		IngestionTime: at,
	}
}

func (in *filterInput) takes(e logEvent, terms []string) bool {
	switch {
	case in.StartTime != nil && *e.Timestamp < *in.StartTime, in.EndTime != nil && *e.Timestamp > *in.EndTime,
		len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, *e.LogStreamName),
		!strings.HasPrefix(*e.LogStreamName, aws.ToString(in.LogStreamNamePrefix)):
		return false
	}
	return !slices.ContainsFunc(terms, func(term string) bool { return !strings.Contains(*e.Message, term) })
}

// filterTerms reads a pattern of words and "phrases", all of which a line must have (CloudWatch Logs User Guide,
// "Filter pattern syntax"). The pattern languages for JSON and columns are not modelled.
func filterTerms(pattern string) ([]string, error) {
	if strings.ContainsAny(pattern, "{}[]?%") || strings.HasPrefix(pattern, "-") || strings.Contains(pattern, " -") {
		return nil, awserr.Invalid("InvalidParameterException",
			"The filter pattern %q is not modelled by the sandbox: want words and \"phrases\", "+
				"all of which must match.", pattern)
	}
	var terms []string
	for i, part := range strings.Split(pattern, `"`) {
		if i%2 == 1 {
			terms = append(terms, part)
			continue
		}
		terms = append(terms, strings.Fields(part)...)
	}
	return terms, nil
}

func badToken() error {
	return awserr.Invalid("InvalidParameterException", "The specified nextToken is invalid.")
}

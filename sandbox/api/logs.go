package api

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/logs"
)

// The shapes of CloudWatch Logs are written out here: its SDK is large, and these are all that is wanted of it. Times are
// milliseconds of the Unix epoch (API Reference, FilterLogEvents).
var logsOperations = []operation{
	on("DescribeLogGroups", describeLogGroups),
	on("FilterLogEvents", filterLogEvents),
}

type describeLogGroupsInput struct {
	LogGroupNamePrefix *string
	Limit              *int32
	NextToken          *string
}

type describeLogGroupsOutput struct {
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

func describeLogGroups(c *Call, in *describeLogGroupsInput) (*describeLogGroupsOutput, error) {
	if err := c.Authorize("logs:DescribeLogGroups", c.services.Env.ARN("logs", "log-group:*"), nil); err != nil {
		return nil, err
	}
	size, err := limit(in.Limit, groupsPerPage, groupsPerPage, "limit", "InvalidParameterException")
	if err != nil {
		return nil, err
	}
	groups := slices.DeleteFunc(c.services.Logs.Groups(), func(g logs.Group) bool {
		return !strings.HasPrefix(g.Name, aws.ToString(in.LogGroupNamePrefix))
	})
	groups, next, ok := page(groups, in.NextToken, size)
	if !ok {
		return nil, badLogsToken()
	}
	out := &describeLogGroupsOutput{LogGroups: []logGroup{}, NextToken: next}
	for _, g := range groups {
		to := logGroup{LogGroupName: &g.Name, Arn: aws.String(g.Arn + ":*"), LogGroupArn: &g.Arn, LogGroupClass: &g.LogGroupClass}
		if g.RetentionInDays > 0 {
			to.RetentionInDays = small(g.RetentionInDays)
		}
		out.LogGroups = append(out.LogGroups, to)
	}
	return out, nil
}

type filterLogEventsInput struct {
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

type filterLogEventsOutput struct {
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

func filterLogEvents(c *Call, in *filterLogEventsInput) (*filterLogEventsOutput, error) {
	name := aws.ToString(in.LogGroupName)
	if in.LogGroupIdentifier != nil {
		name = strings.TrimPrefix(*in.LogGroupIdentifier, c.services.Env.ARN("logs", "log-group:"))
	}
	if err := c.Authorize("logs:FilterLogEvents", c.services.Env.ARN("logs", "log-group:"+name), nil); err != nil {
		return nil, err
	}
	size, err := limit(in.Limit, eventsPerPage, eventsPerPage, "limit", "InvalidParameterException")
	if err != nil {
		return nil, err
	}
	terms, err := filterTerms(aws.ToString(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	all, err := c.services.Logs.Events(name, time.Time{})
	if err != nil {
		return nil, err
	}
	found := []logEvent{}
	for i, e := range all {
		if event := c.logEvent(i, e); in.takes(event, terms) {
			found = append(found, event)
		}
	}
	found, next, ok := page(found, in.NextToken, size)
	if !ok {
		return nil, badLogsToken()
	}
	return &filterLogEventsOutput{Events: found, SearchedLogStreams: []string{}, NextToken: next}, nil
}

func (c *Call) logEvent(number int, e logs.Event) logEvent {
	at := aws.Int64(c.wallTime(e.Time).UnixMilli())
	return logEvent{EventId: aws.String(strconv.FormatInt(*at, 10) + "-" + strconv.Itoa(number)), LogStreamName: &e.Stream,
		Message: &e.Message, Timestamp: at, IngestionTime: at}
}

func (in *filterLogEventsInput) takes(e logEvent, terms []string) bool {
	switch {
	case in.StartTime != nil && *e.Timestamp < *in.StartTime, in.EndTime != nil && *e.Timestamp > *in.EndTime,
		len(in.LogStreamNames) > 0 && !slices.Contains(in.LogStreamNames, *e.LogStreamName),
		!strings.HasPrefix(*e.LogStreamName, aws.ToString(in.LogStreamNamePrefix)):
		return false
	}
	return !slices.ContainsFunc(terms, func(term string) bool { return !strings.Contains(*e.Message, term) })
}

// filterTerms reads a pattern of words and "phrases", all of which a line must have (CloudWatch Logs User Guide, "Filter
// pattern syntax"). The pattern languages for JSON and columns are not modelled.
func filterTerms(pattern string) ([]string, error) {
	if strings.ContainsAny(pattern, "{}[]?%") || strings.HasPrefix(pattern, "-") || strings.Contains(pattern, " -") {
		return nil, awserr.Invalid("InvalidParameterException",
			"The filter pattern %q is not modelled by the sandbox: accepted are words and \"phrases\", all of which must match.", pattern)
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

func badLogsToken() error {
	return awserr.Invalid("InvalidParameterException", "The specified nextToken is invalid.")
}

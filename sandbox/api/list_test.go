package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	awsevents "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/logs"
)

func TestClustersComeInPages(t *testing.T) {
	w := newWorld(t, nil)
	for range 3 {
		_, err := w.account.Region("us-east-1").DSQL.CreateCluster(dsql.CreateClusterInput{})
		require.NoError(t, err)
	}
	client := awsdsql.NewFromConfig(w.admin("us-east-1"))
	seen := map[string]bool{}
	pages := 0
	for p := awsdsql.NewListClustersPaginator(client, &awsdsql.ListClustersInput{MaxResults: aws.Int32(2)}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, c := range out.Clusters {
			seen[*c.Identifier] = true
		}
	}
	assert.Len(t, seen, 3)
	assert.Equal(t, 2, pages)
	for _, in := range []*awsdsql.ListClustersInput{{MaxResults: aws.Int32(101)}, {NextToken: aws.String("made up")}} {
		_, err := client.ListClusters(t.Context(), in)
		var invalid *dsqltypes.ValidationException
		require.ErrorAs(t, err, &invalid)
	}
}

// stub is a function that answers with what it is sent.
func (w *world) stub(t *testing.T, name string) {
	t.Helper()
	_, err := w.account.Region("us-east-1").Lambda.CreateFunction(lambda.Function{Name: name, Role: w.role.Arn, Runtime: "provided.al2023", Handler: "bootstrap",
		Stub: func(_ context.Context, payload []byte) ([]byte, error) { return payload, nil }})
	require.NoError(t, err)
}

func TestFunctionsComeInPages(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 52 {
		w.stub(t, fmt.Sprintf("f%02d", i))
	}
	client := awslambda.NewFromConfig(w.admin("us-east-1"))
	var names []string
	pages := 0
	for p := awslambda.NewListFunctionsPaginator(client, &awslambda.ListFunctionsInput{MaxItems: aws.Int32(100)}); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		require.NoError(t, err)
		for _, f := range out.Functions {
			names = append(names, *f.FunctionName)
		}
	}
	assert.Len(t, names, 52)
	assert.Equal(t, 2, pages, "fifty are the most of a page")
	assert.True(t, slices.IsSorted(names))
	_, err := client.ListFunctions(t.Context(), &awslambda.ListFunctionsInput{Marker: aws.String("made up")})
	var invalid *lambdatypes.InvalidParameterValueException
	require.ErrorAs(t, err, &invalid)
	for _, qualifier := range []string{"$LATEST", "live"} {
		_, err := client.GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("f00"), Qualifier: &qualifier})
		if qualifier == "$LATEST" {
			require.NoError(t, err)
			continue
		}
		var missing *lambdatypes.ResourceNotFoundException
		require.ErrorAs(t, err, &missing)
	}
}

// The location of a function's code leads to the very package, for whoever has the URL.
func TestAFunctionsCodeCanBeFetched(t *testing.T) {
	w := newWorld(t, nil)
	var zipped bytes.Buffer
	archive := zip.NewWriter(&zipped)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	_, err := archive.CreateHeader(header)
	require.NoError(t, err)
	require.NoError(t, archive.Close())
	_, err = w.account.Region("us-east-1").Lambda.CreateFunction(lambda.Function{Name: "health-check", Role: w.role.Arn, Runtime: "provided.al2023",
		Handler: "bootstrap", Code: zipped.Bytes()})
	require.NoError(t, err)
	out, err := awslambda.NewFromConfig(w.admin("us-east-1")).GetFunction(t.Context(), &awslambda.GetFunctionInput{FunctionName: aws.String("health-check")})
	require.NoError(t, err)
	assert.Equal(t, "S3", *out.Code.RepositoryType)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, *out.Code.Location, nil)
	require.NoError(t, err)
	status, body := do(t, r)
	assert.Equal(t, 200, status)
	assert.Equal(t, zipped.String(), body)
	sum := sha256.Sum256([]byte(body))
	assert.Equal(t, *out.Configuration.CodeSha256, base64.StdEncoding.EncodeToString(sum[:]))
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, *out.Code.Location+"0", nil)
	require.NoError(t, err)
	status, _ = do(t, r)
	assert.Equal(t, 403, status, "another signature")
}

func TestDescribeRule(t *testing.T) {
	w := newWorld(t, nil)
	rule, err := w.account.Region("us-east-1").Events.PutRule(events.Rule{Name: "schedule", ScheduleExpression: "rate(1 minute)", Description: "d"})
	require.NoError(t, err)
	client := awsevents.NewFromConfig(w.admin("us-east-1"))
	for _, bus := range []*string{nil, aws.String("default")} {
		out, err := client.DescribeRule(t.Context(), &awsevents.DescribeRuleInput{Name: &rule.Name, EventBusName: bus})
		require.NoError(t, err)
		assert.Equal(t, rule.Arn, *out.Arn)
		assert.Equal(t, eventtypes.RuleStateEnabled, out.State)
		assert.Equal(t, "rate(1 minute)", *out.ScheduleExpression)
		assert.Equal(t, "default", *out.EventBusName)
		assert.Equal(t, w.account.ID, *out.CreatedBy)
		assert.Nil(t, out.EventPattern)
	}
	_, err = client.DescribeRule(t.Context(), &awsevents.DescribeRuleInput{Name: aws.String("none")})
	var missing *eventtypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestLogs(t *testing.T) {
	w := newWorld(t, nil)
	service := w.account.Region("us-east-1").Logs
	for _, name := range []string{"/aws/lambda/a", "/aws/lambda/b", "/other"} {
		_, err := service.CreateGroup(logs.Group{Name: name, RetentionInDays: 30})
		require.NoError(t, err)
	}
	now := time.Now()
	for i, line := range []string{"started", `{"level":"ERROR","msg":"probe failed"}`, "stopped"} {
		require.NoError(t, service.Write(w.account.IAM.Admin().Principal, "/aws/lambda/a", "stream-"+strconv.Itoa(i%2), now.Add(time.Duration(i)*time.Second), line))
	}
	ask := func(operation, body string) (status int, answer struct {
		LogGroups []struct {
			LogGroupName, Arn string
			RetentionInDays   int
		}
		Events []struct {
			LogStreamName, Message, EventID string
			Timestamp                       int64
		}
		NextToken, Type, Message string
	}) {
		status, text := w.post(t, "logs", map[string]string{"X-Amz-Target": "Logs_20140328." + operation, "Content-Type": "application/x-amz-json-1.1"}, body)
		require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
		return status, answer
	}
	_, groups := ask("DescribeLogGroups", `{"logGroupNamePrefix":"/aws/lambda/","limit":1}`)
	require.Len(t, groups.LogGroups, 1)
	assert.Equal(t, "/aws/lambda/a", groups.LogGroups[0].LogGroupName)
	assert.Equal(t, w.account.Region("us-east-1").ARN("logs", "log-group:/aws/lambda/a:*"), groups.LogGroups[0].Arn)
	assert.Equal(t, 30, groups.LogGroups[0].RetentionInDays)
	_, groups = ask("DescribeLogGroups", fmt.Sprintf(`{"logGroupNamePrefix":"/aws/lambda/","limit":1,"nextToken":%q}`, groups.NextToken))
	assert.Equal(t, "/aws/lambda/b", groups.LogGroups[0].LogGroupName)
	assert.Empty(t, groups.NextToken)

	cases := map[string][]string{
		`"limit":10`: {"started", `{"level":"ERROR","msg":"probe failed"}`, "stopped"},
		`"filterPattern":"ERROR \"probe failed\""`: {`{"level":"ERROR","msg":"probe failed"}`},
		`"filterPattern":"ERROR stopped"`:          nil,
		`"logStreamNames":["stream-0"]`:            {"started", "stopped"},
		`"logStreamNamePrefix":"stream-1"`:         {`{"level":"ERROR","msg":"probe failed"}`},
		fmt.Sprintf(`"startTime":%d,"endTime":%d`, now.Add(500*time.Millisecond).UnixMilli(), now.Add(1500*time.Millisecond).UnixMilli()): {`{"level":"ERROR","msg":"probe failed"}`},
	}
	for filter, want := range cases {
		_, answer := ask("FilterLogEvents", `{"logGroupName":"/aws/lambda/a",`+filter+`}`)
		var lines []string
		for _, e := range answer.Events {
			lines = append(lines, e.Message)
			assert.WithinDuration(t, now, time.UnixMilli(e.Timestamp), time.Minute)
			assert.NotEmpty(t, e.EventID)
		}
		assert.Equal(t, want, lines, filter)
	}
	_, byARN := ask("FilterLogEvents", fmt.Sprintf(`{"logGroupIdentifier":%q}`, w.account.Region("us-east-1").ARN("logs", "log-group:/aws/lambda/a")))
	assert.Len(t, byARN.Events, 3)

	status, answer := ask("FilterLogEvents", `{"logGroupName":"none"}`)
	assert.Equal(t, 400, status)
	assert.Contains(t, answer.Message, "does not exist")
	status, answer = ask("FilterLogEvents", `{"logGroupName":"/aws/lambda/a","filterPattern":"{ $.level = \"ERROR\" }"}`)
	assert.Equal(t, 400, status)
	assert.Contains(t, answer.Message, "not modelled by the sandbox")
}

func TestResourcePoliciesOfLogsArePutListedAndDeleted(t *testing.T) {
	w := newWorld(t, nil)
	ask := func(operation, body string) (status int, answer string) {
		return w.post(t, "logs", map[string]string{"X-Amz-Target": "Logs_20140328." + operation,
			"Content-Type": "application/x-amz-json-1.1"}, body)
	}
	document := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"es.amazonaws.com"},"Action":"logs:*","Resource":"*"}}`
	for _, name := range []string{"a", "b"} {
		status, answer := ask("PutResourcePolicy", fmt.Sprintf(`{"policyName":%q,"policyDocument":%q}`, name, document))
		require.Equal(t, 200, status, answer)
		assert.Contains(t, answer, `"lastUpdatedTime":`)
	}
	_, answer := ask("DescribeResourcePolicies", `{"limit":1}`)
	var page struct {
		ResourcePolicies []struct{ PolicyName, PolicyDocument, PolicyScope string }
		NextToken        string
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &page))
	require.Len(t, page.ResourcePolicies, 1)
	assert.Equal(t, "a", page.ResourcePolicies[0].PolicyName)
	assert.Equal(t, document, page.ResourcePolicies[0].PolicyDocument)
	assert.Equal(t, "ACCOUNT", page.ResourcePolicies[0].PolicyScope)
	assert.NotEmpty(t, page.NextToken)
	status, _ := ask("DeleteResourcePolicy", `{"policyName":"a"}`)
	assert.Equal(t, 200, status)
	status, answer = ask("DeleteResourcePolicy", `{"policyName":"a"}`)
	assert.Equal(t, 400, status)
	assert.Contains(t, answer, "ResourceNotFoundException")
	session, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", w.role.Arn, "s")
	require.NoError(t, err)
	for _, operation := range []string{"DescribeResourcePolicies", "PutResourcePolicy", "DeleteResourcePolicy"} {
		status, answer = ask(operation, `{"policyName":"b","resourceArn":"arn:aws:logs:us-east-1:123456789012:log-group:g"}`)
		assert.Equal(t, 501, status)
		assert.Contains(t, answer, "policies of single resources in "+operation)
		_, answer = w.postAs(t, session, "logs", map[string]string{"X-Amz-Target": "Logs_20140328." + operation}, `{}`)
		assert.Contains(t, answer, "is not authorized to perform: logs:"+operation)
	}
}

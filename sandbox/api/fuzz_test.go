package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/fxamacker/cbor/v2"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/sns"
	"aurora-dsql-dr/sandbox/sqs"
)

// bodies are requests that were trouble once, or might be: each is sent to every operation in every protocol.
var bodies = []string{
	``, `{}`, `[]`, `null`, `{"`, `{"a":1e400}`,
	`{"Namespace":"N","MetricData":[{"MetricName":"m","Value":"NaN","Timestamp":"NaN"},{"MetricName":"m","Value":1e308,"Timestamp":1e300}]}`,
	`{"Namespace":"N","MetricData":[{"MetricName":"m","Values":[1,"Infinity"],"Counts":[],"StorageResolution":1e40,"Dimensions":[{},null]}]}`,
	`{"Namespace":"N","MetricName":"m","StartTime":-1e15,"EndTime":1e15,"Period":2147483647,"Statistics":["Sum"],"ExtendedStatistics":["pNaN"]}`,
	`{"StartTime":0,"EndTime":99999999999,"MetricDataQueries":[{"Id":"m","MetricStat":{"Metric":{"Namespace":"N","MetricName":"m"},"Period":1,"Stat":"p1e9"}},` +
		`{"Id":"e","Expression":"m/0*m"},{"Id":"f","Expression":"((((("}],"MaxDatapoints":1}`,
	`{"Entries":[{"Source":"s","DetailType":"d","Detail":"{\"a\":1e400,\"b\":{}}","Time":253402300799,"Resources":[null]},null]}`,
	`{"ReplayName":"r","EventSourceArn":"arn:aws:events:us-east-1:123456789012:archive/a","EventStartTime":0,"EventEndTime":1,"Destination":{}}`,
	`{"QueueUrl":"http://127.0.0.1/123456789012/q","MessageBody":"m","DelaySeconds":-1,"MessageAttributes":{"a":{"DataType":"Number","StringValue":"1e400"}}}`,
	`{"QueueUrl":"q","MaxNumberOfMessages":1e9,"WaitTimeSeconds":0,"AttributeNames":["All"],"ReceiptHandle":"?"}`,
	`{"TopicArn":"arn:aws:sns:us-east-1:123456789012:t","Message":"m","Subject":"\u0000","MessageStructure":"json","MessageAttributes":{"":{}}}`,
	`{"KeyId":"alias/none","Plaintext":"!","CiphertextBlob":"AAAA","EncryptionContext":{"":null}}`,
	`{"AlarmNames":["a"],"StateValue":"OK","StateReason":"r","AlarmName":"a","MaxRecords":-1,"NextToken":"ZnJvbTotMQ"}`,
	`{"LogGroupName":"g","LogGroupIdentifier":"arn:","FilterPattern":"\"a","StartTime":9e18,"EndTime":-9e18,"Limit":0,"NextToken":"ZnJvbTo5OTk5OTk5OTk5OTk5OTk5OTk5OQ"}`,
	`{"ChangeBatch":{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"*.","Type":"A","TTL":-1,"ResourceRecords":[{"Value":"("},{}],"AliasTarget":{}}},{}]}}`,
	`{"HealthCheckConfig":{"Type":"CALCULATED","ChildHealthChecks":["x",""]},"CallerReference":"r","Name":"a","ResourceType":"healthcheck"}`,
	`{"Name":"m","Definition":"{\"StartAt\":[],\"States\":{\"\":{\"Type\":1}}}","RoleArn":"arn:","Input":"{","MaxResults":-1,"Publish":true}`,
	`{"Name":"s","ScheduleExpression":"rate(0 x)","FlexibleTimeWindow":{},"Target":{"RetryPolicy":{}},"StartDate":-1e15,"EndDate":1e15}`,
	`{"StateMachineArn":"arn:","ExecutionArn":"arn:aws:states:::execution:","ReverseOrder":true,"StatusFilter":"?","Error":"\u0000","Cause":null}`,
	`{"PolicySourceArn":"arn:aws:iam::123456789012:role/","ActionNames":["a:b",""],"ResourceArns":[""],"ContextEntries":[{}],"MaxItems":-1,"RoleName":"/"}`,
	`{"AWSServiceName":"dsql.amazonaws.com","CustomSuffix":"\u0000","DeletionTaskId":"task/","Marker":"ZnJvbTotMQ"}`,
	`{"DashboardName":"\u0000","DashboardNamePrefix":"","Identifier":"","MultiRegionProperties":{"Clusters":[null],"WitnessRegion":""},"Tags":{"":""}}`,
}

// encodings are how the tree of a body travels in each protocol.
var encodings = []struct {
	name    string
	headers func(api.Operation) map[string]string
	encode  func(body string, o api.Operation) string
}{
	{"JSON", func(o api.Operation) map[string]string {
		return map[string]string{"X-Amz-Target": "Service." + o.Name, "Content-Type": "application/x-amz-json-1.1"}
	}, func(body string, _ api.Operation) string { return body }},
	{"CBOR", func(api.Operation) map[string]string {
		return map[string]string{"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
	}, asCBOR},
	{"query", func(api.Operation) map[string]string {
		return map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	}, asForm},
	{"REST", func(api.Operation) map[string]string { return nil }, func(body string, _ api.Operation) string { return body }},
	{"XML", func(api.Operation) map[string]string { return nil }, asXML},
}

// asXML writes a JSON body as REST-XML does, or leaves as it is what is none.
func asXML(body string, _ api.Operation) string {
	var tree any
	if json.Unmarshal([]byte(body), &tree) != nil {
		return "<a>" + body
	}
	var b strings.Builder
	var add func(name string, value any)
	add = func(name string, value any) {
		b.WriteString("<" + name + ">")
		switch v := value.(type) {
		case map[string]any:
			for key, member := range v {
				add(key, member)
			}
		case []any:
			for _, item := range v {
				add("Item", item)
			}
		default:
			fmt.Fprint(&b, v)
		}
		b.WriteString("</" + name + ">")
	}
	add("Request", tree)
	return b.String()
}

// asCBOR encodes a JSON body, or leaves as it is what is none.
func asCBOR(body string, _ api.Operation) string {
	var tree any
	if json.Unmarshal([]byte(body), &tree) != nil {
		return body
	}
	encoded, err := cbor.Marshal(tree)
	if err != nil {
		return body
	}
	return string(encoded)
}

// asForm writes a JSON body as AWS Query does, or leaves as it is what is none.
func asForm(body string, o api.Operation) string {
	var tree map[string]any
	if json.Unmarshal([]byte(body), &tree) != nil {
		return "Action=" + o.Name + "&" + body
	}
	form := url.Values{"Action": {o.Name}}
	var add func(name string, value any)
	add = func(name string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for key, member := range v {
				add(name+"."+key, member)
			}
		case []any:
			for i, item := range v {
				add(fmt.Sprintf("%s.member.%d", name, i+1), item)
			}
		default:
			form.Set(name, fmt.Sprint(v))
		}
	}
	for key, member := range tree {
		add(key, member)
	}
	return form.Encode()
}

// attacked is the face of an account with a little of everything, and what it says of mistakes.
type attacked struct {
	*world
	server     *api.Server
	operations []api.Operation
	said       *strings.Builder
}

func newAttacked(t testing.TB) *attacked {
	a := &attacked{operations: api.Operations(), said: &strings.Builder{}}
	t.Cleanup(edge.Output(a.said))
	var config api.Config
	a.world = newWorld(t, func(c *api.Config) { config = *c })
	a.server = api.New(config)
	region := a.account.Region("us-east-1")
	_, err := region.SQS.CreateQueue(sqs.Queue{Name: "q"})
	require.NoError(t, err)
	_, err = region.SNS.CreateTopic(sns.Topic{Name: "t"})
	require.NoError(t, err)
	require.NoError(t, region.CloudWatch.PutMetricData("N", cloudwatch.Sample("m", nil, 1, "", region.Now())))
	return a
}

// send sends a signed request; a panic fails the test with what was sent.
func (a *attacked) send(t testing.TB, o api.Operation, headers map[string]string, body string) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	method, path := http.MethodPost, "/"
	if len(headers) == 0 && o.Path != "" {
		method, path = o.Method, o.Path
	}
	if headers["Smithy-Protocol"] != "" {
		path = "/service/S/operation/" + o.Name
	}
	r := httptest.NewRequestWithContext(ctx, method, "http://127.0.0.1"+path, strings.NewReader(body))
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	sum := sha256.Sum256([]byte(body))
	require.NoError(t, v4.NewSigner().SignHTTP(ctx, credentialsOf(a.account.IAM.Admin()), r, hex.EncodeToString(sum[:]), o.Service, "us-east-1", time.Now()))
	answer := httptest.NewRecorder()
	a.server.ServeHTTP(answer, r)
	if a.said.Len() > 0 || answer.Body.Len() == 0 && answer.Code >= http.StatusBadRequest {
		t.Fatalf("%s %s %v %q: %d %s\n%s", o.Service, o.Name, headers, body, answer.Code, answer.Body, a.said)
	}
	require.NoError(t, ctx.Err(), "%s %s %v %q: no answer in time", o.Service, o.Name, headers, body)
}

// Every operation has an answer to everything, in every protocol, and none is a mistake of the sandbox's own.
func TestNoRequestGoesUnanswered(t *testing.T) {
	a := newAttacked(t)
	for _, o := range a.operations {
		for _, encoding := range encodings {
			for _, body := range bodies {
				a.send(t, o, encoding.headers(o), encoding.encode(body, o))
			}
		}
	}
}

func FuzzRequests(f *testing.F) {
	a := newAttacked(f)
	for i, o := range a.operations {
		for j, encoding := range encodings {
			for _, body := range bodies {
				f.Add(uint8(i), uint8(j), []byte(encoding.encode(body, o)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, operation, encoding uint8, body []byte) {
		o := a.operations[int(operation)%len(a.operations)]
		a.send(t, o, encodings[int(encoding)%len(encodings)].headers(o), string(body))
	})
}

package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awsdsql "github.com/aws/aws-sdk-go-v2/service/dsql"
	awsevents "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventstypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/api"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/sigv4"
	"aurora-dsql-dr/sandbox/sns"
)

// Each protocol has its own shape and name for the same refusal; the SDK client of each must be able to read it.
func TestEveryProtocolRefusesWrongCredentials(t *testing.T) {
	w := newWorld(t, nil)
	wrong := w.account.IAM.Admin()
	wrong.SecretAccessKey += "x"
	config := w.as("us-east-1", wrong)
	const message = "signature we calculated does not match"
	_, err := awssts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil)
	requireCode(t, err, "SignatureDoesNotMatch", message)
	_, err = awssqs.NewFromConfig(config).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String("q"), MessageBody: aws.String("m")})
	requireCode(t, err, "InvalidSignatureException", message)
	_, err = awsdsql.NewFromConfig(config).ListClusters(t.Context(), nil)
	requireCode(t, err, "InvalidSignatureException", message)
	_, err = awscloudwatch.NewFromConfig(config).PutMetricData(t.Context(), &awscloudwatch.PutMetricDataInput{Namespace: aws.String("n")})
	requireCode(t, err, "InvalidSignatureException", message)
}

// What is not modelled says so with its name, in every protocol, and is not retried.
func TestWhatIsNotModelledSaysSo(t *testing.T) {
	w := newWorld(t, nil)
	config := w.admin("us-east-1")
	_, err := awssns.NewFromConfig(config).ListPhoneNumbersOptedOut(t.Context(), nil)
	requireCode(t, err, "NotImplemented", "sns: operation ListPhoneNumbersOptedOut is not modelled by the sandbox; modelled are")
	_, err = awssqs.NewFromConfig(config).ListMessageMoveTasks(t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String("a")})
	requireCode(t, err, "NotImplemented", "sqs: operation ListMessageMoveTasks")
	_, err = awscloudwatch.NewFromConfig(config).DescribeInsightRules(t.Context(), nil)
	requireCode(t, err, "NotImplemented", "cloudwatch: operation DescribeInsightRules")
	_, err = awslambda.NewFromConfig(config).ListLayers(t.Context(), nil)
	requireCode(t, err, "NotImplemented", "lambda: operation ListLayers is not modelled")
}

// The signature decides; each case is a request that AWS refuses.
func TestSignatures(t *testing.T) {
	w := newWorld(t, nil)
	admin := w.account.IAM.Admin()
	session, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", w.role.Arn, "s")
	require.NoError(t, err)
	cases := []struct {
		name        string
		credentials iam.Credentials
		at          time.Time
		region      string
		service     string
		tamper      func(*http.Request)
		want        string
	}{
		{name: "as it should be", credentials: admin},
		{name: "of a session", credentials: session},
		{name: "four minutes old", credentials: admin, at: time.Now().Add(-4 * time.Minute)},
		{name: "six minutes old", credentials: admin, at: time.Now().Add(-6 * time.Minute), want: "Signature expired"},
		{name: "from the future", credentials: admin, at: time.Now().Add(6 * time.Minute), want: "Signature not yet current"},
		{name: "of an unknown key", credentials: iam.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "s"},
			want: "UnrecognizedClientException"},
		{name: "without the session's token", want: "UnrecognizedClientException",
			credentials: iam.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.SecretAccessKey}},
		{name: "with another body", credentials: admin, want: "InvalidSignatureException",
			tamper: func(r *http.Request) {
				r.Body, r.ContentLength = http.NoBody, 0
				r.URL.RawQuery = "max-results=1"
			}},
		{name: "with another header", credentials: admin, want: "InvalidSignatureException",
			tamper: func(r *http.Request) { r.Header.Set("X-Amz-Meta", "other") }},
		{name: "none", credentials: admin, want: "MissingAuthenticationTokenException",
			tamper: func(r *http.Request) { r.Header.Del("Authorization") }},
		{name: "garbled", credentials: admin, want: "IncompleteSignatureException",
			tamper: func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") }},
		{name: "for a region the sandbox has not", credentials: admin, region: "eu-west-1",
			want: "valid Region, not 'eu-west-1'; the sandbox has us-east-1, us-east-2"},
		{name: "for a service the sandbox has not", credentials: admin, service: "ec2", want: `service \"ec2\" is not modelled`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := w.request(t, "GET", "/cluster?max-results=10")
			r.Header.Set("X-Amz-Meta", "a   b")
			at := c.at
			if at.IsZero() {
				at = time.Now()
			}
			require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), credentialsOf(c.credentials), r, sigv4.EmptyPayload,
				or(c.service, "dsql"), or(c.region, "us-east-1"), at))
			if c.tamper != nil {
				c.tamper(r)
			}
			status, body := do(t, r)
			if c.want != "" {
				assert.GreaterOrEqual(t, status, 400)
				assert.Contains(t, body, c.want)
				return
			}
			assert.NotContains(t, body, "Signature")
			assert.NotContains(t, body, "Client")
		})
	}
}

func TestPresignedRequests(t *testing.T) {
	w := newWorld(t, nil)
	presigned := func(at time.Time) (int, string) {
		r := w.request(t, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60")
		url, _, err := v4.NewSigner().PresignHTTP(t.Context(), credentialsOf(w.account.IAM.Admin()), r, sigv4.EmptyPayload, "sts", "us-east-1", at)
		require.NoError(t, err)
		signed, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		return do(t, signed)
	}
	status, body := presigned(time.Now().Add(-50 * time.Second))
	assert.Equal(t, 200, status, body)
	assert.Contains(t, body, ":user/admin")
	status, body = presigned(time.Now().Add(-70 * time.Second))
	assert.Equal(t, 403, status)
	assert.Contains(t, body, "Signature expired")
}

// Faults of regions and of the network between them are the environment's.
func TestLostRegions(t *testing.T) {
	w := newWorld(t, nil)
	w.account.Region("us-east-1").SetDown(true)
	_, err := awsdsql.NewFromConfig(w.admin("us-east-1")).ListClusters(t.Context(), nil)
	requireCode(t, err, "ServiceUnavailableException", "region us-east-1 is unavailable")
	_, err = awsdsql.NewFromConfig(w.admin("us-east-2")).ListClusters(t.Context(), nil)
	require.NoError(t, err)
}

// placed is an SDK configuration for a function with the role that runs in one region and calls another.
func (w *world) placed(t *testing.T, from, to string) aws.Config {
	t.Helper()
	credentials, err := w.account.IAM.AssumeRole("lambda.amazonaws.com", w.role.Arn, "health-check")
	require.NoError(t, err)
	w.account.IAM.Place(credentials.AccessKeyID, from)
	return w.as(to, credentials)
}

// Who is cut off from a region gets no answer until the network is whole again; all others do.
func TestPartitionedRegions(t *testing.T) {
	w := newWorld(t, nil)
	w.allow(t, "dsql:ListClusters", "*", "")
	list := func(ctx context.Context, from string) error {
		_, err := awsdsql.NewFromConfig(w.placed(t, from, "us-east-1")).ListClusters(ctx, nil)
		return err
	}
	w.account.Region("us-east-1").SetCutOff("us-east-2", true)
	require.NoError(t, list(t.Context(), "us-east-1"), "the region itself")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, list(ctx, "us-east-2"), context.DeadlineExceeded)

	answered := make(chan error)
	go func() { answered <- list(t.Context(), "us-east-2") }()
	w.account.Region("us-east-1").SetCutOff("us-east-2", false)
	require.NoError(t, <-answered)
}

// The signatures of a function whose clock is wrong are judged as AWS would, and its metrics are where it dates them.
func TestASkewedClock(t *testing.T) {
	w := newWorld(t, nil)
	w.allow(t, "cloudwatch:PutMetricData", "*", "")
	home := w.account.Region("us-east-1")
	put := func() error {
		_, err := awscloudwatch.NewFromConfig(w.placed(t, "us-east-1", "us-east-2")).PutMetricData(t.Context(), &awscloudwatch.PutMetricDataInput{
			Namespace:  aws.String("N"),
			MetricData: []cwtypes.MetricDatum{{MetricName: aws.String("m"), Value: aws.Float64(1), Timestamp: aws.Time(time.Now())}},
		})
		return err
	}
	home.SetSkew(-4 * time.Minute)
	require.NoError(t, put(), "AWS forgives five minutes")
	now := time.Now()
	points, err := w.account.Region("us-east-2").CloudWatch.GetMetricStatistics(cloudwatch.Metric{Namespace: "N", Name: "m"},
		now.Add(-6*time.Minute), now.Add(-2*time.Minute), time.Minute, "")
	require.NoError(t, err)
	assert.Len(t, points, 1, "four minutes ago")
	for _, skew := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		home.SetSkew(skew)
		requireCode(t, put(), "InvalidSignatureException", "Signature ")
	}
}

// What a function dates by its own clock is wrong by its skew; the time of an event is when it happened, as the publisher
// has it from the database, and arrives as it was sent.
func TestASkewShiftsWhatTheCallerDatesByItsOwnClock(t *testing.T) {
	for _, skew := range []time.Duration{-3 * time.Minute, 3 * time.Minute} {
		w := newWorld(t, nil)
		w.allow(t, "events:PutEvents", "*", "")
		region := w.account.Region("us-east-2")
		archive, err := region.Events.CreateArchive(events.Archive{Name: "all", EventSourceArn: region.ARN("events", "event-bus/default")})
		require.NoError(t, err)
		w.account.Region("us-east-1").SetSkew(skew)
		happened := time.Now().Truncate(time.Second)
		out, err := awsevents.NewFromConfig(w.placed(t, "us-east-1", "us-east-2")).PutEvents(t.Context(), &awsevents.PutEventsInput{
			Entries: []eventstypes.PutEventsRequestEntry{{Source: aws.String("test"), DetailType: aws.String("t"), Detail: aws.String("{}"), Time: &happened}}})
		require.NoError(t, err)
		require.Zero(t, out.FailedEntryCount)
		replay, err := region.Events.StartReplay(events.Replay{Name: "then", ArchiveArn: archive.Arn, BusArn: archive.EventSourceArn,
			From: happened, To: happened.Add(time.Second)})
		require.NoError(t, err)
		assert.Equal(t, 1, replay.Sent, "dated when it happened, with a skew of %s", skew)
	}
}

// A topic that refuses plain HTTP takes what comes through the loopback listener, unless told that it is plain.
func TestSecureTransport(t *testing.T) {
	for _, plain := range []bool{false, true} {
		w := newWorld(t, func(c *api.Config) { c.PlainTransport = plain })
		arn := w.account.Region("us-east-1").ARN("sns", "alerts")
		topic, err := w.account.Region("us-east-1").SNS.CreateTopic(sns.Topic{Name: "alerts", Policy: `{"Version":"2012-10-17","Statement":[
			{"Effect":"Deny","Principal":"*","Action":"sns:Publish","Resource":"` + arn + `","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`})
		require.NoError(t, err)
		w.allow(t, "sns:Publish", "*", "")
		_, err = awssns.NewFromConfig(w.function(t, "us-east-1")).Publish(t.Context(), &awssns.PublishInput{TopicArn: &topic.Arn, Message: aws.String("m")})
		if plain {
			require.ErrorContains(t, err, "explicit deny")
			continue
		}
		require.NoError(t, err)
	}
}

func TestMalformedRequestsSayWhere(t *testing.T) {
	w := newWorld(t, nil)
	cases := map[string]string{
		`{"QueueUrl":1}`:  "QueueUrl must be a string, not float64",
		`{"QueueUrl":"q"`: "SerializationException",
		`[1]`:             "must be a structure",
	}
	for body, want := range cases {
		status, answer := w.post(t, "sqs", map[string]string{"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"}, body)
		assert.Equal(t, 400, status)
		assert.Contains(t, answer, want)
	}
}

func TestTheListenerIsForThisMachineOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "nowhere"} {
		_, _, err := api.New(api.Config{}).Listen(address)
		require.Error(t, err, address)
	}
}

// A panic is the answer to one request, in the protocol it came in, and said aloud; the next request is answered.
func TestAMistakeOfTheSandboxIsAnAnswer(t *testing.T) {
	var said strings.Builder
	t.Cleanup(edge.Output(&said))
	w := newWorld(t, func(c *api.Config) {
		require.NoError(t, c.Account.Close()) // nothing but the face shall meet what is missing
		broken := c.Account.Region("us-east-1")
		broken.CloudWatch = nil
		broken.SQS = nil
		broken.SNS = nil
		broken.Lambda = nil
	})
	config := w.admin("us-east-1")
	_, err := awscloudwatch.NewFromConfig(config).ListDashboards(t.Context(), nil)
	requireCode(t, err, "InternalFailure", "a mistake of the sandbox's own")
	_, err = awssqs.NewFromConfig(config).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String("q"), MessageBody: aws.String("m")})
	requireCode(t, err, "InternalFailure", "a mistake of the sandbox's own")
	_, err = awssns.NewFromConfig(config).ListTopics(t.Context(), nil)
	requireCode(t, err, "InternalFailure", "a mistake of the sandbox's own")
	_, err = awslambda.NewFromConfig(config).ListFunctions(t.Context(), nil)
	requireCode(t, err, "InternalFailure", "a mistake of the sandbox's own")
	_, err = awssts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err)
	assert.Contains(t, said.String(), "AWS API: POST /service/GraniteServiceVersion20100801/operation/ListDashboards")
}

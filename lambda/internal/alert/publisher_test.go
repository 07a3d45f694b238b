package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
)

// topic records what it is sent, and answers after a while. One that is given up on has taken the message nevertheless.
type topic struct {
	takes time.Duration
	fail  error

	mu  sync.Mutex
	got []*sns.PublishInput
}

func (s *topic) taken() []*sns.PublishInput {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

func (s *topic) Publish(
	ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options),
) (*sns.PublishOutput, error) {
	s.mu.Lock()
	s.got = append(s.got, in)
	s.mu.Unlock()
	select {
	case <-time.After(s.takes):
		return &sns.PublishOutput{}, s.fail
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// never is longer than any deadline.
const never = 24 * time.Hour

func status(code int) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code}},
		Err:      errors.New("refused"),
	}
}

func publisher(log io.Writer, topics ...*topic) Publisher {
	var routes []Route
	for i, s := range topics {
		region := []string{"us-east-1", "us-east-2", "us-west-2"}[i]
		routes = append(routes, Route{
			Topic:  contract.Topic{Region: region, ARN: "arn:aws:sns:" + region + ":123456789012:alerts"},
			Client: s,
		})
	}
	return Publisher{Routes: routes, Timeout: 2 * time.Second, Log: slog.New(slog.NewJSONHandler(log, nil))}
}

func TestTheOwnTopicComesFirstAndIsEnough(t *testing.T) {
	own, next := &topic{}, &topic{}
	m := Write(incident.Notice{Incident: confirmed, At: epoch}, target, "docs/runbooks.md")
	require.NoError(t, publisher(io.Discard, own, next).Publish(t.Context(), m))
	require.Len(t, own.taken(), 1)
	assert.Empty(t, next.taken())
	in := own.taken()[0]
	assert.Equal(t, []string{"arn:aws:sns:us-east-1:123456789012:alerts", m.Subject}, []string{*in.TopicArn, *in.Subject})
	assert.Equal(t, "json", *in.MessageStructure)
	var texts map[string]string
	require.NoError(t, json.Unmarshal([]byte(*in.Message), &texts))
	assert.Equal(t, map[string]string{
		"default": m.Body,
		"sms":     m.Short,
	}, texts, "telephones get a short text, the others all of it")
	assert.Equal(t, "Number", *in.MessageAttributes[contract.AttributeIncident].DataType)
	assert.Equal(t, contract.AlertOpened, *in.MessageAttributes[contract.AttributeKind].StringValue)
}

func TestTopicsThatFailOrHangHandOver(t *testing.T) {
	const deadline = 30 * time.Second
	for _, tt := range []struct {
		intent string
		topics []*topic
		asked  []int // messages by topic
		took   time.Duration
	}{
		{"A refusal hands over at once.", []*topic{{fail: status(403)}, {}, {}}, []int{1, 1, 0}, 0},
		{"So does an error that leaves open what happened: being told comes before being told once.",
			[]*topic{{fail: io.EOF}, {}, {}}, []int{1, 1, 0}, 0},
		{"A topic that hangs does so after the timeout.", []*topic{{takes: never}, {}, {}}, []int{1, 1, 0}, 2 * time.Second},
		{"Each has its own.", []*topic{{takes: never}, {takes: never}, {}}, []int{1, 1, 1}, 4 * time.Second},
		{"A late answer counts: nobody else is asked then.", []*topic{{takes: 3 * time.Second}, {takes: never}, {}},
			[]int{1, 1, 0}, 3 * time.Second},
		{"On a starved machine every topic is asked once.",
			[]*topic{{takes: 9 * time.Second}, {takes: 9 * time.Second}, {takes: 9 * time.Second}}, []int{1, 1, 1},
			9 * time.Second},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				start := time.Now()
				require.NoError(t, publisher(io.Discard, tt.topics...).Publish(ctx, Message{Subject: "s"}))
				assert.Equal(t, tt.took, time.Since(start))
				for i, s := range tt.topics {
					assert.Len(t, s.taken(), tt.asked[i], "topic %d", i)
				}
			})
		})
	}
}

func TestATopicThatFailedIsLoggedWhenAnotherTookTheAlert(t *testing.T) {
	var log bytes.Buffer
	require.NoError(t, publisher(&log, &topic{fail: status(403)}, &topic{}).Publish(t.Context(), Message{Subject: "s"}))
	assert.Contains(t, log.String(), "arn:aws:sns:us-east-1:123456789012:alerts")
}

func TestEveryTopicHasAShareOfATimeThatIsTooShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last := &topic{takes: 900 * time.Millisecond}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		require.NoError(t, publisher(io.Discard, &topic{takes: never}, &topic{takes: never}, last).Publish(ctx,
			Message{Subject: "s"}))
	})
}

func TestTopicsThatNeverAnswerAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topics := []*topic{{takes: never}, {takes: never}, {fail: status(403)}}
		start := time.Now()
		err := publisher(io.Discard, topics...).Publish(t.Context(), Message{Subject: "s"})
		assert.ErrorIs(t, err, ErrUnanswered)
		assert.ErrorContains(t, err, "2 of 3 topics: no answer")
		assert.Equal(t, 12*time.Second, time.Since(start))
		for _, s := range topics {
			assert.Len(t, s.taken(), 1)
		}
	})
}

func TestAnAlertThatReachesNoTopicIsAnErrorThatNamesAll(t *testing.T) {
	err := publisher(io.Discard, &topic{fail: status(403)}, &topic{fail: status(429)}).Publish(t.Context(),
		Message{Subject: "s"})
	assert.ErrorContains(t, err, `alert "s" reached no topic: topic arn:aws:sns:us-east-1:123456789012:alerts: `)
	assert.ErrorContains(t, err, "topic arn:aws:sns:us-east-2:123456789012:alerts: ")
	assert.NotErrorIs(t, err, ErrUnanswered, "it is certain that nobody was told")

	err = publisher(io.Discard, &topic{fail: status(500)}, &topic{fail: status(403)}).Publish(t.Context(),
		Message{Subject: "s"})
	assert.ErrorIs(t, err, ErrUnanswered, "the first may have told people")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	asked := &topic{}
	err = publisher(io.Discard, asked).Publish(ended, Message{Subject: "s"})
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, ErrUnanswered)
	assert.Empty(t, asked.taken())
}

func TestWhatProvesThatNothingWasPublished(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{status(400), true}, {status(403), true}, {status(429), true}, {status(503), true}, {status(500), false},
		{status(502), false},
		{status(504), false}, {dial, true}, {&net.OpError{Op: "read", Err: io.EOF}, false}, {io.ErrUnexpectedEOF, false},
		{context.DeadlineExceeded, false},
	} {
		assert.Equal(t, tt.want, unpublished(tt.err), "%v", tt.err)
	}
}

// client is the SDK's, as the health check makes it, in front of a server that answers every request so.
func client(t *testing.T, answer http.HandlerFunc) (*sns.Client, *atomic.Int32) {
	t.Helper()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return sns.New(sns.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL),
		Retryer:      Retryer(40 * time.Millisecond),
		Credentials:  credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}), &requests
}

func TestTheSDKRepeatsOnlyWhatWasNotPublished(t *testing.T) {
	for _, tt := range []struct {
		intent   string
		answer   http.HandlerFunc
		requests int32
	}{
		{"An internal error may have published.", func(w http.ResponseWriter,
			_ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
		}, 1},
		{"So may a connection that ends without an answer.", func(http.ResponseWriter,
			*http.Request) {
			panic(http.ErrAbortHandler)
		}, 1},
		{"A service that is unavailable has not.", func(w http.ResponseWriter,
			_ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}, 3},
		{"A permission is not granted by asking again.", func(w http.ResponseWriter,
			_ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
		}, 1},
	} {
		t.Run(tt.intent, func(t *testing.T) {
			sdk, requests := client(t, tt.answer)
			p := Publisher{Routes: []Route{{Client: sdk}}, Timeout: time.Second, Log: slog.New(slog.DiscardHandler)}
			require.Error(t, p.Publish(t.Context(), Message{Subject: "s", Body: "b"}))
			assert.Equal(t, tt.requests, requests.Load())
		})
	}
}

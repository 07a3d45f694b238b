package alert

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
	"aurora-dsql-dr/lambda/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	epoch  = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	target = contract.Target{
		Region: "us-east-1", ClusterID: "kiabtvnjq5abcdefghijklmnop", Endpoint: "kiabtvnjq5abcdefghijklmnop.dsql.us-east-1.on.aws",
		ClusterARN: "arn:aws:dsql:us-east-1:123456789012:cluster/kiabtvnjq5abcdefghijklmnop",
	}
	confirmed = incident.Incident{Endpoint: target.Endpoint, Number: 3, OpenedAt: epoch, OpenedBy: "us-east-2", ConfirmedBy: "us-west-2", Reason: verdict.Timeout}
)

func closedAfter(i incident.Incident, d time.Duration) incident.Incident {
	i.ClosedAt, i.ClosedBy = i.OpenedAt.Add(d), "us-west-2"
	return i
}

func TestMessages(t *testing.T) {
	own := incident.Incident{Endpoint: target.Endpoint, OpenedAt: epoch, OpenedBy: "us-west-2", Reason: verdict.Connect}
	lastOne := confirmed
	lastOne.ConfirmedBy, lastOne.Reason = "", verdict.Key
	for _, tt := range []struct {
		golden, subject string
		notice          incident.Notice
	}{
		{"opened", "DSQL LOST in us-east-1: timeout (incident 3)", incident.Notice{Kind: incident.Opened, Incident: confirmed, At: epoch}},
		{"reminder", "DSQL STILL LOST in us-east-1 for 15m0s: timeout (incident 3)", incident.Notice{Kind: incident.Reminder, Incident: confirmed, At: epoch.Add(15 * time.Minute)}},
		{"resolved", "DSQL RESOLVED in us-east-1 after 17m10s (incident 3)", incident.Notice{Kind: incident.Resolved, Incident: closedAfter(confirmed, 17*time.Minute+10*time.Second), At: epoch.Add(time.Hour)}},
		{"opened-on-own-evidence", "DSQL LOST in us-east-1: connect UNCONFIRMED", incident.Notice{Kind: incident.Opened, Incident: own, At: epoch}},
		{"opened-by-the-last-observer", "DSQL LOST in us-east-1: key (incident 3) UNCONFIRMED", incident.Notice{Kind: incident.Opened, Incident: lastOne, At: epoch}},
	} {
		t.Run(tt.golden, func(t *testing.T) {
			m := Write(tt.notice, target, "https://wiki.example.com/dr")
			assert.Equal(t, tt.subject, m.Subject)
			file := filepath.Join("testdata", tt.golden+".txt")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(file, []byte(m.Body), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), m.Body)
		})
	}
}

func TestEveryMessageFitsItsChannelAndCanBeRead(t *testing.T) {
	long, runbooks := target, contract.Runbooks("https://wiki.example.com/"+strings.Repeat("x", 275)) // as long as the configuration accepts
	long.Region = "ap-northeast-3"
	assert.Equal(t, "unknown", word(verdict.None))
	for r := verdict.None; r <= verdict.Timeout; r++ {
		for _, kind := range []incident.Kind{incident.Opened, incident.Reminder, incident.Resolved} {
			i := confirmed
			i.Number, i.ConfirmedBy, i.Reason = 9_223_372_036_854_775_807, "", r
			if kind == incident.Resolved {
				i = closedAfter(i, 9000*time.Hour)
			}
			m := Write(incident.Notice{Kind: kind, Incident: i, At: epoch.Add(9000 * time.Hour)}, long, runbooks)
			assert.LessOrEqual(t, len(m.Subject), 100)
			assert.Regexp(t, `^[ -~]+$`, m.Subject)
			assert.LessOrEqual(t, len(m.Body), 1600)
			assert.Regexp(t, `\nRunbook: https://wiki\.example\.com/x+#[a-z-]+$`, m.Body)
			assert.Equal(t, map[string]string{
				"kind": kind.String(), "endpoint_region": "ap-northeast-3", "reason": word(r), "confirmed": "false", "incident": "9223372036854775807",
			}, m.Attributes)
		}
	}
}

// topic records what it is sent.
type topic struct {
	got  []*sns.PublishInput
	fail error
	hang bool
}

func (s *topic) Publish(ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if s.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.got = append(s.got, in)
	return &sns.PublishOutput{}, s.fail
}

func routes(topics ...*topic) []Route {
	arns := []string{"arn:aws:sns:us-east-1:123456789012:alerts", "arn:aws:sns:us-east-2:123456789012:alerts"}
	var routes []Route
	for i, s := range topics {
		routes = append(routes, Route{Topic: contract.Topic{Region: []string{"us-east-1", "us-east-2"}[i], ARN: arns[i]}, Client: s})
	}
	return routes
}

func TestTheOwnTopicComesFirstAndIsEnough(t *testing.T) {
	own, next := &topic{}, &topic{}
	p := Publisher{Routes: routes(own, next), Timeout: time.Second, Log: slog.New(slog.DiscardHandler)}
	m := Write(incident.Notice{Incident: confirmed, At: epoch}, target, "docs/runbooks.md")
	require.NoError(t, p.Publish(t.Context(), m))
	require.Len(t, own.got, 1)
	assert.Empty(t, next.got)
	in := own.got[0]
	assert.Equal(t, []string{"arn:aws:sns:us-east-1:123456789012:alerts", m.Subject, m.Body}, []string{*in.TopicArn, *in.Subject, *in.Message})
	assert.Equal(t, "Number", *in.MessageAttributes[AttributeIncident].DataType)
	assert.Equal(t, "opened", *in.MessageAttributes[AttributeKind].StringValue)
}

func TestATopicThatHangsHandsOverAfterItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		next := &topic{}
		p := Publisher{Routes: routes(&topic{hang: true}, next), Timeout: 2 * time.Second, Log: slog.New(slog.NewJSONHandler(&log, nil))}
		start := time.Now()
		require.NoError(t, p.Publish(t.Context(), Message{Subject: "s"}))
		assert.Equal(t, 2*time.Second, time.Since(start))
		assert.Len(t, next.got, 1)
		assert.Contains(t, log.String(), "arn:aws:sns:us-east-1:123456789012:alerts: context deadline exceeded")
	})
}

func TestAnAlertThatReachesNoTopicIsAnErrorThatNamesAll(t *testing.T) {
	p := Publisher{Routes: routes(&topic{fail: errors.New("denied")}, &topic{fail: errors.New("throttled")}), Timeout: time.Second}
	assert.EqualError(t, p.Publish(t.Context(), Message{Subject: "s"}), `alert "s" reached no topic: `+
		"topic arn:aws:sns:us-east-1:123456789012:alerts: denied\ntopic arn:aws:sns:us-east-2:123456789012:alerts: throttled")
}

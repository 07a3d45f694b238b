package alert

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		Region:     "us-east-1",
		ClusterID:  "kiabtvnjq5abcdefghijklmnop",
		Endpoint:   "kiabtvnjq5abcdefghijklmnop.dsql.us-east-1.on.aws",
		ClusterARN: "arn:aws:dsql:us-east-1:123456789012:cluster/kiabtvnjq5abcdefghijklmnop",
	}
	confirmed = incident.Incident{
		Endpoint:    target.Endpoint,
		Number:      3,
		OpenedAt:    epoch,
		OpenedBy:    "us-east-2",
		ConfirmedBy: "us-west-2",
		Reason:      verdict.Timeout,
	}
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
		{"opened", "DSQL LOST in us-east-1: timeout (incident 3)", incident.Notice{
			Kind:     incident.Opened,
			Incident: confirmed,
			At:       epoch,
		}},
		{"reminder", "DSQL STILL LOST in us-east-1 for 15m0s: timeout (incident 3)", incident.Notice{
			Kind:     incident.Reminder,
			Incident: confirmed,
			At:       epoch.Add(15 * time.Minute),
		}},
		{"resolved", "DSQL RESOLVED in us-east-1 after 17m10s (incident 3)", incident.Notice{
			Kind:     incident.Resolved,
			Incident: closedAfter(confirmed, 17*time.Minute+10*time.Second),
			At:       epoch.Add(time.Hour),
		}},
		{"opened-on-own-evidence", "DSQL LOST in us-east-1: connect UNCONFIRMED", incident.Notice{
			Kind:     incident.Opened,
			Incident: own,
			At:       epoch,
		}},
		{"opened-by-the-last-observer", "DSQL LOST in us-east-1: key (incident 3) UNCONFIRMED", incident.Notice{
			Kind:     incident.Opened,
			Incident: lastOne,
			At:       epoch,
		}},
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
	long := target
	// as long as the configuration accepts
	runbooks := contract.Runbooks("https://wiki.example.com/" + strings.Repeat("x", 275))
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
			assert.LessOrEqual(t, len(m.Subject), 99)
			assert.Regexp(t, `^[ -~]+$`, m.Subject)
			assertOnePart(t, kind, m.Short)
			assert.Regexp(t, `\nRunbook: https://wiki\.example\.com/x+#[a-z-]+$`, m.Body)
			assert.Equal(t, map[string]string{
				"kind":            kind.String(),
				"endpoint_region": "ap-northeast-3",
				"reason":          word(r),
				"confirmed":       "false",
				"incident":        "9223372036854775807",
			}, m.Attributes)
		}
	}
}

// assertOnePart holds a short text to what one part of an SMS takes (SNS API Reference, Publish: 160 characters of GSM
// 03.38, 140 of ASCII), and to what a person has to know.
func assertOnePart(t *testing.T, kind incident.Kind, text string) {
	t.Helper()
	state := map[incident.Kind]string{
		incident.Opened:   "DSQL LOST in ap-northeast-3: ",
		incident.Reminder: "DSQL STILL LOST in ap-northeast-3 for 9000h0m0s: ",
		incident.Resolved: "DSQL RESOLVED in ap-northeast-3 after 9000h0m0s ",
	}[kind]
	assert.LessOrEqual(t, len(text), 140, text)
	assert.Regexp(t, `^[A-Za-z0-9 :,()-]+$`, text, "letters that GSM 03.38 has, too")
	assert.True(t, strings.HasPrefix(text, state), text)
	assert.Contains(t, text, "(incident 9223372036854775807) UNCONFIRMED")
	assert.Contains(t, text, "since 2026-01-01 03:00 UTC")
}

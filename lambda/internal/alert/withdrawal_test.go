package alert

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/incident"
)

func TestMessagesOfWithdrawals(t *testing.T) {
	inForce := incident.Withdrawal{
		Endpoint: target.Endpoint,
		Reason:   "new firewall",
		By:       "alice",
		Since:    epoch,
		Until:    epoch.Add(2 * time.Hour),
	}
	ended := inForce
	ended.Until, ended.EndedBy = epoch.Add(time.Hour), "bob"
	lapsed := inForce
	lapsed.Until = epoch.Add(time.Hour)
	for _, tt := range []struct {
		notice         incident.Notice
		subject, short string
	}{
		{incident.Notice{Kind: incident.Withdrawn, Withdrawal: inForce},
			"DSQL WITHDRAWN us-east-1 until 2026-01-01 05:00 UTC", " by alice: new firewall"},
		{incident.Notice{Kind: incident.Returned, Withdrawal: ended},
			"DSQL RETURNED us-east-1 at 2026-01-01 04:00 UTC", " by bob: new firewall"},
		{incident.Notice{Kind: incident.Lapsed, Withdrawal: lapsed},
			"DSQL WITHDRAWAL LAPSED us-east-1 at 2026-01-01 04:00 UTC", " by loss of the other region: new firewall"},
	} {
		kind := tt.notice.Kind.String()
		t.Run(kind, func(t *testing.T) {
			m := Write(tt.notice, target, "https://wiki.example.com/dr")
			assert.Equal(t, tt.subject, m.Subject)
			assert.Equal(t, tt.subject+tt.short, m.Short)
			assert.Equal(t, map[string]string{"kind": kind, "endpoint_region": "us-east-1"}, m.Attributes)
			file := filepath.Join("testdata", kind+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(m.Body), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), m.Body)
			assert.Contains(t, m.Body, "#"+string(contract.RunbookTraffic))
		})
	}
}

// What people write is of any length and any letters.
func TestEveryWithdrawalFitsItsChannel(t *testing.T) {
	long := target
	long.Region = "ap-northeast-3"
	for _, kind := range []incident.Kind{incident.Withdrawn, incident.Returned, incident.Lapsed} {
		m := Write(incident.Notice{Kind: kind, Withdrawal: incident.Withdrawal{
			Reason:  strings.Repeat("größer~{", 25),
			By:      strings.Repeat("Zoë|", 50),
			EndedBy: strings.Repeat("Zoë|", 50),
			Until:   epoch,
		}}, long, "https://wiki.example.com/dr")
		assert.LessOrEqual(t, len(m.Subject), 99)
		assert.Regexp(t, `^[ -~]+$`, m.Subject)
		assert.LessOrEqual(t, len(m.Short), 140)
		assert.Regexp(t, `^[^\x60~|{}\[\]^\\]+$`, m.Short, "letters that GSM 03.38 has, too")
		assert.Regexp(t, `^[ -~]+$`, m.Short)
		assert.Contains(t, m.Short, "ap-northeast-3")
		assert.Contains(t, m.Short, "2026-01-01 03:00 UTC by ")
		assert.Contains(t, m.Body, "größer~{", "mail has all of it")
	}
}

package verdict

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	assert.Equal(t, "degraded", Degraded.String())
	assert.Equal(t, "verdict(9)", Verdict(9).String())
	assert.Equal(t, "reason(-1)", Reason(-1).String())
	assert.Equal(t, "lost", Lost.String())
	assert.Equal(t, "degraded (waking)", Observation{Verdict: Degraded, Reason: Timeout, Waking: true}.String())
	assert.Equal(t, "down (key)", Observation{Verdict: Down, Reason: Key}.String())
	assert.Equal(t, "up", Observation{Verdict: Up}.String())
}

func TestEveryReasonIsReadBack(t *testing.T) {
	for r := None; r <= Timeout; r++ {
		back, err := ParseReason(r.String())
		require.NoError(t, err)
		assert.Equal(t, r, back)
	}
	_, err := ParseReason("weather")
	assert.EqualError(t, err, `unknown reason "weather"`)
}

func TestJudge(t *testing.T) {
	active := Cluster{StatusActive, EncryptionEnabled}
	for _, tt := range []struct {
		intent string
		given  Evidence
		want   Observation
	}{
		{"A cluster that is active and serves is up.", Evidence{Cluster: active}, Observation{Verdict: Up}},
		{"An idle cluster that serves is not an outage.", Evidence{Cluster: Cluster{StatusIdle, EncryptionEnabled}},
			Observation{Verdict: Up}},
		{"Nor is an inactive one.", Evidence{Cluster: Cluster{StatusInactive, EncryptionEnabled}}, Observation{Verdict: Up}},
		{"Encryption that AWS leaves out is not held against the cluster.", Evidence{Cluster: Cluster{Status: StatusActive}},
			Observation{Verdict: Up}},
		{"An update in progress degrades.", Evidence{Cluster: Cluster{"UPDATING", EncryptionEnabled}}, Observation{
			Verdict: Degraded,
			Reason:  Status,
		}},
		{"So does a status that this program does not know yet.", Evidence{Cluster: Cluster{"RESTING", EncryptionEnabled}},
			Observation{
				Verdict: Degraded,
				Reason:  Status,
			}},
		{"A connection that took more than one attempt degrades.", Evidence{
			Cluster: active,
			Dropped: true,
		}, Observation{Verdict: Degraded, Reason: Connect}},
		{"One that failed every time is down.", Evidence{
			Cluster: active,
			Dropped: true,
			SQL:     Connect,
		}, Observation{Verdict: Down, Reason: Connect}},
		{"What the control plane says comes before a dropped connection.", Evidence{
			Cluster: Cluster{"UPDATING", EncryptionEnabled},
			Dropped: true,
		}, Observation{Verdict: Degraded, Reason: Status}},
		{"A key change in progress degrades.", Evidence{Cluster: Cluster{StatusActive, "UPDATING"}}, Observation{
			Verdict: Degraded,
			Reason:  Key,
		}},
		{"So does a key being enabled.", Evidence{Cluster: Cluster{StatusIdle, "ENABLING"}}, Observation{
			Verdict: Degraded,
			Reason:  Key,
		}},
		{"SQL that serves while the control plane is silent is degraded, not down.", Evidence{}, Observation{
			Verdict: Degraded,
			Reason:  Status,
		}},
		{"Conflicts until the retries are exhausted degrade: the database answers.", Evidence{
			Cluster: active,
			SQL:     Conflict,
		}, Observation{Verdict: Degraded, Reason: Conflict}},
		{"An idle cluster that does not answer in time may be waking.", Evidence{
			Cluster: Cluster{StatusIdle, EncryptionEnabled},
			SQL:     Timeout,
		}, Observation{Verdict: Degraded, Reason: Timeout, Waking: true}},
		{"So may an inactive one.", Evidence{
			Cluster: Cluster{StatusInactive, EncryptionEnabled},
			SQL:     Timeout,
		}, Observation{Verdict: Degraded, Reason: Timeout, Waking: true}},
		{"An idle cluster that refuses connections is not waking.", Evidence{
			Cluster: Cluster{StatusIdle, EncryptionEnabled},
			SQL:     Connect,
		}, Observation{Verdict: Down, Reason: Connect}},
		{"An active cluster that does not answer in time is down.", Evidence{
			Cluster: active,
			SQL:     Timeout,
		}, Observation{Verdict: Down, Reason: Timeout}},
		{"Neither plane answers: down, by the SQL reason.", Evidence{SQL: DNS}, Observation{Verdict: Down, Reason: DNS}},
		{"A failed cluster is down even if it still serves.", Evidence{Cluster: Cluster{StatusFailed, EncryptionEnabled}},
			Observation{
				Verdict: Down,
				Reason:  Status,
			}},
		{"So is one that waits for its peer's deletion.", Evidence{Cluster: Cluster{StatusPendingDelete, EncryptionEnabled}},
			Observation{
				Verdict: Down,
				Reason:  Status,
			}},
		{"So is one being deleted, whatever SQL says.", Evidence{
			Cluster: Cluster{StatusDeleting, EncryptionEnabled},
			SQL:     Auth,
		}, Observation{Verdict: Down, Reason: Status}},
		{"So is one that is gone.", Evidence{Cluster: Cluster{StatusDeleted, ""}}, Observation{
			Verdict: Down,
			Reason:  Status,
		}},
		{"An idle cluster whose key is gone is an outage, not waking.", Evidence{
			Cluster: Cluster{StatusIdle, EncryptionKeyInaccessible},
			SQL:     Timeout,
		}, Observation{Verdict: Down, Reason: Key}},
		{"A probe the observer could not finish says nothing.", Evidence{
			Cluster:      Cluster{StatusFailed, ""},
			SQL:          Timeout,
			Inconclusive: true,
		}, Observation{Verdict: Unknown}},
	} {
		assert.Equal(t, tt.want, Judge(tt.given), tt.intent)
	}
	for _, r := range []Reason{DNS, Connect, TLS, Auth, Query, Timeout} {
		assert.Equal(t, Observation{
			Verdict: Down,
			Reason:  r,
		}, Judge(Evidence{Cluster: active, SQL: r}), "SQL that fails is down, by its reason.")
	}
}

func TestARefusedLoginCanBeTakenBack(t *testing.T) {
	abstention, ok := Judge(Evidence{SQL: Auth}).Abstention()
	assert.True(t, ok)
	assert.Equal(t, Observation{Verdict: Unknown, Reason: Auth}, abstention)
	assert.True(t, abstention.Abstains())
	for _, e := range []Evidence{{}, {SQL: Timeout}, {SQL: Conflict}, {Inconclusive: true}, {
		SQL:          Auth,
		Inconclusive: true,
	}} {
		_, ok := Judge(e).Abstention()
		assert.False(t, ok, "%+v", e)
		assert.False(t, Judge(e).Abstains(), "%+v", e)
	}
	assert.False(t, Judge(Evidence{SQL: Auth}).Abstains(), "a refusal is a finding until it is taken back")
}

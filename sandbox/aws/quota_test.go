package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/kms"
	"aurora-dsql-dr/sandbox/region"
)

// Whoever lowers a quota is refused one more than that, and told so by Service Quotas.
func TestServicesHoldToAQuotaThatIsLowered(t *testing.T) {
	a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1", "us-east-2"}})
	t.Cleanup(func() { assert.NoError(t, a.Close()) })
	r := a.Region("us-east-1")
	key, err := r.KMS.CreateKey(kms.Key{})
	require.NoError(t, err)
	vault := func(name string) error {
		_, err := r.Backup.CreateVault(backup.Vault{Name: name, KMSKeyArn: key.Arn})
		return err
	}
	require.NoError(t, vault("first"))
	for _, c := range []struct {
		service string
		quota   region.Quota
		limit   int
		code    string
		more    func() error
	}{
		{"backup", backup.VaultQuota, 1, "LimitExceededException", func() error { return vault("second") }},
		{"backup", backup.PlanQuota, 0, "LimitExceededException", func() error {
			_, err := r.Backup.CreatePlan(backup.Plan{Name: "p", Rules: []backup.Rule{{Name: "r", VaultName: "first",
				Schedule: "cron(0 3 * * ? *)"}}})
			return err
		}},
		{"dsql", dsql.MultiRegionQuota, 0, "ServiceQuotaExceededException", func() error {
			_, err := r.DSQL.CreateCluster(dsql.CreateClusterInput{
				MultiRegionProperties: &dsql.MultiRegionProperties{WitnessRegion: "us-west-2"}})
			return err
		}},
		{"events", events.BusQuota, 1, "LimitExceededException", func() error {
			_, err := r.Events.CreateBus(events.Bus{Name: "b"})
			return err
		}},
		{"events", events.RuleQuota, 0, "LimitExceededException", func() error {
			_, err := r.Events.PutRule(events.Rule{Name: "r", ScheduleExpression: "rate(1 minute)"})
			return err
		}},
		{"events", events.PatternQuota, 15, "LimitExceededException", func() error {
			_, err := r.Events.TestPattern(`{"source":["a"]}`, `{}`)
			return err
		}},
	} {
		t.Run(c.quota.Name, func(t *testing.T) {
			r.SetLimit(c.quota, c.limit)
			require.ErrorContains(t, c.more(), c.code)
			told, err := r.ServiceQuotas.Quota(c.service, c.quota.Code)
			require.NoError(t, err)
			assert.Equal(t, c.limit, told.Value)
			assert.Equal(t, c.quota.Default, told.Default)
			r.SetLimit(c.quota, c.quota.Default)
			if err := c.more(); err != nil {
				require.NotContains(t, err.Error(), c.code)
			}
		})
	}
	elsewhere, err := a.Region("us-east-2").ServiceQuotas.Quota("backup", backup.VaultQuota.Code)
	require.NoError(t, err)
	assert.Equal(t, 300, elsewhere.Value)
}

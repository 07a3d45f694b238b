package aws

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/route53"
)

func TestARecordInAHostedZoneHasCertificatesIssuedInEveryRegionThatIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAccount(Options{Clock: clock.New(1), Regions: []string{"us-east-1", "us-east-2"}})
		defer func() { assert.NoError(t, a.Close()) }()
		zone, _, err := a.Route53.CreateZone("example.com", "one", "")
		require.NoError(t, err)
		request := func(region string) acm.Certificate {
			c, err := a.Region(region).ACM.Request(acm.Certificate{
				DomainName:       "api.example.com",
				ValidationMethod: acm.DNS,
				KeyAlgorithm:     "EC_prime256v1",
			}, "")
			require.NoError(t, err)
			return c
		}
		east1, east2 := request("us-east-1"), request("us-east-2")
		status := func(c acm.Certificate, region string) string {
			found, err := a.Region(region).ACM.Certificate(c.Arn)
			require.NoError(t, err)
			return found.Status
		}
		time.Sleep(61 * time.Second) // between two looks
		assert.Equal(t, acm.PendingValidation, status(east1, "us-east-1"))

		ttl := int64(60)
		record := east1.Validations[0]
		_, err = a.Route53.ChangeRecordSets(zone.ID, "", []route53.Change{{Action: "CREATE", Set: route53.RecordSet{
			Name: record.Name, Type: record.Type, TTL: &ttl, Values: []string{record.Value},
		}}})
		require.NoError(t, err)
		a.Region("us-east-2").SetDown(true)
		time.Sleep(time.Minute)
		assert.Equal(t, acm.Issued, status(east1, "us-east-1"))
		assert.Equal(t, acm.PendingValidation, status(east2, "us-east-2"), "its region is lost")
		a.Region("us-east-2").SetDown(false)
		time.Sleep(time.Minute)
		assert.Equal(t, acm.Issued, status(east2, "us-east-2"), "the same record")

		points, err := a.Region("us-east-1").CloudWatch.GetMetricStatistics(
			cloudwatch.Metric{Namespace: "AWS/CertificateManager", Name: "DaysToExpiry",
				Dimensions: map[string]string{"CertificateArn": east1.Arn}},
			a.Clock.Now().Add(-time.Hour), a.Clock.Now(), time.Hour, "")
		require.NoError(t, err)
		require.NotEmpty(t, points)
		assert.InDelta(t, 197, points[0].Minimum, 0)
	})
}

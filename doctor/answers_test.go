package main

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	dsqltypes "github.com/aws/aws-sdk-go-v2/service/dsql/types"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/blang/semver"
	"github.com/miekg/dns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/backups"
	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/recovery"
	"aurora-dsql-dr/stacks"
	"aurora-dsql-dr/stacks/config"
)

// now is when these tests ask.
var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// known is a stack of which everything is known that no account has to be asked for.
func known() *stack {
	return &stack{
		name:    "prod",
		account: "210987654321",
		caller:  "arn:aws:sts::210987654321:assumed-role/deployer/me",
		config: &config.Config{
			Regions:            config.Regions{Primary: "us-east-1", Secondary: "us-east-2", Witness: "us-west-2"},
			DeletionProtection: true,
			Alerts:             []components.Subscription{{Protocol: "email", Endpoint: "oncall@example.com"}},
			Traffic:            &config.Traffic{ZoneID: "ZMINE", Domain: "pay.example.com"},
			Backups:            &backups.Settings{MaximumAge: 28 * time.Hour, RestoreTest: backups.Weekly},
		},
		deployed: &stacks.Outputs{ClusterARNs: map[string]string{"us-east-1": "own", "us-east-2": "peer"}},
	}
}

func TestWhyAQuestionGotNoAnswer(t *testing.T) {
	refused := &smithy.OperationError{
		ServiceID:     "DSQL",
		OperationName: "GetCluster",
		Err:           &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User x may not"},
	}
	assert.Equal(t, answer{"us-east-1", Unasked, "DSQL GetCluster is not allowed: User x may not"},
		unasked("us-east-1", refused))
	assert.Equal(t, answer{"", Unasked, "the quota L-1 of dsql is not listed there"},
		unasked("", errors.New("the quota L-1 of dsql is not listed there")))
}

func TestClustersAreReadForWhatIsWrongWithThem(t *testing.T) {
	sound := func() *dsql.GetClusterOutput {
		return &dsql.GetClusterOutput{
			Status:                    dsqltypes.ClusterStatusIdle,
			DeletionProtectionEnabled: aws.Bool(true),
			MultiRegionProperties: &dsqltypes.MultiRegionProperties{
				Clusters:      []string{"own", "peer"},
				WitnessRegion: aws.String("us-west-2"),
			},
		}
	}
	assert.Empty(t, known().faults("us-east-1", sound()))
	for want, spoil := range map[string]func(*dsql.GetClusterOutput){
		"it is PENDING_SETUP": func(c *dsql.GetClusterOutput) { c.Status = dsqltypes.ClusterStatusPendingSetup },
		"it has no peer":      func(c *dsql.GetClusterOutput) { c.MultiRegionProperties.Clusters = []string{"own"} },
		"its peer is none of the stack's": func(c *dsql.GetClusterOutput) {
			c.MultiRegionProperties.Clusters = []string{"own", "other"}
		},
		"its witness is eu-west-1": func(c *dsql.GetClusterOutput) {
			c.MultiRegionProperties.WitnessRegion = aws.String("eu-west-1")
		},
		"it is not protected against deletion": func(c *dsql.GetClusterOutput) {
			c.DeletionProtectionEnabled = aws.Bool(false)
		},
		"its key cannot be used": func(c *dsql.GetClusterOutput) {
			c.EncryptionDetails = &dsqltypes.EncryptionDetails{
				EncryptionStatus: dsqltypes.EncryptionStatusKmsKeyInaccessible,
			}
		},
	} {
		c := sound()
		spoil(c)
		assert.Equal(t, []string{want}, known().faults("us-east-1", c))
	}
}

func TestWhoHasNotConfirmedIsNamed(t *testing.T) {
	there := func(endpoint, arn string) snstypes.Subscription {
		return snstypes.Subscription{Protocol: aws.String("email"), Endpoint: &endpoint, SubscriptionArn: &arn}
	}
	s := known()
	assert.Equal(t, good("r", "all have (1)"),
		s.confirmed("r", []snstypes.Subscription{there("oncall@example.com", "arn")}))
	assert.Equal(t, bad("r", "oncall@example.com (email) has not confirmed"),
		s.confirmed("r", []snstypes.Subscription{there("oncall@example.com", "PendingConfirmation")}))
	assert.Equal(t, bad("r", "oncall@example.com (email) is not subscribed"),
		s.confirmed("r", []snstypes.Subscription{there("other@example.com", "arn")}))
	s.config.Alerts = nil
	assert.Equal(t, bad("r", "there are no recipients"), s.confirmed("r", nil))
	s.secret = true
	assert.Equal(t, bad("r", "a secret address (email) has not confirmed"),
		s.confirmed("r", []snstypes.Subscription{there("https://secret", "PendingConfirmation")}))
}

func TestATrailIsOneThatRecordsWrites(t *testing.T) {
	field := func(name, value string) trailtypes.AdvancedFieldSelector {
		return trailtypes.AdvancedFieldSelector{Field: &name, Equals: []string{value}}
	}
	chosen := func(fields ...trailtypes.AdvancedFieldSelector) trailtypes.AdvancedEventSelector {
		return trailtypes.AdvancedEventSelector{FieldSelectors: fields}
	}
	assert.True(t, managesAllWrites(chosen(field("eventCategory", "Management"))))
	assert.True(t, managesAllWrites(chosen(field("eventCategory", "Management"), field("readOnly", "false"))))
	assert.False(t, managesAllWrites(chosen(field("eventCategory", "Management"), field("readOnly", "true"))))
	assert.False(t, managesAllWrites(chosen(field("eventCategory", "Data"))))
	some := chosen(field("eventCategory", "Management"), field("eventSource", "kms.amazonaws.com"))
	assert.False(t, managesAllWrites(some))
	simple := func(management bool, kind trailtypes.ReadWriteType) bool {
		return managesWrites(trailtypes.EventSelector{IncludeManagementEvents: &management, ReadWriteType: kind})
	}
	assert.True(t, simple(true, trailtypes.ReadWriteTypeAll))
	assert.True(t, simple(true, trailtypes.ReadWriteTypeWriteOnly))
	assert.False(t, simple(true, trailtypes.ReadWriteTypeReadOnly))
	assert.False(t, simple(false, trailtypes.ReadWriteTypeAll))
}

func TestAnIssuerIsAdmittedByTheNearestRecords(t *testing.T) {
	records := func(texts ...string) (list []dns.RR) {
		for _, text := range texts {
			rr, err := dns.NewRR("example.com. 300 IN CAA " + text)
			require.NoError(t, err)
			list = append(list, rr)
		}
		return list
	}
	for _, c := range []struct {
		records []dns.RR
		there   bool
		status  Status
	}{
		{records(`0 issue "amazon.com"`), true, OK},
		{records(`0 issue "letsencrypt.org"`, `0 issue "amazontrust.com; account=1"`), true, OK},
		{records(`0 issue "letsencrypt.org"`), true, Failed},
		{records(`0 issue ";"`), true, Failed},
		{records(`0 iodef "mailto:a@example.com"`), false, Failed},
		{nil, false, Failed},
	} {
		issuers, there := issuersOf(c.records)
		assert.Equal(t, c.there, there, c.records)
		assert.Equal(t, c.status, admits("example.com", issuers).status, c.records)
	}
}

func TestCertificatesAreIssuedAndGoodForAMonth(t *testing.T) {
	certificate := func(status acmtypes.CertificateStatus, life time.Duration) *acmtypes.CertificateDetail {
		return &acmtypes.CertificateDetail{DomainName: aws.String("pay"), Status: status, NotAfter: aws.Time(now.Add(life))}
	}
	const day = 24 * time.Hour
	assert.Equal(t, OK, valid("r", certificate(acmtypes.CertificateStatusIssued, 31*day), now).status)
	assert.Equal(t, Failed, valid("r", certificate(acmtypes.CertificateStatusIssued, 29*day), now).status)
	assert.Equal(t, Failed, valid("r", certificate(acmtypes.CertificateStatusPendingValidation, 31*day), now).status)
}

func TestRecoveryPointsAreYoungAndHaveTwins(t *testing.T) {
	made := func(ago time.Duration) []recovery.Point {
		return []recovery.Point{{ClusterARN: "own", CreatedAt: now.Add(-ago)}}
	}
	s := known()
	assert.Equal(t, good("r", "it is 27h0m0s old"), s.young("r", made(27*time.Hour), made(27*time.Hour), now))
	assert.Equal(t, bad("r", "it is 29h0m0s old, and may be "+
		"28h0m0s"), s.young("r", made(29*time.Hour), made(29*time.Hour), now))
	assert.Equal(t, bad("r", "none of 1 points has a twin"), s.young("r", made(time.Hour), nil, now))
}

func TestTheLatestRestoreTestHasPassedInTime(t *testing.T) {
	s := known()
	for _, c := range []struct {
		result string
		ago    time.Duration
		want   Status
	}{
		{contract.RestoreTestPassed, 7 * 24 * time.Hour, OK},
		{contract.RestoreTestPassed, 8 * 24 * time.Hour, Failed},
		{contract.RestoreTestFailed, time.Hour, Failed},
	} {
		a, err := s.tested("r", `{"result":"`+c.result+`"}`, now.Add(-c.ago), now)
		require.NoError(t, err)
		assert.Equal(t, c.want, a.status, c)
	}
	_, err := s.tested("r", "nothing", now, now)
	assert.ErrorContains(t, err, "the output of r's restore test")
}

func TestVersionsAreCompared(t *testing.T) {
	least := semver.MustParse("1.26.6")
	assert.Equal(t, good("", "it is go1.26.6"), notOlder("go1.26.6", least))
	assert.Equal(t, bad("", "it is v1.26.5: want 1.26.6 or later"), notOlder("v1.26.5", least))
	assert.Equal(t, Unasked, notOlder("devel", least).status)
}

func TestWhereTheProviderPluginComesFrom(t *testing.T) {
	t.Setenv("PULUMI_DEBUG_PROVIDERS", "")
	t.Setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "")
	assert.Equal(t, good("", "6.1.0 is installed"), plugin("6.1.0", true))
	assert.Equal(t, good("", "6.1.0 is fetched by the first preview"), plugin("6.1.0", false))
	t.Setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
	assert.Equal(t, Failed, plugin("6.1.0", false).status)
	t.Setenv("PULUMI_DEBUG_PROVIDERS", "archive:1,aws:2")
	assert.Equal(t, OK, plugin("6.1.0", false).status)
}

func TestIntervalsOfSchedules(t *testing.T) {
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(1 hour)": time.Hour,
		"rate(2 days)": 48 * time.Hour, "cron(0 3 * * ? *)": 0, "": 0,
	} {
		every, err := interval(expression)
		require.NoError(t, err)
		assert.Equal(t, want, every, expression)
	}
	_, err := interval("rate(often)")
	assert.ErrorContains(t, err, `the schedule "rate(often)"`)
}

func TestWhatDoesNotFitIsCounted(t *testing.T) {
	assert.Equal(t, good("r", "4 of 5 clusters are there, and a deployment adds 1"), room("r", "clusters", 4, 1, 5))
	assert.Equal(t, bad("r", "5 of 5 clusters are there, and a deployment adds 1"), room("r", "clusters", 5, 1, 5))
}

func TestPoliciesBelongToUsersAndRoles(t *testing.T) {
	for caller, want := range map[string]string{
		"arn:aws:iam::1:user/me":                         "arn:aws:iam::1:user/me",
		"arn:aws:iam::1:role/ops/deployer":               "arn:aws:iam::1:role/ops/deployer",
		"arn:aws:sts::1:assumed-role/deployer/session-1": "arn:aws:iam::1:role/deployer",
	} {
		source, err := identityOf(caller)
		require.NoError(t, err)
		assert.Equal(t, want, source)
	}
	for _, caller := range []string{"arn:aws:iam::1:root", "arn:aws:sts::1:federated-user/me", "arn:aws:iam::1:role/", ""} {
		_, err := identityOf(caller)
		assert.Error(t, err, caller)
	}
}

func TestPatternsOfPoliciesBecomeResourcesOfTheAccount(t *testing.T) {
	s := known()
	for pattern, want := range map[string]string{
		"*":                                     "*",
		"arn:aws:dsql:*:123456789012:cluster/*": "arn:aws:dsql:us-east-1:210987654321:cluster/doctor",
		"arn:aws:iam::123456789012:role/*-monitor-role-*":    "arn:aws:iam::210987654321:role/doctor-monitor-role-doctor",
		"arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ": "arn:aws:route53:::hostedzone/ZMINE",
		"arn:aws:backup:*:123456789012:backup-vault:b-*":     "arn:aws:backup:us-east-1:210987654321:backup-vault:b-doctor",
	} {
		assert.Equal(t, want, s.example(pattern))
	}
}

func TestDriftIsWhatARefreshWouldChange(t *testing.T) {
	const same = `{"op":"same","urn":"urn:pulumi:prod::p::aws:sns/topic:Topic::primary-alerts-topic"}`
	const changed = `{"op":"update","urn":"urn:pulumi:prod::p::aws:kms/key:Key::primary-key"}`
	assert.Equal(t, good("", "none of 1 resources differs"), drifted([]byte(`{"steps":[`+same+`]}`)))
	assert.Equal(t, bad("", "1 of 2 resources differ: primary-key"), drifted([]byte(`{"steps":[`+same+`,`+changed+`]}`)))
	assert.Equal(t, Unasked, drifted([]byte("no JSON")).status)
}

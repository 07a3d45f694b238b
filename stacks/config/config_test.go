package config

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/lambda/contract"
)

func valid() map[string]string {
	return map[string]string{
		"environment": "dev",
		"owner":       "platform",
		"costCenter":  "42",
		"regions":     `{"primary":"us-east-1","secondary":"us-east-2","witness":"us-west-2"}`,
	}
}

func load(values map[string]string) (*Config, error) {
	return Load(Values{Texts: values})
}

func TestDefaultsStandInForMissingKeys(t *testing.T) {
	c, err := load(valid())
	require.NoError(t, err)
	assert.Equal(t, &Config{
		Environment:        "dev",
		Owner:              "platform",
		CostCenter:         "42",
		Regions:            Regions{"us-east-1", "us-east-2", "us-west-2"},
		DeletionProtection: true,
		Runbooks:           "docs/runbooks.md",
		Architecture:       "arm64",
		Monitor: components.MonitorSettings{
			Schedule:            time.Minute,
			ProbeInterval:       15 * time.Second,
			FailuresToOpen:      2,
			SuccessesToClose:    3,
			Reminder:            15 * time.Minute,
			MinimumOutage:       5 * time.Second,
			MemoryMB:            128,
			LogRetentionDays:    30,
			ReservedConcurrency: 10,
			Tracing:             true,
		},
		Application: Application{
			EncryptedFields:   []string{"details"},
			Throttle:          components.Throttle{Rate: 100, Burst: 200},
			ArchiveDays:       30,
			TakeoverAge:       2 * time.Minute,
			KeysetVersion:     1,
			MemoryMB:          256,
			WorkerConcurrency: 10,
		},
	}, c)
}

func TestDefaultsOfPulumiYamlAreTheProgramsOwn(t *testing.T) {
	ours, err := load(valid())
	require.NoError(t, err)
	values, err := graph.StackConfig("../..", "dev")
	require.NoError(t, err)
	for _, key := range []string{"deletionProtection", "monitor"} { // what dev changes
		delete(values, "aurora-dsql-dr:"+key)
	}
	declared := valid()
	for key, value := range values {
		if name := strings.TrimPrefix(key, "aurora-dsql-dr:"); declared[name] == "" {
			declared[name] = value
		}
	}
	theirs, err := load(declared)
	require.NoError(t, err)
	ours.Alerts, theirs.Alerts = nil, nil
	ours.Application.Routes, theirs.Application.Routes = nil, nil
	assert.Equal(t, ours, theirs)
}

func TestAKeysetIsBegunAnewAtAVersionThatIsWanted(t *testing.T) {
	values := valid()
	values["application"], values["applicationSettings"] = "enabled", `{"keysetVersion":3,"freshKeyset":3}`
	c, err := load(values)
	require.NoError(t, err)
	assert.Equal(t, int64(3), c.Application.FreshKeyset)
	values["applicationSettings"] = `{"keysetVersion":3,"freshKeyset":4}`
	_, err = load(values)
	assert.ErrorContains(t, err, `applicationSettings.freshKeyset is "4": want at most keysetVersion, 3`)
}

func TestCredentialsAreAskedInARegionOfTheStack(t *testing.T) {
	values := valid()
	for _, region := range []string{"us-east-1", "us-east-2", "us-west-2"} {
		values["credentialsRegion"] = region
		c, err := load(values)
		require.NoError(t, err)
		assert.Equal(t, region, c.CredentialsRegion)
	}
	values["credentialsRegion"] = "eu-west-1"
	_, err := load(values)
	assert.ErrorContains(t, err,
		`credentialsRegion is "eu-west-1": want one of the stack's regions, us-east-1, us-east-2, us-west-2, or none`)
}

func TestEveryValueIsRead(t *testing.T) {
	values := valid()
	values["deletionProtection"] = "false"
	values["databaseEncryption"] = "customer-managed"
	values["runbooksUrl"] = "https://wiki.example.com/dr"
	values["alerts"] = `[{"protocol":"email","endpoint":"oncall@example.com"},
		{"protocol":"sqs","endpoint":"arn:aws:sqs:us-east-1:123456789012:pages"}]`
	values["monitor"] = `{"scheduleMinutes":5,"probeInterval":"30s","failuresToOpen":3,"minimumOutage":"0s",
		"successesToClose":4,"reminder":"1h","memoryMb":256,
		"reservedConcurrency":2,"logRetentionDays":365,"tracing":false,"architecture":"x86_64","metrics":"full"}`
	c, err := load(values)
	require.NoError(t, err)
	assert.False(t, c.DeletionProtection)
	assert.True(t, c.CustomerManagedKeys)
	assert.Equal(t, contract.Runbooks("https://wiki.example.com/dr"), c.Runbooks)
	assert.Equal(t, []components.Subscription{{
		Protocol: "email",
		Endpoint: "oncall@example.com",
	}, {Protocol: "sqs", Endpoint: "arn:aws:sqs:us-east-1:123456789012:pages"}}, c.Alerts)
	assert.Equal(t, "x86_64", c.Architecture)
	assert.Equal(t, components.MonitorSettings{
		Schedule:            5 * time.Minute,
		ProbeInterval:       30 * time.Second,
		FailuresToOpen:      3,
		SuccessesToClose:    4,
		Reminder:            time.Hour,
		MetricsFull:         true,
		MemoryMB:            256,
		LogRetentionDays:    365,
		ReservedConcurrency: 2,
	}, c.Monitor)
}

func TestEveryValueOfTheApplicationIsRead(t *testing.T) {
	values := valid()
	values["application"] = "enabled"
	values["applicationSettings"] = `{"jwt":{"issuer":"https://login.example.com/","audience":"transactions"},
		"crossRegionFallback":true,"encryptedFields":["details","reference"],
		"throttle":{"rate":10,"burst":20},"archiveDays":7,"takeoverAge":"1m","keysetVersion":3,
		"memoryMb":512,"workerConcurrency":50}`
	values["eventRoutes"] = `[{"name":"large","types":["Transaction Created"],"minimumAmount":10000,
		"maximumAmount":"20000.50","regions":["us-east-2"],"target":"topic"},{"name":"all","target":"queue"}]`
	c, err := load(values)
	require.NoError(t, err)
	low, high := 10000.0, 20000.5
	assert.Equal(t, Application{
		Enabled:             true,
		JWT:                 &components.JWT{Issuer: "https://login.example.com/", Audiences: []string{"transactions"}},
		CrossRegionFallback: true,
		EncryptedFields:     []string{"details", "reference"},
		Throttle:            components.Throttle{Rate: 10, Burst: 20},
		ArchiveDays:         7,
		TakeoverAge:         time.Minute,
		KeysetVersion:       3,
		MemoryMB:            512,
		WorkerConcurrency:   50,
		Routes: []components.EventRoute{
			{
				Name:          "large",
				Types:         []string{"Transaction Created"},
				MinimumAmount: &low,
				MaximumAmount: &high,
				Regions:       []string{"us-east-2"},
				Target:        "topic",
			},
			{Name: "all", Target: "queue"},
		},
	}, c.Application)
}

func TestNothingIsReservedIfNothingIsToBe(t *testing.T) {
	values := valid()
	values["monitor"] = `{"reservedConcurrency":"none"}`
	values["application"], values["applicationSettings"] = "enabled", `{"workerConcurrency":"none"}`
	c, err := load(values)
	require.NoError(t, err)
	assert.Zero(t, c.Monitor.ReservedConcurrency)
	assert.Zero(t, c.Application.WorkerConcurrency)
}

func TestTokensMayBeForSeveral(t *testing.T) {
	values := valid()
	values["application"] = "enabled"
	values["applicationSettings"] = `{"jwt":{"issuer":"https://login.example.com","audience":["a","b"]}}`
	c, err := load(values)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, c.Application.JWT.Audiences)
}

// Recipients that SNS reaches, however unusual they look.
func TestRecipientsThatWorkAreAccepted(t *testing.T) {
	for _, recipient := range []string{
		`"email","endpoint":"first.last+dr@sub.example.co.uk"`,
		`"email-json","endpoint":"o'neil_2@example.com"`,
		`"sms","endpoint":"+491701234567"`,
		`"https","endpoint":"https://events.pagerduty.com/integration/0123/enqueue?routing=a%20b&x=1"`,
		`"https","endpoint":"https://alerts.example.com:8443"`,
		`"https","endpoint":"https://203.0.113.7:443/hook"`,
		`"sqs","endpoint":"arn:aws:sqs:ap-northeast-1:210987654321:pages_2"`,
		`"sqs","endpoint":"arn:aws:sqs:eu-south-2:210987654321:pages"`,
		`"lambda","endpoint":"arn:aws:lambda:us-east-2:210987654321:function:pager:live"`,
	} {
		values := valid()
		values["alerts"] = `[{"protocol":` + recipient + `}]`
		c, err := load(values)
		require.NoError(t, err, recipient)
		assert.Len(t, c.Alerts, 1)
	}
}

func FuzzConfigNeverPanicsAndNeverDefaultsAMalformedValue(f *testing.F) {
	f.Add("monitor", `{"scheduleMinutes":2}`)
	f.Add("alerts", `[{"protocol":"email","endpoint":"a@b.c"}]`)
	f.Add("regions", `{"primary":null}`)
	f.Add("deletionProtection", "TRUE")
	f.Fuzz(func(t *testing.T, key, value string) {
		values := valid()
		values[key] = value
		c, err := load(values)
		if err == nil && key == "deletionProtection" {
			assert.Equal(t, value == "true", c.DeletionProtection)
		}
		if err == nil {
			assert.LessOrEqual(t, c.Monitor.ProbeInterval, c.Monitor.Schedule)
			assert.NoError(t, checkOneRegionSet(c.Regions.All()...))
		}
	})
}

package config

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components/traffic"
)

const (
	jwt     = `{"jwt":{"issuer":"https://login.example.com/","audience":"pay"}}`
	there   = `{"name":"b.elb.us-east-2.amazonaws.com","zoneId":"ZELB2","healthCheck":{"host":"b.example.net","path":"/healthz"}}`
	here    = `{"name":"dualstack.a.elb.us-east-1.amazonaws.com","zoneId":"ZELB1","healthCheck":{"host":"a.example.net","path":"/"}}`
	targets = `"targets":{"us-east-1":` + here + `,"us-east-2":` + there + `}`
)

// routed is a configuration with the application and what routes traffic to it, changed.
func routed(changes map[string]string) map[string]string {
	values := valid()
	values["application"], values["applicationSettings"] = "enabled", jwt
	values["traffic"] = `{"zoneId":"Z0123","domain":"pay.example.com"}`
	maps.Copy(values, changes)
	return values
}

func TestTrafficIsRead(t *testing.T) {
	c, err := load(valid())
	require.NoError(t, err)
	assert.Nil(t, c.Traffic)
	assert.False(t, c.Monitor.Routed)
	assert.NotContains(t, c.Functions(), "livez")

	c, err = load(routed(nil))
	require.NoError(t, err)
	assert.Equal(t, &Traffic{ZoneID: "Z0123", Domain: "pay.example.com", FastChecks: true}, c.Traffic)
	assert.True(t, c.Monitor.Routed)
	assert.Contains(t, c.Functions(), "livez")

	values := valid()
	values["traffic"] = `{"zoneId":"Z0123","domain":"example.com","fastChecks":false,` + targets + `}`
	c, err = load(values)
	require.NoError(t, err)
	assert.Equal(t, &Traffic{ZoneID: "Z0123", Domain: "example.com", Targets: map[string]traffic.Target{
		"us-east-1": {Name: "dualstack.a.elb.us-east-1.amazonaws.com", ZoneID: "ZELB1", Host: "a.example.net", Path: "/"},
		"us-east-2": {Name: "b.elb.us-east-2.amazonaws.com", ZoneID: "ZELB2", Host: "b.example.net", Path: "/healthz"},
	}}, c.Traffic)
	assert.NotContains(t, c.Functions(), "livez", "there is no API of ours")
}

func TestEachMistakeAboutTrafficNamesKeyValueAndWhatIsAccepted(t *testing.T) {
	long := strings.Repeat("a", 57) + ".example"
	require.Len(t, long, 65)
	with := func(fields string) map[string]string {
		return map[string]string{"traffic": `{"zoneId":"Z0123","domain":"pay.example.com"` + fields + `}`}
	}
	elsewhere := func(fields string) map[string]string {
		changes := with(fields)
		changes["application"], changes["applicationSettings"] = "disabled", "{}"
		return changes
	}
	for intent, c := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"no object":                     {map[string]string{"traffic": "on"}, `traffic is "on": want an object`},
		"no zone":                       {map[string]string{"traffic": `{"domain":"pay.example.com"}`}, `traffic.zoneId is "": want the id of a hosted zone`},
		"a zone by its path":            {map[string]string{"traffic": `{"zoneId":"/hostedzone/Z0123"}`}, `traffic.zoneId is "/hostedzone/Z0123": want the id`},
		"a zone of too many characters": {map[string]string{"traffic": `{"zoneId":"Z` + strings.Repeat("0", 32) + `"}`}, "traffic.zoneId is"},
		"a zone in lower case":          {map[string]string{"traffic": `{"zoneId":"z0123"}`}, `traffic.zoneId is "z0123"`},
		"no domain":                     {map[string]string{"traffic": `{"zoneId":"Z0123"}`}, `traffic.domain is "": want a name such as pay.example.com`},
		"a URL":                         {map[string]string{"traffic": `{"zoneId":"Z0123","domain":"https://pay.example.com"}`}, `traffic.domain is "https://pay.example.com"`},
		"a domain with its last dot":    {map[string]string{"traffic": `{"zoneId":"Z0123","domain":"pay.example.com."}`}, "traffic.domain is"},
		"a domain in capitals":          {map[string]string{"traffic": `{"zoneId":"Z0123","domain":"Pay.example.com"}`}, "in lower case"},
		"a wildcard":                    {map[string]string{"traffic": `{"zoneId":"Z0123","domain":"*.example.com"}`}, "traffic.domain is"},
		"a single label":                {map[string]string{"traffic": `{"zoneId":"Z0123","domain":"pay"}`}, "traffic.domain is"},
		"a label of 64 characters":      {map[string]string{"traffic": `{"zoneId":"Z0123","domain":"` + strings.Repeat("a", 64) + `.example.com"}`}, "traffic.domain is"},
		"too long for a certificate":    {map[string]string{"traffic": `{"zoneId":"Z0123","domain":"` + long + `"}`}, "of up to 64 characters as the first name of a certificate"},
		"a misspelt key":                {with(`,"fastCheck":false`), "traffic.fastCheck is not a key: want domain, fastChecks, targets, zoneId; the nearest is fastChecks"},
		"checks that are neither":       {with(`,"fastChecks":"yes"`), `traffic.fastChecks is "yes": want true or false`},
		"nothing to route to":           {elsewhere(""), `application is "disabled": want enabled with traffic, or traffic.targets`},
		"two things to route to":        {with("," + targets), "want none while application is enabled"},
		"requests signed for a region":  {map[string]string{"applicationSettings": "{}"}, "applicationSettings.jwt is \"\": want issuer and audience with traffic: a signature of AWS_IAM is scoped to one region"},
		"a schedule above a minute":     {map[string]string{"monitor": `{"scheduleMinutes":2}`}, `monitor.scheduleMinutes is "2": want 1 with traffic`},
		"a target too few":              {elsewhere(`,"targets":{"us-east-1":` + here + `}`), `traffic.targets.us-east-2 is "": want {name, zoneId, healthCheck}`},
		"no target at all":              {elsewhere(`,"targets":{}`), `traffic.targets.us-east-1 is "": want`},
		"a target at the witness":       {elsewhere(`,` + strings.Replace(targets, `"us-east-2"`, `"us-west-2"`, 1)), "want the data regions alone, us-east-1 and us-east-2"},
		"targets that are a list":       {elsewhere(`,"targets":[]`), "traffic.targets is"},
		"a target without a check":      {elsewhere(`,` + strings.Replace(targets, `"healthCheck":{"host":"a.example.net","path":"/"}`, `"healthCheck":{}`, 1)), `traffic.targets.us-east-1.healthCheck.host is "": want the host`},
		"a check of no path":            {elsewhere(`,` + strings.Replace(targets, `"/healthz"`, `"healthz"`, 1)), `traffic.targets.us-east-2.healthCheck.path is "healthz": want a path`},
		"a target's misspelt key":       {elsewhere(`,` + strings.Replace(targets, `"path"`, `"paths"`, 1)), "traffic.targets.us-east-1.healthCheck.paths is not a key"},
		"a target in the name's zone":   {elsewhere(`,` + strings.Replace(targets, `"ZELB1"`, `"Z0123"`, 1)), `traffic.targets.us-east-1.zoneId is "Z0123": want the zone of the endpoint`},
		"a check of the name itself":    {elsewhere(`,` + strings.Replace(targets, `"b.example.net"`, `"us-east-2.pay.example.com"`, 1)), `traffic.targets.us-east-2.healthCheck.host is "us-east-2.pay.example.com": want a name outside pay.example.com`},
		"a target that is the name":     {elsewhere(`,` + strings.Replace(targets, `"b.elb.us-east-2.amazonaws.com"`, `"pay.example.com"`, 1)), `traffic.targets.us-east-2.name is "pay.example.com": want a name outside`},
	} {
		t.Run(intent, func(t *testing.T) {
			_, err := load(routed(c.changes))
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestNamesAsLongAsTheyMayBeAreAccepted(t *testing.T) {
	certified := strings.Repeat("a", 56) + ".example"
	require.Len(t, certified, 64)
	_, err := load(routed(map[string]string{"traffic": `{"zoneId":"Z` + strings.Repeat("0", 31) + `","domain":"` + certified + `"}`}))
	require.NoError(t, err)

	label := strings.Repeat("a", 59)
	named := strings.Join([]string{label, label, label, label, "io"}, ".")
	require.Len(t, "us-east-1."+named, 252)
	for domain, accepted := range map[string]bool{named: true, "aa." + named: false} {
		values := valid()
		values["traffic"] = `{"zoneId":"Z0123","domain":"` + domain + `",` + targets + `}`
		_, err = load(values)
		assert.Equal(t, accepted, err == nil, "%d characters: %v", len(domain), err)
	}
}

func TestAllMistakesAboutTrafficAreToldTogether(t *testing.T) {
	_, err := load(map[string]string{"traffic": `{"zoneId":"?","domain":"?","fastChecks":1,"x":1}`, "monitor": `{"scheduleMinutes":5}`})
	for _, part := range []string{"traffic.zoneId", "traffic.domain", "traffic.fastChecks", "traffic.x", `application is "disabled"`,
		"monitor.scheduleMinutes", "environment"} {
		assert.ErrorContains(t, err, part)
	}
}

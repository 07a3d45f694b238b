package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachMistakeNamesKeyValueAndWhatIsAccepted(t *testing.T) {
	cases := map[string]struct{ key, value, want string }{
		"a missing environment":      {"environment", "", `environment is ""`},
		"a tag AWS refuses":          {"owner", "a<b>", `owner is "a<b>"`},
		"no regions":                 {"regions", "{}", `regions.witness is "": want a region code`},
		"regions that are no object": {"regions", "us-east-1", "want an object"},
		"equal data regions": {"regions",
			`{"primary":"us-east-1","secondary":"us-east-1","witness":"us-west-2"}`,
			`regions.secondary is "us-east-1": want another region`},
		"a witness that is a data region": {"regions",
			`{"primary":"us-east-1","secondary":"us-east-2","witness":"us-east-2"}`,
			`regions.witness is "us-east-2": want a third region`},
		"a witness on another continent": {"regions",
			`{"primary":"us-east-1","secondary":"us-east-2","witness":"eu-west-1"}`, "not all of one Aurora DSQL region set"},
		"a region DSQL is not in": {"regions",
			`{"primary":"us-east-1","secondary":"us-east-2","witness":"us-west-1"}`, "us-west-1 are not all of one"},
		"a misspelt region key": {"regions",
			`{"primary":"us-east-1","secondary":"us-east-2","witness":"us-west-2","wittness":"x"}`,
			"regions.wittness is not a key: want primary, secondary, witness; the nearest is witness"},
		"protection that is neither": {"deletionProtection", "yes",
			`deletionProtection is "yes": want true or false`},
		"text after a value": {"deletionProtection", "true!",
			`deletionProtection is "true!": want true or false`},
		"an unknown encryption":   {"databaseEncryption", "kms", `want aws-owned or customer-managed`},
		"alerts that are no list": {"alerts", `{"protocol":"email"}`, "want a list of {protocol, endpoint}"},
		"an unknown protocol": {"alerts", `[{"protocol":"http","endpoint":"http://x.example.com"}]`,
			`alerts[0].protocol is "http": want email`},
		"a malformed e-mail address": {"alerts", `[{"protocol":"email","endpoint":"oncall"}]`,
			`alerts[0].endpoint is "oncall": want an e-mail address`},
		"a display name in an address": {"alerts", `[{"protocol":"email","endpoint":"On Call <oncall@example.com>"}]`,
			"want an e-mail address"},
		"a phone number without its country": {"alerts", `[{"protocol":"sms","endpoint":"5550100"}]`, "E.164"},
		"an https endpoint over http": {"alerts", `[{"protocol":"https","endpoint":"http://x.example.com"}]`,
			"want a URL of a public host"},
		"credentials in a URL": {"alerts", `[{"protocol":"https","endpoint":"https://u:p@x.example.com"}]`,
			"want a URL of a public host"},
		"a FIFO queue": {"alerts",
			`[{"protocol":"sqs","endpoint":"arn:aws:sqs:us-east-1:123456789012:q.fifo"}]`, "a standard queue"},
		"a function name for an ARN": {"alerts", `[{"protocol":"lambda","endpoint":"pager"}]`, "the ARN of a function"},
		"a recipient named twice": {"alerts",
			`[{"protocol":"sms","endpoint":"+12065550100"},{"protocol":"sms","endpoint":"+12065550100"}]`, "alerts[1].endpoint"},
		"a mistyped key of the stack": {"alert", `[]`,
			"alert is not a key: want alerts, application, "},
		"a key of another level": {"probeInterval", "30s", "probeInterval is not a key"},
		"an alert's misspelt key": {"alerts", `[{"protocol":"sms","endpoint":"+12065550100","to":"x"}]`,
			"alerts[0].to is not a key"},
		"a mail address without a domain": {"alerts", `[{"protocol":"email","endpoint":"on.call@example"}]`,
			"want an e-mail address"},
		"a mail address with a space": {"alerts", `[{"protocol":"email","endpoint":"on call@example.com"}]`,
			"want an e-mail address"},
		"a mail address that is not ASCII": {"alerts", `[{"protocol":"email","endpoint":"müller@example.com"}]`,
			"want an e-mail address"},
		"one mail address, capitalized": {"alerts",
			`[{"protocol":"email","endpoint":"a@example.com"},{"protocol":"email","endpoint":"A@Example.com"}]`,
			"each recipient once"},
		"a phone number without quotes": {"alerts", `[{"protocol":"sms","endpoint":12065550100}]`,
			`alerts[0].endpoint is "12065550100": want a text, in quotes`},
		"a port there is not": {"alerts", `[{"protocol":"https","endpoint":"https://x.example.com:99999/a"}]`,
			"want a URL of a public host"},
		"a port that is empty": {"alerts", `[{"protocol":"https","endpoint":"https://x.example.com:/a"}]`,
			"want a URL of a public host"},
		"port 0": {"alerts", `[{"protocol":"https","endpoint":"https://x.example.com:0/a"}]`,
			"want a URL of a public host"},
		"a space in a path": {"alerts", `[{"protocol":"https","endpoint":"https://x.example.com/a b"}]`,
			"want a URL of a public host"},
		"a fragment": {"alerts", `[{"protocol":"https","endpoint":"https://x.example.com/a#b"}]`,
			"want a URL of a public host"},
		"a path that is not ASCII": {"alerts", `[{"protocol":"https","endpoint":"https://x.example.com/ä"}]`,
			"want a URL of a public host"},
		"a host without a domain": {"alerts", `[{"protocol":"https","endpoint":"https://alerts/a"}]`,
			"want a URL of a public host"},
		"a private address": {"alerts", `[{"protocol":"https","endpoint":"https://10.0.0.1/a"}]`,
			"want a URL of a public host"},
		"the loopback address": {"alerts", `[{"protocol":"https","endpoint":"https://[::1]/a"}]`,
			"want a URL of a public host"},
		"a region there is not": {"alerts", `[{"protocol":"sqs","endpoint":"arn:aws:sqs:mars-1:123456789012:q"}]`,
			"the ARN of a standard queue"},
		"a partition without Aurora DSQL": {"alerts",
			`[{"protocol":"sqs","endpoint":"arn:aws-cn:sqs:cn-north-1:123456789012:q"}]`, "the ARN of a standard queue"},
		"a function in a region to opt in to": {"alerts",
			`[{"protocol":"lambda","endpoint":"arn:aws:lambda:ca-west-1:123456789012:function:pager"}]`,
			"not in a region to opt in to"},
		"a function in another one": {"alerts",
			`[{"protocol":"lambda","endpoint":"arn:aws:lambda:me-south-1:123456789012:function:pager"}]`,
			"not in a region to opt in to"},
		"a recipient that is a number": {"alerts", `[7]`, "want a list of {protocol, endpoint}"},
		"a tag that is not ASCII": {"owner", "Plattformteam Köln",
			`owner is "Plattformteam Köln": want 1 to 256 ASCII letters`},
		"a tag of AWS's own":           {"costCenter", "aws:42", "not beginning with aws:"},
		"a tag that ends with a space": {"costCenter", "42 ", `costCenter is "42 ": want`},
		"an owner that is a list":      {"owner", `["a"]`, "owner"},
		"runbooks at an anchor": {"runbooksUrl", "https://wiki.example.com/dr#lost",
			`runbooksUrl is "https://wiki.example.com/dr#lost": want a URL or a path`},
		"runbooks that are an object": {"runbooksUrl", `{"url":"https://wiki.example.com/dr"}`,
			"characters that a URL may hold, without #"},
		"runbooks that are a list":       {"runbooksUrl", `[1]`, `runbooksUrl is "[1]": want a text`},
		"runbooks too long for an alarm": {"runbooksUrl", strings.Repeat("x", 301), "of 1 to 300 ASCII characters"},
		"a schedule below a minute": {"monitor", `{"scheduleMinutes":0}`,
			`monitor.scheduleMinutes is "0": want a whole number from 1 to 60`},
		"a schedule of half minutes": {"monitor", `{"scheduleMinutes":1.5}`, `monitor.scheduleMinutes is "1.5"`},
		"an interval over the schedule": {"monitor", `{"probeInterval":"61s"}`,
			`monitor.probeInterval is "1m1s": want at most the schedule, 1m0s`},
		"an interval without a unit": {"monitor", `{"probeInterval":15}`,
			`monitor.probeInterval is "15": want whole seconds`},
		"a retention CloudWatch refuses": {"monitor", `{"logRetentionDays":31}`,
			`monitor.logRetentionDays is "31": want one of [1 3 5`},
		"no concurrency": {"monitor", `{"reservedConcurrency":1}`,
			`monitor.reservedConcurrency is "1": want a whole number from 2 to 1000 ` +
				`(a deployment checks while the schedule runs), or none`},
		"a number that is a list": {"monitor", `{"memoryMb":[256]}`,
			`monitor.memoryMb is "[256]": want a whole number`},
		"a number that is null": {"monitor", `{"memoryMb":null}`,
			`monitor.memoryMb is "null": want a whole number`},
		"a profile that is a number": {"monitor", `{"metrics":1}`, "want lean or full"},
		"two values for one":         {"monitor", `{} {}`, "monitor"},
		"too little memory": {"monitor", `{"memoryMb":64}`,
			`monitor.memoryMb is "64": want a whole number from 128 to 10240`},
		"an unknown architecture":        {"monitor", `{"architecture":"amd64"}`, "want arm64 or x86_64"},
		"an unknown profile":             {"monitor", `{"metrics":"most"}`, "want lean or full"},
		"an application that is half on": {"application", "true", "want disabled or enabled"},
		"an issuer without https": {"applicationSettings", `{"jwt":{"issuer":"http://x","audience":"a"}}`,
			`applicationSettings.jwt.issuer is "http://x"`},
		"tokens for nobody": {"applicationSettings", `{"jwt":{"issuer":"https://x.example.com"}}`,
			"applicationSettings.jwt.audience"},
		"tokens for a number": {"applicationSettings",
			`{"jwt":{"issuer":"https://x.example.com","audience":7}}`,
			`applicationSettings.jwt.audience is "7": want a text or a list of texts`},
		"tokens for an empty list": {"applicationSettings",
			`{"jwt":{"issuer":"https://x.example.com","audience":[]}}`, "want a text or a list of texts"},
		"tokens for nobody among others": {"applicationSettings",
			`{"jwt":{"issuer":"https://x.example.com","audience":["a",""]}}`, "who the tokens are for"},
		"an issuer with a space": {"applicationSettings",
			`{"jwt":{"issuer":"https://x.example.com/a b","audience":"a"}}`, "the https URL of the token issuer"},
		"an issuer that is a list": {"applicationSettings",
			`{"jwt":{"issuer":["https://x.example.com"],"audience":"a"}}`, "want a text"},
		"a field that is a number": {"applicationSettings", `{"encryptedFields":[1]}`, "want a list of fields"},
		"settings of no application": {"applicationSettings", `{"archiveDays":7}`,
			"want none while application is disabled"},
		"routes of no application": {"eventRoutes", `[{"name":"a","target":"queue"}]`,
			"want none while application is disabled"},
		"a field that must stay readable": {"applicationSettings", `{"encryptedFields":["amount"]}`,
			`"amount" cannot be encrypted: it is summed`},
		"no field to encrypt": {"applicationSettings", `{"encryptedFields":[]}`, "want a list of fields"},
		"nobody to work": {"applicationSettings", `{"workerConcurrency":0}`,
			"applicationSettings.workerConcurrency"},
		"a rate of nothing": {"applicationSettings", `{"throttle":{"rate":0}}`,
			"applicationSettings.throttle.rate"},
		"a misspelt setting": {"applicationSettings", `{"fallback":true}`,
			"applicationSettings.fallback is not a key"},
		"a route without a name": {"eventRoutes", `[{"target":"queue"}]`, "eventRoutes[0].name"},
		"two routes of one name": {"eventRoutes",
			`[{"name":"a","target":"queue"},{"name":"a","target":"topic"}]`, "a name that no other route has"},
		"a route to nowhere": {"eventRoutes", `[{"name":"a","target":"kinesis"}]`,
			`eventRoutes[0].target is "kinesis": want function, queue, topic`},
		"a route of an unknown type": {"eventRoutes", `[{"name":"a","target":"queue","types":["Order"]}]`,
			"want Transaction Created"},
		"a route of a foreign region": {"eventRoutes", `[{"name":"a","target":"queue","regions":["us-west-2"]}]`,
			"want us-east-1 or us-east-2"},
		"an amount range upside down": {"eventRoutes",
			`[{"name":"a","target":"queue","minimumAmount":2,"maximumAmount":1}]`, "at most maximumAmount"},
		"an amount EventBridge cannot match": {"eventRoutes", `[{"name":"a","target":"queue","minimumAmount":1e10}]`,
			"from -5000000000 to 5000000000"},
		"an amount that is no number": {"eventRoutes", `[{"name":"a","target":"queue","minimumAmount":"NaN"}]`,
			`eventRoutes[0].minimumAmount is "NaN": want a decimal number`},
		"an endless amount": {"eventRoutes", `[{"name":"a","target":"queue","maximumAmount":"Inf"}]`,
			"want a decimal number"},
		"an amount in hexadecimal": {"eventRoutes", `[{"name":"a","target":"queue","maximumAmount":"0x1p3"}]`,
			"want a decimal number"},
		"an amount finer than is compared": {"eventRoutes", `[{"name":"a","target":"queue","minimumAmount":0.0000001}]`,
			"up to six digits after the point"},
		"a route of no region": {"eventRoutes", `[{"name":"a","target":"queue","regions":[]}]`,
			"left out, it is all"},
		"a route of one region twice": {"eventRoutes",
			`[{"name":"a","target":"queue","regions":["us-east-1","us-east-1"]}]`, "each once"},
		"a route whose name is a number": {"eventRoutes", `[{"name":7,"target":"queue"}]`,
			`eventRoutes[0].name is "7": want a text`},
		"more routes than fit": {"eventRoutes",
			"[" + strings.Repeat(`{"name":"a","target":"queue"},`, 20) + `{"name":"a","target":"queue"}]`,
			`eventRoutes is "21": want at most 20 routes`},
		"a misspelt monitor key": {"monitor", `{"probeIntervall":"5s"}`, "monitor.probeIntervall is not a key"},
		"an interval too short to connect": {"monitor", `{"probeInterval":"4s"}`,
			`monitor.probeInterval is "4s": want at least 5s: a step of a probe may take a quarter of it, ` +
				`and a connection needs five round trips`},
		"an outage that is never long enough": {"monitor", `{"minimumOutage":"301s"}`,
			`monitor.minimumOutage is "301s": want whole seconds from 0s to 5m0s`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			values := valid()
			values[c.key] = c.value
			_, err := load(values)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func TestASecretIsQuotedNowhereAndKeptOnlyWhereItCan(t *testing.T) {
	values := valid()
	values["alerts"] = `[{"protocol":"https","endpoint":"https://alerts.example.com/token"},
		{"protocol":"sms","endpoint":"5550199"}]`
	values["owner"] = "platform-token"
	_, err := Load(Values{Texts: values, Secrets: map[string]bool{"alerts": true, "owner": true, "costCenter": false}})
	require.ErrorContains(t, err, `alerts[1].endpoint is "[secret]": want a phone number`)
	require.ErrorContains(t, err, `owner is "[secret]": want plain text: only alerts can be secret`)
	for _, secret := range []string{"token", "5550199"} {
		assert.NotContains(t, err.Error(), secret)
	}

	values["alerts"] = `[{"protocol":"https","endpoint":"https://alerts.example.com/token"}]`
	c, err := Load(Values{Texts: values, Secrets: map[string]bool{"alerts": true}})
	require.NoError(t, err)
	assert.True(t, c.Alerts[0].Secret)
}

func TestAllMistakesAreToldTogether(t *testing.T) {
	_, err := load(map[string]string{"deletionProtection": "maybe", "monitor": `{"memoryMb":"a lot","reminder":"soon"}`})
	for _, part := range []string{"environment", "owner", "costCenter", "regions.primary", "regions.secondary",
		"regions.witness", "deletionProtection", "monitor.memoryMb", "monitor.reminder"} {
		assert.ErrorContains(t, err, part)
	}
}

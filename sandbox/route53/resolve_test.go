package route53

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	apex = "example.com."
	zid  = "ZEXAMPLE"
)

func ttl(n int64) *int64 { return &n }

// a is an A record with one address.
func a(name, value string, edits ...func(*RecordSet)) RecordSet {
	r := RecordSet{Name: name, Type: "A", TTL: ttl(30), Values: []string{value}}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

// alias is an A record that stands for another record, or for a resource in another zone.
func alias(name, target string, evaluate bool, edits ...func(*RecordSet)) RecordSet {
	r := RecordSet{Name: name, Type: "A", Alias: &Alias{Name: target, ZoneID: zid, EvaluateTargetHealth: evaluate}}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

func weight(n int64, id string) func(*RecordSet) {
	return func(r *RecordSet) { r.Weight, r.SetIdentifier = &n, id }
}
func latency(region string) func(*RecordSet) {
	return func(r *RecordSet) { r.Region, r.SetIdentifier = region, region }
}
func failover(which string) func(*RecordSet) {
	return func(r *RecordSet) { r.Failover, r.SetIdentifier = which, which }
}
func checked(id string) func(*RecordSet)     { return func(r *RecordSet) { r.HealthCheckID = id } }
func elsewhere(zone string) func(*RecordSet) { return func(r *RecordSet) { r.Alias.ZoneID = zone } }

// view is a zone in which these health checks fail, and whose every draw is the first.
func view(sets []RecordSet, failing ...string) View {
	return View{
		ZoneID:   zid,
		ZoneName: apex,
		Sets:     sets,
		Healthy:  func(id string) bool { return !slices.Contains(failing, id) },
		Target: func(name string) (Target, bool) {
			addrs := map[string]string{"d-1.execute-api.us-east-1.amazonaws.com": "127.0.0.11",
				"d-2.execute-api.us-east-2.amazonaws.com": "127.0.0.12"}
			addr, found := addrs[name]
			if !found {
				return Target{}, false
			}
			return Target{ZoneID: "ZAPI", Addrs: []netip.Addr{netip.MustParseAddr(addr)}}, true
		},
		Draw: func(int64) int64 { return 0 },
	}
}

func values(records []Record) (all []string) {
	for _, r := range records {
		all = append(all, r.Value)
	}
	return all
}

// complex is the tree of "How health checks work in complex Amazon Route 53 configurations": latency alias records over
// weighted records in each of two regions.
func complexTree(edit func(east *RecordSet)) []RecordSet {
	east := alias(apex, "us-east-1-www.example.com.", true, latency("us-east-1"))
	if edit != nil {
		edit(&east)
	}
	return []RecordSet{
		east,
		alias(apex, "ap-southeast-2-www.example.com.", true, latency("ap-southeast-2")),
		a("us-east-1-www.example.com.", "192.0.2.11", weight(1, "1"), checked("east-1")),
		a("us-east-1-www.example.com.", "192.0.2.12", weight(1, "2"), checked("east-2")),
		a("ap-southeast-2-www.example.com.", "192.0.2.21", weight(1, "1"), checked("south-1")),
		a("ap-southeast-2-www.example.com.", "192.0.2.22", weight(1, "2"), checked("south-2")),
	}
}

func TestTheDocumentedTrees(t *testing.T) {
	noEvaluation := func(r *RecordSet) { r.Alias.EvaluateTargetHealth = false }
	omitted := complexTree(nil)
	omitted[3].HealthCheckID = ""
	tests := map[string]struct {
		sets    []RecordSet
		failing []string
		want    string
	}{
		"the nearest region, by weight":                        {complexTree(nil), nil, "192.0.2.11"},
		"another record of the same branch":                    {complexTree(nil), []string{"east-1"}, "192.0.2.12"},
		"it backs out of a branch in which nothing is healthy": {complexTree(nil), []string{"east-1", "east-2"}, "192.0.2.21"},
		"an alias with a health check needs both":              {complexTree(checked("east")), []string{"east"}, "192.0.2.21"},
		"its target's health counts as well":                   {complexTree(checked("east")), []string{"east-1", "east-2"}, "192.0.2.21"},
		"a record without a health check is healthy":           {omitted, []string{"east-1", "east-2"}, "192.0.2.12"},
		"without evaluation it stays in the branch":            {complexTree(noEvaluation), []string{"east-1", "east-2"}, "192.0.2.11"},
		"nothing is healthy: everything is":                    {complexTree(nil), []string{"east-1", "east-2", "south-1", "south-2"}, "192.0.2.11"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answer := view(test.sets, test.failing...).Resolve(apex, "A", "us-east-1")
			require.Equal(t, []string{test.want}, values(answer.Records))
			assert.Equal(t, Record{apex, "A", 30, test.want}, answer.Records[0], "the asked name, the target's TTL")
		})
	}
}

func TestFailover(t *testing.T) {
	sets := []RecordSet{
		a("www.example.com.", "192.0.2.1", failover(Primary), checked("primary")),
		a("www.example.com.", "192.0.2.2", failover(Secondary), checked("secondary")),
	}
	for name, test := range map[string]struct {
		failing []string
		want    string
	}{
		"the primary while it is healthy":   {[]string{"secondary"}, "192.0.2.1"},
		"the secondary while it is not":     {[]string{"primary"}, "192.0.2.2"},
		"the primary when neither is":       {[]string{"primary", "secondary"}, "192.0.2.1"},
		"the primary when both are healthy": {nil, "192.0.2.1"},
	} {
		answer := view(sets, test.failing...).Resolve("www.example.com.", "A", "us-east-1")
		assert.Equal(t, []string{test.want}, values(answer.Records), name)
	}
	sets[1].HealthCheckID = ""
	answer := view(sets, "primary").Resolve("www.example.com.", "A", "us-east-1")
	assert.Equal(t, []string{"192.0.2.2"}, values(answer.Records), "a secondary without a health check")
}

func TestLatencyIsTheNearestRegionOfTheAsker(t *testing.T) {
	sets := []RecordSet{
		alias("api.example.com.", "d-1.execute-api.us-east-1.amazonaws.com.", true, latency("us-east-1"), elsewhere("ZAPI"), checked("one")),
		alias("api.example.com.", "d-2.execute-api.us-east-2.amazonaws.com.", true, latency("us-east-2"), elsewhere("ZAPI"), checked("two")),
	}
	for _, test := range []struct {
		region  string
		failing []string
		want    string
	}{
		{"us-east-1", nil, "127.0.0.11"},
		{"us-east-2", nil, "127.0.0.12"},
		{"us-west-2", nil, "127.0.0.12"}, // Ohio is nearer to Oregon
		{"eu-west-1", nil, "127.0.0.11"},
		{"xx-test-1", nil, "127.0.0.11"},
		{"us-east-1", []string{"one"}, "127.0.0.12"},
		{"us-east-2", []string{"two"}, "127.0.0.11"},
		{"us-east-2", []string{"one", "two"}, "127.0.0.12"},
	} {
		answer := view(sets, test.failing...).Resolve("api.example.com.", "A", test.region)
		require.Equal(t, []Record{{"api.example.com.", "A", 60, test.want}}, answer.Records, "%v", test)
	}
}

func TestWeights(t *testing.T) {
	group := func(weights ...int64) (sets []RecordSet) {
		for i, w := range weights {
			id := string(rune('a' + i))
			sets = append(sets, a("www.example.com.", "192.0.2."+string(rune('1'+i)), weight(w, id), checked(id)))
		}
		return sets
	}
	ask := func(sets []RecordSet, draw int64, failing ...string) string {
		v := view(sets, failing...)
		v.Draw = func(n int64) int64 { return min(draw, n-1) }
		return values(v.Resolve("www.example.com.", "A", "us-east-1").Records)[0]
	}
	counts := map[string]int{}
	for draw := range int64(4) {
		counts[ask(group(3, 1), draw)]++
	}
	assert.Equal(t, map[string]int{"192.0.2.1": 3, "192.0.2.2": 1}, counts)
	assert.Equal(t, "192.0.2.2", ask(group(3, 1), 0, "a"), "another, if the drawn one is unhealthy")
	for draw := range int64(4) {
		assert.Equal(t, "192.0.2.2", ask(group(0, 1), draw), "weight 0 is not drawn")
	}
	assert.Equal(t, "192.0.2.1", ask(group(0, 1), 0, "b"), "unless all others are unhealthy")
	assert.Equal(t, "192.0.2.2", ask(group(0, 0), 1), "all of weight 0 are drawn alike")
	assert.Equal(t, "192.0.2.2", ask(group(0, 1), 0, "a", "b"), "nothing is healthy: everything is, by weight")
}

func TestNamesThatAreThereAndNamesThatAreNot(t *testing.T) {
	sets := []RecordSet{
		a(apex, "192.0.2.1"),
		a("*.apps.example.com.", "192.0.2.2"),
		a("one.apps.example.com.", "192.0.2.3"),
		a("deep.below.example.com.", "192.0.2.4"),
		{Name: "www.example.com.", Type: "CNAME", TTL: ttl(300), Values: []string{"Example.com"}},
		{Name: "out.example.com.", Type: "CNAME", TTL: ttl(300), Values: []string{"example.org."}},
		{Name: "loop.example.com.", Type: "CNAME", TTL: ttl(300), Values: []string{"loop.example.com."}},
		{Name: "sub.example.com.", Type: "NS", TTL: ttl(300), Values: []string{"ns.example.org."}},
		alias("gone.example.com.", "d-9.execute-api.us-east-1.amazonaws.com.", true, elsewhere("ZAPI")),
	}
	tests := map[string]struct {
		name, kind string
		exists     bool
		want       []string
	}{
		"a wildcard":                           {"two.apps.example.com.", "A", true, []string{"192.0.2.2"}},
		"a wildcard covers what is below":      {"a.b.apps.example.com.", "A", true, []string{"192.0.2.2"}},
		"what exists has no wildcard":          {"one.apps.example.com.", "TXT", true, nil},
		"what is below it has none either":     {"x.one.apps.example.com.", "A", false, nil},
		"a name with other types":              {apex, "AAAA", true, nil},
		"a name with names below it":           {"below.example.com.", "A", true, nil},
		"a name that is not there":             {"none.example.com.", "A", false, nil},
		"an alias of the zone, with its CNAME": {"www.example.com.", "A", true, []string{"Example.com", "192.0.2.1"}},
		"CNAME itself":                         {"www.example.com.", "CNAME", true, []string{"Example.com"}},
		"a CNAME out of the zone":              {"out.example.com.", "A", true, []string{"example.org."}},
		"a CNAME of itself":                    {"loop.example.com.", "A", true, []string{"loop.example.com."}},
		"an alias whose target is gone":        {"gone.example.com.", "A", true, nil},
	}
	for name, test := range tests {
		answer := view(sets).Resolve(test.name, test.kind, "us-east-1")
		assert.Equal(t, test.want, values(answer.Records), name)
		assert.Equal(t, test.exists, answer.Exists, name)
	}
	answer := view(sets).Resolve("www.sub.example.com.", "A", "us-east-1")
	assert.Empty(t, answer.Records)
	assert.Equal(t, []Record{{"sub.example.com.", "NS", 300, "ns.example.org."}}, answer.Authority)
}

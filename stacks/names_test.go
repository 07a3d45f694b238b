package stacks

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

// deployedAs is the stack of prod by another name, which Pulumi must accept.
func deployedAs(t *testing.T, stack string, changes map[string]string) *graph.Graph {
	t.Helper()
	_, err := tokens.ParseStackName(stack)
	require.NoError(t, err)
	builtFunctions(t)
	g, err := graph.Run(Run, graph.Options{Stack: stack, Config: stackConfig(t, "prod", changes)})
	require.NoError(t, err)
	return g
}

// cluster is the beginning of the identifier that the mocks give the primary cluster, in a name.
const cluster = "-database"

// Two organizations, or two backends, may each have a stack of one name in one account. What the program names itself,
// beside names within something of its own, must then hold what is its own.
func TestStacksOfOneNameOverwriteNothingOfEachOther(t *testing.T) {
	const api = "-api-id" // what the mocks give the APIs
	own := map[string]string{
		"aws:cloudwatch/compositeAlarm:CompositeAlarm": cluster,
		"aws:cloudwatch/dashboard:Dashboard":           cluster,
		"aws:cloudwatch/logGroup:LogGroup":             api,
	}
	within := map[string]bool{
		"aws:apigatewayv2/authorizer:Authorizer": true,
		"aws:apigatewayv2/stage:Stage":           true,
		recordType:                               true, // in the zone, of a domain that is one stack's
	}
	changes := routed()
	changes["eventRoutes"] = `[{"name":"all","target":"queue"}]`
	g := deployedAs(t, "prod", changes)
	named := map[string]int{}
	for _, r := range g.Resources {
		for _, property := range []string{"name", "namePrefix", "alarmName", "dashboardName"} {
			if name := r.Input(property); name != "" && r.Custom && !within[r.Type] {
				require.Contains(t, own, r.Type, "%s is called %s in every stack of the name", r.Name, name)
				assert.Contains(t, name, own[r.Type], r.Name)
				named[r.Type]++
			}
		}
	}
	assert.Equal(t, map[string]int{
		"aws:cloudwatch/compositeAlarm:CompositeAlarm": 7,
		"aws:cloudwatch/dashboard:Dashboard":           1,
		"aws:cloudwatch/logGroup:LogGroup":             2,
	}, named)
}

// What is looked for at night comes last: which region, and what happened to it.
func TestAnAlarmIsCalledAfterStackRegionAndWhatHappened(t *testing.T) {
	what := regexp.MustCompile(`^aurora-dsql-dr-a\.b_c-d-database-us-(?:east|west)-\d-(?:lost|lost-unconfirmed|unheard)$`)
	for _, alarm := range deployedAs(t, "a.b_c-d", nil).Of("aws:cloudwatch/compositeAlarm:CompositeAlarm") {
		assert.Regexp(t, what, alarm.Input("alarmName"))
	}
}

// Pulumi accepts letters, digits and -_. in a stack's name, CloudWatch no dot in a dashboard's.
func TestADashboardCanShowEveryStack(t *testing.T) {
	for stack, want := range map[string]string{
		"v1.2":                   "aurora-dsql-dr-v1-2" + cluster,
		"A_z-9":                  "aurora-dsql-dr-A_z-9" + cluster,
		"...":                    "aurora-dsql-dr----" + cluster,
		strings.Repeat("s", 100): "aurora-dsql-dr-" + strings.Repeat("s", 100) + cluster,
	} {
		dashboard, ok := deployedAs(t, stack, nil).Named("aws:cloudwatch/dashboard:Dashboard", "dashboard")
		require.True(t, ok)
		assert.Equal(t, want, dashboard.Input("dashboardName"))
		assert.Contains(t, dashboard.Input("dashboardBody"), "# aurora-dsql-dr-"+stack, "people read the stack's own name")
	}
}

// Pulumi's names of a project and of a stack have up to 100 characters each.
func TestNamesThatAreTooLongTogetherAreRefused(t *testing.T) {
	require.NoError(t, checkTitle(strings.Repeat("n", maxTitle)))
	longest := maxTitle + len("-abcd2345-ap-northeast-1-lost-unconfirmed")
	assert.LessOrEqual(t, longest, 255)
	require.ErrorContains(t, checkTitle(strings.Repeat("n", maxTitle+1)), "have 191 characters: want at most 190 together")
}

func TestOnlyAnIdentifierIsShortened(t *testing.T) {
	assert.Equal(t, "foo0bar1", shortened("foo0bar1baz2quux3quuux4xyz"))
	assert.Equal(t, "${cluster.identifier}", shortened("${cluster.identifier}"))
}

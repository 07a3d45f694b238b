package stacks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/internal/graph"
)

// zoneID and domain are those that traffic is routed by here.
const (
	zoneID = "Z0123456789ABCDEFGHIJ"
	domain = "pay.example.com"
)

// routed is what routes traffic to the application.
func routed() map[string]string {
	return map[string]string{
		"application":         applicationEnabled,
		"applicationSettings": `{"jwt":{"issuer":"https://login.example.com/","audience":"pay"}}`,
		"traffic":             `{"zoneId":"` + zoneID + `","domain":"` + domain + `"}`,
	}
}

func TestANameOutsideItsZoneIsRefusedBeforeAnythingIsMade(t *testing.T) {
	config := stackConfig(t, "dev", routed())
	builtFunctions(t)
	for intent, c := range map[string]struct {
		zone    resource.PropertyMap
		problem string
	}{
		"the zone itself":      {zone: resource.PropertyMap{"name": resource.NewProperty(domain)}},
		"a name of the zone":   {zone: resource.PropertyMap{"name": resource.NewProperty("example.com.")}},
		"a name of another":    {zone: resource.PropertyMap{"name": resource.NewProperty("example.org")}, problem: `traffic.domain is "pay.example.com": want example.org, which is the name of zone ` + zoneID + ", or a name that ends with .example.org"},
		"half a label of it":   {zone: resource.PropertyMap{"name": resource.NewProperty("ay.example.com")}, problem: "traffic.domain is"},
		"a name below its own": {zone: resource.PropertyMap{"name": resource.NewProperty("eu.pay.example.com")}, problem: "traffic.domain is"},
		"a private zone": {zone: resource.PropertyMap{"name": resource.NewProperty("example.com"), "vpcs": resource.NewProperty([]resource.PropertyValue{
			resource.NewProperty(resource.PropertyMap{"vpcId": resource.NewProperty("vpc-1")})})}, problem: "want a public hosted zone, and example.com is private"},
	} {
		t.Run(intent, func(t *testing.T) {
			g, err := graph.Run(Run, graph.Options{Config: config, Known: func(graph.Resource) resource.PropertyMap { return c.zone }})
			if c.problem == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.problem)
			for _, r := range g.Resources {
				assert.Equal(t, "pulumi:providers:aws", r.Type, "%s is made all the same", r.Name)
			}
		})
	}
}

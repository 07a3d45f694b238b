package stacks

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A dead-man alarm whose period shrinks looks at minutes in which nobody had to publish: the deployment checks once more.
func TestAChangedScheduleIsCheckedAtOnce(t *testing.T) {
	triggers := func(minutes string) map[string]resource.PropertyMap {
		all := map[string]resource.PropertyMap{}
		g := deployed(t, "dev", map[string]string{"monitor": `{"scheduleMinutes":` + minutes + `}`})
		for _, place := range places {
			check, ok := g.Named("aws:lambda/invocation:Invocation", place+"-schedule-first-check")
			require.True(t, ok)
			all[place] = check.Inputs["triggers"].ObjectValue()
		}
		return all
	}
	hourly, again, minutely := triggers("60"), triggers("60"), triggers("1")
	assert.Equal(t, hourly, again, "nothing changed, nothing is checked")
	for _, place := range places {
		assert.NotEqual(t, hourly[place], minutely[place], place)
	}
}

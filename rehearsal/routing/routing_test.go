package routing

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/routing/routingtest"
	"aurora-dsql-dr/sandbox/route53"
)

const (
	east    = "us-east-1"
	ohio    = "us-east-2"
	witness = "us-west-2"
)

func TestTheNameLeadsToTheNearestRegionThatIsFit(t *testing.T) {
	w := routingtest.New(t)
	n := Name{Account: w.Account, Domain: routingtest.Domain}
	led := func() []string {
		var all []string
		for _, asker := range []string{east, ohio, witness} {
			all = append(all, n.Answer(asker)...)
		}
		return all
	}
	assert.Equal(t, []string{east, ohio, ohio}, led())
	assert.True(t, n.AnyFit())
	w.Turn(t, w.Leaf[east])
	assert.Equal(t, []string{ohio, ohio, ohio}, led())
	w.Turn(t, w.Leaf[ohio])
	assert.Equal(t, []string{east, ohio, ohio}, led(), "as if both were fit")
	assert.False(t, n.AnyFit())

	assert.Empty(t, Name{Account: w.Account, Domain: "none.example.com"}.Answer(east))
	w.Put(t, route53.RecordSet{Name: "elsewhere.example.com", Type: "A", TTL: new(int64), Values: []string{"192.0.2.1"}})
	assert.Equal(t, []string{"192.0.2.1"}, Name{Account: w.Account, Domain: "elsewhere.example.com"}.Answer(east))
}

func TestTheHealthChecksBehindTheNameAreFound(t *testing.T) {
	w := routingtest.New(t)
	n := Name{Account: w.Account, Domain: routingtest.Domain}
	found := n.Regions()
	require.Len(t, found, 2)
	assert.Equal(t, []string{east, ohio}, []string{found[0].Name, found[1].Name})
	assert.Equal(t, w.Leaf[east], found[0].Leaf.ID)
	assert.Equal(t, w.Quorum[east], found[0].Quorum.ID)
	var observers []string
	for _, o := range found[0].Observers {
		observers = append(observers, o.Observer)
		assert.True(t, o.Healthy)
	}
	assert.Equal(t, []string{east, ohio, witness}, observers, "as the "+contract.DimensionObserver+" of their alarms says")
	assert.True(t, found[0].Fit())

	w.Turn(t, found[0].Observers[0].ID)
	assert.True(t, n.Regions()[0].Fit(), "one unfit word")
	w.Turn(t, found[0].Observers[2].ID)
	now := n.Regions()[0]
	assert.False(t, now.Fit(), "two")
	assert.False(t, now.Quorum.Healthy)
	assert.True(t, now.Leaf.Healthy)
	assert.Empty(t, Name{Account: w.Account, Domain: "none.example.com"}.Regions())
}

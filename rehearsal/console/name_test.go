package console

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/rehearsal/routing/routingtest"
)

func TestWhoAnswersForTheNameIsShown(t *testing.T) {
	s := newScene(t)
	assert.Equal(t, nameView{Askers: []askerView{}, Regions: []fitnessView{}}, s.nameView(), "traffic is not routed")
	w := routingtest.In(t, s.account)
	s.config.Domain = routingtest.Domain
	w.Turn(t, w.Leaf[east])
	view := s.nameView()
	assert.Equal(t, []askerView{{east, []string{ohio}}, {ohio, []string{ohio}}, {west, []string{ohio}}}, view.Askers)
	require.Len(t, view.Regions, 2)
	assert.Equal(t, fitnessView{
		Name:      ohio,
		Fit:       true,
		Serves:    true,
		Reports:   []reportView{},
		Agreed:    true,
		Observers: []observerView{{east, true}, {ohio, true}, {west, true}},
	}, view.Regions[1])
	lost := view.Regions[0]
	assert.Equal(t, []bool{false, false, true}, []bool{lost.Fit, lost.Serves, lost.Agreed})

	until := time.Now().Add(time.Hour)
	s.log(t, west, map[string]any{
		"msg":        contract.LogWithdrawal,
		"withdrawal": contract.Withdrawal{Region: ohio, By: "somebody", Reason: "a test", Until: until},
	})
	require.Eventually(t, func() bool {
		withdrawn := s.nameView().Regions[1].Withdrawn
		return withdrawn != nil && withdrawn.By == "somebody" && withdrawn.Until.Equal(until.Round(0))
	}, time.Minute, 10*time.Millisecond)
}

package console

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestARehearsalIsHeldFromThePage(t *testing.T) {
	s := newScene(t)
	w := s.watch(t, "")
	start := func() (int, string) { return s.post(t, "rehearsals", `{"name":"calm"}`, nil) }
	status, _ := start()
	require.Equal(t, http.StatusNoContent, status)
	steps := await(w, "timeline", func(entries []entryView) bool { return len(entries) == 2 })
	assert.Equal(
		t,
		[]string{"by client", "by rehearsal"},
		[]string{steps[0].Text, steps[1].Text},
		"messages are in the inbox",
	)
	running := await(w, "rehearsals", func(v rehearsalsView) bool { return v.Latest != nil })
	assert.True(t, running.Latest.Running)

	status, answer := start()
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Contains(t, answer, "the rehearsal calm still runs")

	s.calm <- nil
	ended := await(w, "rehearsals", func(v rehearsalsView) bool { return !v.Latest.Running }).Latest
	assert.Equal(t, "score 93 of 100", ended.Outcome)
	assert.True(t, ended.Passed)
	assert.Equal(t, []checkView{{"detect", "within 40s", "31s", true}}, ended.Checks)

	status, _ = start()
	require.Equal(t, http.StatusNoContent, status, "the next one")
	s.calm <- errors.New("no PostgreSQL")
	ended = await(w, "rehearsals", func(v rehearsalsView) bool { return v.Latest.Outcome == "no PostgreSQL" }).Latest
	assert.False(t, ended.Passed)
}

func TestARehearsalIsStoppedFromThePageAndWithTheConsole(t *testing.T) {
	s := newScene(t)
	status, _ := s.post(t, "rehearsals", `{"name":"calm"}`, nil)
	require.Equal(t, http.StatusNoContent, status)
	status, _ = s.post(t, "rehearsals/stop", `{}`, nil)
	require.Equal(t, http.StatusNoContent, status)
	assert.Equal(t, "stopped; its faults are undone", s.stage.view().Latest.Outcome)

	status, _ = s.post(t, "rehearsals", `{"name":"calm"}`, nil)
	require.Equal(t, http.StatusNoContent, status)
	require.NoError(t, s.Close())
	assert.False(t, s.stage.view().Latest.Running)
}

package edge

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func capture(t *testing.T) *strings.Builder {
	t.Helper()
	var said strings.Builder
	t.Cleanup(Output(&said))
	return &said
}

func TestAPanicIsAFailureThatIsSaidAloud(t *testing.T) {
	said := capture(t)
	var failed error
	func() {
		defer Recover("refresh of the page", func(err error) { failed = err })
		panic(errors.New("a section does not encode"))
	}()
	require.EqualError(t, failed, "refresh of the page: a mistake of the sandbox's own: a section does not encode")
	assert.Contains(t, said.String(), "refresh of the page: a mistake of the sandbox's own: a section does not encode")
	assert.Contains(t, said.String(), "edge_test.go", "with the stack")
}

func TestWorkWithoutAPanicIsLeftAlone(t *testing.T) {
	said := capture(t)
	func() {
		defer Recover("work", func(error) { t.Error("nothing failed") })
	}()
	assert.Empty(t, said.String())
}

func TestAHandlerThatPanicsAnswers500(t *testing.T) {
	said := capture(t)
	server := httptest.NewServer(Handler("Runtime API", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no") })))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/next", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusInternalServerError, answer.StatusCode)
	assert.Contains(t, said.String(), "Runtime API: GET /next")
}

func TestAnAbortedAnswerIsNoMistake(t *testing.T) {
	said := capture(t)
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		defer Recover("work", nil)
		panic(http.ErrAbortHandler)
	})
	assert.Empty(t, said.String())
}

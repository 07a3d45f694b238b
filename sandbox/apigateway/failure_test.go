package apigateway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatFailsBehindTheAPI(t *testing.T) {
	w := newWorld(t)
	w.route(t, "GET /", "")
	get := func(status int, message, cause string) {
		t.Helper()
		answer, body := do(t, w.request(t, http.MethodGet, "/", ""))
		assert.Equal(t, status, answer.StatusCode)
		assert.JSONEq(t, `{"message":"`+message+`"}`, body)
		require.Eventually(t, func() bool { return strings.Contains(w.logged(t)["error"], cause) }, 10*time.Second, time.Millisecond, cause)
	}
	w.answer = func(context.Context, []byte) (any, error) { return nil, errors.New("no") }
	get(http.StatusInternalServerError, "Internal Server Error", "the function failed")

	i, err := w.Integration(w.api.ID, strings.TrimPrefix(w.target, "integrations/"))
	require.NoError(t, err)
	i.TimeoutMilliseconds = 50
	_, err = w.UpdateIntegration(i)
	require.NoError(t, err)
	release := make(chan struct{})
	w.answer = func(context.Context, []byte) (any, error) { <-release; return nil, nil }
	get(http.StatusServiceUnavailable, "Service Unavailable", "the integration did not answer")
	close(release)

	w.region.SetBroken("lambda", true)
	get(http.StatusServiceUnavailable, "Service Unavailable", "service lambda")
	w.region.SetBroken("lambda", false)
	require.NoError(t, w.deps.Lambda.RemovePermission(echo, "api"))
	get(http.StatusInternalServerError, "Internal Server Error", "apigateway.amazonaws.com is not authorized to perform: lambda:InvokeFunction")
}

// What a region was doing when it was lost, and what it is asked afterwards, gets no answer; the server notices when the
// client has gone, and a region that is back answers.
func TestARegionThatGoesDownAnswersNoMore(t *testing.T) {
	w := newWorld(t)
	w.route(t, "POST /", "")
	entered, release := make(chan struct{}), make(chan struct{})
	w.answer = func(context.Context, []byte) (any, error) { close(entered); <-release; return nil, nil }
	go func() {
		<-entered
		w.region.SetDown(true)
	}()
	for range 2 {
		impatient, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := http.DefaultClient.Do(w.request(t, http.MethodPost, "/", "{}").WithContext(impatient)) //nolint:bodyclose // there is none
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, w.region.Down())
	}
	close(release)
	w.answer = func(context.Context, []byte) (any, error) { return nil, nil }
	w.region.SetDown(false)
	answer, _ := do(t, w.request(t, http.MethodPost, "/", "{}"))
	assert.Equal(t, http.StatusOK, answer.StatusCode)
}

// A client that announces a body and does not send it holds nothing for ever; the function is not asked.
func TestABodyThatNeverArrivesIsCutOff(t *testing.T) {
	w := newWorldAt(t, 100)
	w.route(t, "POST /", "")
	var asked atomic.Int64
	w.answer = func(context.Context, []byte) (any, error) { asked.Add(1); return "x", nil }
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.api.Endpoint, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	begun := time.Now()
	_, err = conn.Write([]byte("POST / HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"))
	require.NoError(t, err)
	response, err := io.ReadAll(conn)
	require.NoError(t, err, "the connection is closed")
	assert.Contains(t, string(response), "HTTP/1.1 408 Request Timeout")
	assert.Contains(t, string(response), `{"message":"Request Timeout"}`)
	assert.GreaterOrEqual(t, time.Since(begun), 300*time.Millisecond, "30 s of sandbox time")
	assert.Zero(t, asked.Load())

	const request = "POST / HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
	conn, err = new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.api.Endpoint, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	answers := bufio.NewReader(conn)
	for range 2 {
		_, err = io.WriteString(conn, request)
		require.NoError(t, err)
		answer, err := http.ReadResponse(answers, nil)
		require.NoError(t, err, "the bound is on the body alone: the connection is kept for a later request")
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		time.Sleep(400 * time.Millisecond) // past the bound of the request before
	}
}

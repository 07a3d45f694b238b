package control

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/sandbox"
)

var places = map[string]string{"primary": "us-east-1", "secondary": "us-east-2", "witness": "us-west-2"}

func TestAnotherProcessOfTheSameUserBreaksAndMends(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "control-") //nolint:usetesting // t.TempDir is inside a directory of this user alone
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Setenv("TMPDIR", dir)
	_, err = Find()
	require.ErrorContains(t, err, "no sandbox is running: start one with `make sandbox`")

	s, err := stack.Start(t.Context(), sandbox.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	_, err = Find()
	require.ErrorContains(t, err, "no sandbox is running", "one without a control is a demonstration's")
	stop, err := Serve(s, fault.NewInjector(s, places))
	require.NoError(t, err)
	t.Cleanup(stop)
	info, err := os.Stat(s.Path(fileName))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "only this user reads the token")

	c, err := Find()
	require.NoError(t, err)
	lost := fault.Spec{Name: "region-lost", With: map[string]string{"region": "primary"}}
	active, err := c.Inject(t.Context(), lost)
	require.NoError(t, err)
	require.Len(t, active, 1)
	assert.Equal(t, lost, active[0].Spec)
	assert.True(t, s.Account.Region("us-east-1").Down())
	_, err = c.Inject(t.Context(), fault.Spec{Name: "witness-lost"})
	require.NoError(t, err)
	active, err = c.Undo(t.Context(), active[0].ID)
	require.NoError(t, err)
	assert.Len(t, active, 1)
	assert.False(t, s.Account.Region("us-east-1").Down())
	active, err = c.UndoAll(t.Context())
	require.NoError(t, err)
	assert.Empty(t, active)
	active, err = c.Active(t.Context())
	require.NoError(t, err)
	assert.Empty(t, active)
	_, err = c.Password(t.Context(), "abc.dsql.us-east-1.on.aws", sandbox.AdminUser)
	require.ErrorContains(t, err, `host is "abc.dsql.us-east-1.on.aws": want pay.example.com, or a cluster's, one of []`)
	_, err = c.Inject(t.Context(), fault.Spec{Name: "region-lost"})
	assert.ErrorContains(t, err, `parameter "region" is missing: primary (us-east-1)`)
}

func TestNobodyWithoutTheTokenIsAnswered(t *testing.T) {
	faults := fault.NewInjector(nil, places)
	for _, given := range []string{"", "Bearer ", "Bearer guess"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodOptions} {
			r := httptest.NewRequest(method, "/faults", strings.NewReader(`{"name":"witness-lost"}`))
			r.Header.Set("Authorization", given)
			w := httptest.NewRecorder()
			handler(faults, nil, "secret").ServeHTTP(w, r)
			assert.Equal(t, http.StatusForbidden, w.Code)
			assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
		}
	}
}

package claims

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryClaimIsARowOfAPage(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		assert.Regexp(t, `^[a-z0-9]+(-[a-z0-9]+)+$`, c.ID)
		assert.False(t, seen[c.ID], "%s is there twice", c.ID)
		seen[c.ID] = true
		assert.NotEmpty(t, c.Says, c.ID)
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", c.Page))
		require.NoError(t, err)
		rows := 0
		for line := range strings.Lines(string(page)) {
			if strings.HasPrefix(line, "|") && strings.Contains(line, c.Row) {
				rows++
			}
		}
		assert.Equal(t, 1, rows, "%s: rows of %s with %q", c.ID, c.Page, c.Row)
	}
}

func TestEveryKindIsLookedForByTheNextRun(t *testing.T) {
	for _, c := range All() {
		for _, k := range c.Makes {
			if k == lone || k == pair {
				k = cluster // which is how they are found
			}
			assert.Contains(t, kinds, k, c.ID)
			assert.NotEmpty(t, k.Basis, k.Name)
		}
	}
}

func TestWhatIsNotAskedIsNeverAsClaimed(t *testing.T) {
	answer := &smithy.GenericAPIError{Code: "ConflictException", Message: "there"}
	denial := &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}
	for name, c := range map[string]struct {
		ask  func(*Case)
		want Verdict
	}{
		"nothing was asked":            {func(*Case) {}, NotAsked},
		"an answer as claimed":         {func(c *Case) { c.refused("call", answer, "ConflictException", "there") }, AsClaimed},
		"another code":                 {func(c *Case) { c.refused("call", answer, "OtherException") }, Differs},
		"other words":                  {func(c *Case) { c.refused("call", answer, "ConflictException", "elsewhere") }, Differs},
		"accepted, not refused":        {func(c *Case) { c.refused("call", nil, "ConflictException") }, Differs},
		"refused, not accepted":        {func(c *Case) { c.accepted("call", answer) }, Differs},
		"denied":                       {func(c *Case) { c.refused("call", denial, "ConflictException") }, NotAsked},
		"no answer":                    {func(c *Case) { c.refused("call", errors.New("EOF"), "ConflictException") }, NotAsked},
		"one of two denied":            {func(c *Case) { c.accepted("a", nil); c.accepted("b", denial) }, NotAsked},
		"one differs and one denied":   {func(c *Case) { c.is("a", 1, 2); c.accepted("b", denial) }, Differs},
		"a SQLSTATE":                   {func(c *Case) { c.refused("SQL", &pgconn.PgError{Code: "0A000"}, "0A000") }, AsClaimed},
		"a wait that was not rewarded": {func(c *Case) { c.failed("wait", unaskable{answer}) }, NotAsked},
	} {
		var asked Case
		c.ask(&asked)
		assert.Equal(t, c.want, asked.verdict(), name)
	}
}

func TestNamesSayWhoseTheyAre(t *testing.T) {
	at := time.Date(2026, 11, 29, 21, 41, 30, 0, time.UTC)
	run := New(Options{}, at)
	id, begun, ok := beginning(run.ID + "-q")
	assert.True(t, ok)
	assert.Equal(t, run.ID, id)
	assert.Equal(t, at.Truncate(time.Minute), begun)
	for _, name := range []string{"", "mine", "verify-aws-", "verify-aws-mine", "my-verify-aws-202611292141-abcd",
		"verify-aws-202613992141-abcd"} {
		_, _, ok := beginning(name)
		assert.False(t, ok, name)
	}
}

package awserr

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnErrorKeepsItsKindWhenWrapped(t *testing.T) {
	for _, c := range []struct {
		err    *Error
		kind   error
		status int
		text   string
	}{
		{NotFound(404, "NoSuchEntity", "The role with name %s cannot be found.", "r"), ErrNotFound, 404, "NoSuchEntity: The role with name r cannot be found."},
		{Denied("AccessDenied", "no"), ErrDenied, 403, "AccessDenied: no"},
		{Unavailable("region %s is unavailable", "us-east-1"), ErrUnavailable, 503, "ServiceUnavailable: region us-east-1 is unavailable"},
	} {
		wrapped := fmt.Errorf("reading: %w", c.err)
		require.ErrorIs(t, wrapped, c.kind)
		var e *Error
		require.ErrorAs(t, wrapped, &e)
		assert.Equal(t, c.status, e.Status)
		assert.Equal(t, c.text, e.Error())
	}
}

func TestABadRequestIsOfNoKind(t *testing.T) {
	for _, err := range []*Error{Invalid("ValidationError", "bad"), Conflict(409, "EntityAlreadyExists", "taken")} {
		for _, kind := range []error{ErrNotFound, ErrDenied, ErrUnavailable} {
			assert.NotErrorIs(t, err, kind)
		}
	}
}

package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/internal/must"
)

// awsJSON is AWS JSON 1.0 and 1.1, which differ in their content type only.
type awsJSON struct{ contentType string }

func (awsJSON) asked(r *http.Request, _ []byte) string {
	target := r.Header.Get("X-Amz-Target")
	return target[strings.LastIndex(target, ".")+1:]
}

func (p awsJSON) asks(r *http.Request, body []byte, o Shape) bool { return p.asked(r, body) == o.Name }

func (awsJSON) read(_ *http.Request, body []byte, _ Shape) (any, error) { return decodeJSON(body) }

func (p awsJSON) write(out *answer, members any, _ Shape) {
	out.contentType = p.contentType
	out.body = encodeJSON(members)
}

func (p awsJSON) refuse(out *answer, failed failure) {
	out.queryError(failed)
	out.contentType = p.contentType
	out.body = encodeJSON(failed.tree())
}

func decodeJSON(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return object{}, nil
	}
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		return nil, err
	}
	return fromJSON(tree), nil
}

func fromJSON(tree any) any {
	switch t := tree.(type) {
	case map[string]any:
		for key := range t {
			t[key] = fromJSON(t[key])
		}
		return object(t)
	case []any:
		for i := range t {
			t[i] = fromJSON(t[i])
		}
	}
	return tree
}

func encodeJSON(answer any) []byte { return must.JSON(forJSON(answer)) }

// forJSON spells times as epoch seconds, and the numbers JSON has no form for as strings.
func forJSON(tree any) any {
	switch t := tree.(type) {
	case nil:
		return object{}
	case time.Time:
		return float64(t.UnixMilli()) / 1000
	case float64:
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return fmt.Sprint(t)
		}
	case object:
		members := map[string]any{}
		for name := range t {
			members[name] = forJSON(t[name])
		}
		return members
	case dict:
		return forJSON(object(t))
	case []any:
		items := make([]any, len(t))
		for i := range t {
			items[i] = forJSON(t[i])
		}
		return items
	}
	return tree
}

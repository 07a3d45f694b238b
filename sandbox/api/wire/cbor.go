package wire

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"aurora-dsql-dr/sandbox/internal/must"
)

// rpcCBOR is Smithy RPC v2 CBOR, which CloudWatch's current SDKs speak.
type rpcCBOR struct{}

var (
	cborEncoding = must.Have(cbor.EncOptions{Time: cbor.TimeUnixMicro, TimeTag: cbor.EncTagRequired}.EncMode())
	cborDecoding = must.Have(cbor.DecOptions{TimeTag: cbor.DecTagOptional}.DecMode())
)

func (rpcCBOR) asked(r *http.Request, _ []byte) string {
	_, operation, _ := strings.Cut(r.URL.Path, "/operation/")
	return operation
}

func (p rpcCBOR) asks(r *http.Request, body []byte, o Shape) bool { return p.asked(r, body) == o.Name }

func (rpcCBOR) read(_ *http.Request, body []byte, _ Shape) (any, error) {
	if len(body) == 0 {
		return object{}, nil
	}
	var tree any
	if err := cborDecoding.Unmarshal(body, &tree); err != nil {
		return nil, err
	}
	return fromCBOR(tree), nil
}

// fromCBOR gives maps their string keys.
func fromCBOR(tree any) any {
	switch t := tree.(type) {
	case map[any]any:
		members := object{}
		for key, member := range t {
			members[fmt.Sprint(key)] = fromCBOR(member)
		}
		return members
	case []any:
		for i := range t {
			t[i] = fromCBOR(t[i])
		}
	}
	return tree
}

func (rpcCBOR) write(out *answer, members any, _ Shape) {
	out.header.Set("Smithy-Protocol", "rpc-v2-cbor")
	out.contentType = "application/cbor"
	out.body = must.Have(cborEncoding.Marshal(members))
}

func (p rpcCBOR) refuse(out *answer, failed failure) {
	out.queryError(failed)
	p.write(out, failed.tree(), Shape{})
}

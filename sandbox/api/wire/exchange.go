package wire

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
)

// maxBody is the largest request, in bytes: Lambda's synchronous payload.
const maxBody = 6 << 20

// Request is a request whose protocol is known. Create it with Open.
type Request struct {
	*http.Request
	// Raw is the body as it was signed, once it has been received.
	Raw []byte

	id       string
	protocol protocol
	body     []byte
	to       http.ResponseWriter
}

// Open takes a request, which may not even be signed.
func Open(w http.ResponseWriter, r *http.Request) *Request {
	return &Request{
		Request:  r,
		id:       newRequestID(),
		protocol: protocolOf(r),
		to:       w,
	}
}

// Receive receives the body.
func (q *Request) Receive() (err error) {
	q.Raw, err = io.ReadAll(http.MaxBytesReader(q.to, q.Request.Body, maxBody))
	if err != nil {
		return &awserr.Error{
			Code:    "RequestEntityTooLarge",
			Message: err.Error(),
			Status:  http.StatusRequestEntityTooLarge,
		}
	}
	q.body = q.Raw
	return nil
}

// Decompress undoes the gzip that SDKs apply to large PutMetricData requests. The signature covers the compressed body.
func (q *Request) Decompress() error {
	if q.Header.Get("Content-Encoding") != "gzip" {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(q.Raw))
	if err != nil {
		return malformed(err)
	}
	q.body, err = io.ReadAll(io.LimitReader(z, maxBody+1))
	if len(q.body) > maxBody {
		err = fmt.Errorf("the request is larger than %d bytes", maxBody)
	}
	if err != nil {
		return malformed(err)
	}
	return nil
}

// Asks says whether the request asks for an operation.
func (q *Request) Asks(o Shape) bool { return q.protocol.asks(q.Request, q.body, o) }

// Asked is what the request asks for, in words.
func (q *Request) Asked() string {
	if name := q.protocol.asked(q.Request, q.body); name != "" {
		return name
	}
	return q.Method + " " + q.URL.EscapedPath()
}

// Refuse answers with an error.
func (q *Request) Refuse(err error) {
	failed := newFailure(err)
	out := q.answer()
	out.status = failed.status
	q.protocol.refuse(out, failed)
	out.send(q.to)
}

func (q *Request) answer() *answer {
	return &answer{requestID: q.id, status: http.StatusOK, header: q.to.Header()}
}

// Exchange is a request for an operation, and its answer: a struct of the SDK each.
type Exchange struct {
	*Request
	shape Shape
	clock Clock
}

// Exchange takes the request for one for this operation. Clock is that of its service's region.
func (q *Request) Exchange(o Shape, clock Clock) *Exchange { return &Exchange{q, o, clock} }

// Read fills a struct with the request's members.
func (x *Exchange) Read(into any) error {
	tree, err := x.protocol.read(x.Request.Request, x.body, x.shape)
	if err == nil {
		err = bind(tree, into, x.clock)
	}
	if err != nil {
		return malformed(err)
	}
	return nil
}

// Write answers with a struct's members.
func (x *Exchange) Write(members any) {
	out := x.answer()
	x.protocol.write(out, unbind(members, x.shape.Lower, x.clock), x.shape)
	out.send(x.to)
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	id := hex.EncodeToString(b[:])
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}

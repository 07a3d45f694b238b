// Package wire is how requests and answers of AWS's APIs travel: the protocols that Smithy specifies, the places of
// members in a REST-JSON route, errors as each protocol spells them, and the pages of lists. It knows no service.
package wire

import (
	"net/http"
	"strings"
)

// Shape is what the wire has to know of an operation.
type Shape struct {
	Name  string
	Route *Route // of REST-JSON and REST-XML, else nil
	// Lower makes JSON member names begin in lower case.
	Lower bool
	// Flattened are the lists and maps that the service writes without a wrapper in the query protocol, as Message.1 and
	// <Message>: the name that is repeated by the member's name.
	Flattened map[string]string
}

// protocol is one of AWS's wire protocols, as Smithy specifies them (smithy.io, "AWS protocols").
type protocol interface {
	// asked names the operation a request asks for, "" if it names none.
	asked(r *http.Request, body []byte) string
	// asks says whether a request asks for an operation.
	asks(r *http.Request, body []byte, o Shape) bool
	// read reads the request's members.
	read(r *http.Request, body []byte, o Shape) (any, error)
	// write makes the answer of members.
	write(out *answer, members any, o Shape)
	// refuse makes it of an error.
	refuse(out *answer, failed failure)
}

// protocolOf tells a request's protocol by its signature and its headers; what has none of theirs is REST-JSON.
func protocolOf(r *http.Request) protocol {
	contentType := r.Header.Get("Content-Type")
	switch {
	case signedFor(r, "s3"):
		return s3XML{}
	case signedFor(r, "route53"):
		return restXML{}
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		return rpcCBOR{}
	case r.Header.Get("X-Amz-Target") != "":
		return awsJSON{contentType}
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"), r.URL.Query().Get("Action") != "":
		return query{}
	default:
		return rest{}
	}
}

// answer is what is sent.
type answer struct {
	requestID   string
	status      int
	header      http.Header
	contentType string
	body        []byte
}

// queryError gives clients of services that once spoke the query protocol their old error code.
func (a *answer) queryError(failed failure) {
	a.header.Set("X-Amzn-Query-Error", failed.name+";"+failed.fault())
}

func (a *answer) send(w http.ResponseWriter) {
	a.header.Set("Content-Type", a.contentType)
	a.header.Set("X-Amzn-RequestId", a.requestID)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that has gone needs no answer
}

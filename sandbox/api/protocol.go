package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// protocol is one of AWS's wire protocols, as Smithy specifies them (smithy.io, "AWS protocols").
type protocol interface {
	// operation names the operation a request asks for, "" if it names none.
	operation(r *http.Request, body []byte) string
	// decode reads the request's members.
	decode(r *http.Request, body []byte) (any, error)
	// encode writes an answer.
	encode(w http.ResponseWriter, operation string, answer any, requestID string)
	// refuse writes an error.
	refuse(w http.ResponseWriter, failed failure, requestID string)
}

// protocolOf tells a request's protocol by its headers; what has none of theirs is REST-JSON.
func protocolOf(r *http.Request) protocol {
	contentType := r.Header.Get("Content-Type")
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		return cborProtocol{}
	case r.Header.Get("X-Amz-Target") != "":
		return jsonProtocol{contentType}
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"), r.URL.Query().Get("Action") != "":
		return queryProtocol{}
	default:
		return restProtocol{}
	}
}

// jsonProtocol is AWS JSON 1.0 and 1.1, which differ in their content type only.
type jsonProtocol struct{ contentType string }

func (jsonProtocol) operation(r *http.Request, _ []byte) string {
	target := r.Header.Get("X-Amz-Target")
	return target[strings.LastIndex(target, ".")+1:]
}

func (jsonProtocol) decode(_ *http.Request, body []byte) (any, error) { return decodeJSON(body) }

func (p jsonProtocol) encode(w http.ResponseWriter, _ string, answer any, requestID string) {
	write(w, http.StatusOK, p.contentType, encodeJSON(answer), requestID)
}

func (p jsonProtocol) refuse(w http.ResponseWriter, failed failure, requestID string) {
	queryError(w, failed)
	write(w, failed.status, p.contentType, encodeJSON(errorMembers(failed)), requestID)
}

// restProtocol is REST-JSON. What of a request is in its path, query and headers is bound by the operation's route.
type restProtocol struct{}

func (restProtocol) operation(*http.Request, []byte) string { return "" }

func (restProtocol) decode(_ *http.Request, body []byte) (any, error) { return decodeJSON(body) }

func (restProtocol) encode(w http.ResponseWriter, _ string, answer any, requestID string) {
	write(w, http.StatusOK, "application/json", encodeJSON(answer), requestID)
}

func (restProtocol) refuse(w http.ResponseWriter, failed failure, requestID string) {
	w.Header().Set("X-Amzn-ErrorType", failed.shape)
	write(w, failed.status, "application/json", encodeJSON(errorMembers(failed)), requestID)
}

// cborProtocol is Smithy RPC v2 CBOR, which CloudWatch's current SDKs speak.
type cborProtocol struct{}

var (
	cborEncoding = must(cbor.EncOptions{Time: cbor.TimeUnixMicro, TimeTag: cbor.EncTagRequired}.EncMode())
	cborDecoding = must(cbor.DecOptions{TimeTag: cbor.DecTagOptional}.DecMode())
)

func (cborProtocol) operation(r *http.Request, _ []byte) string {
	_, operation, _ := strings.Cut(r.URL.Path, "/operation/")
	return operation
}

func (cborProtocol) decode(_ *http.Request, body []byte) (any, error) {
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

func (cborProtocol) encode(w http.ResponseWriter, _ string, answer any, requestID string) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	write(w, http.StatusOK, "application/cbor", must(cborEncoding.Marshal(answer)), requestID)
}

func (cborProtocol) refuse(w http.ResponseWriter, failed failure, requestID string) {
	queryError(w, failed)
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	write(w, failed.status, "application/cbor", must(cborEncoding.Marshal(errorMembers(failed))), requestID)
}

// queryProtocol is AWS Query: a form in, XML out.
type queryProtocol struct {
	// flattened are the lists and maps that a service writes without a wrapper, as Message.1 and <Message>: the name that
	// is repeated by the member's name.
	flattened map[string]string
}

func (queryProtocol) form(r *http.Request, body []byte) (url.Values, error) {
	if r.Method == http.MethodGet {
		return r.URL.Query(), nil
	}
	return url.ParseQuery(string(body))
}

func (p queryProtocol) operation(r *http.Request, body []byte) string {
	form, _ := p.form(r, body) // decode reports what is wrong with it
	return form.Get("Action")
}

func (p queryProtocol) decode(r *http.Request, body []byte) (any, error) {
	form, err := p.form(r, body)
	if err != nil {
		return nil, err
	}
	root := object{}
	for name, values := range form {
		parts := strings.Split(name, ".")
		node := root
		for _, part := range parts[:len(parts)-1] {
			child, ok := node[part].(object)
			if !ok {
				child = object{}
				node[part] = child
			}
			node = child
		}
		if _, taken := node[parts[len(parts)-1]]; !taken {
			node[parts[len(parts)-1]] = values[0]
		}
	}
	for member, repeated := range p.flattened {
		if list, ok := root[repeated].(object); ok {
			root[member] = list
		}
	}
	return root, nil
}

func (p queryProtocol) encode(w http.ResponseWriter, operation string, answer any, requestID string) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%sResponse><%sResult>", operation, operation)
	p.writeXML(&b, answer)
	fmt.Fprintf(&b, "</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", operation, requestID, operation)
	write(w, http.StatusOK, "text/xml", b.Bytes(), requestID)
}

func (queryProtocol) refuse(w http.ResponseWriter, failed failure, requestID string) {
	var b bytes.Buffer
	b.WriteString("<ErrorResponse><Error>")
	queryProtocol{}.writeXML(&b, object{"Type": faultOf(failed), "Code": failed.code, "Message": failed.message})
	fmt.Fprintf(&b, "</Error><RequestId>%s</RequestId></ErrorResponse>", requestID)
	write(w, failed.status, "text/xml", b.Bytes(), requestID)
}

func (p queryProtocol) writeXML(b *bytes.Buffer, tree any) {
	switch t := tree.(type) {
	case nil:
	case object:
		for _, name := range slices.Sorted(maps.Keys(t)) {
			if repeated, ok := p.flattened[name]; ok {
				p.writeFlattened(b, repeated, t[name])
				continue
			}
			p.writeElement(b, name, t[name])
		}
	case dict:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			p.writeElement(b, "entry", object{"key": key, "value": t[key]})
		}
	case []any:
		for _, item := range t {
			p.writeElement(b, "member", item)
		}
	default:
		_ = xml.EscapeText(b, []byte(text(t))) // a buffer takes everything
	}
}

func (p queryProtocol) writeElement(b *bytes.Buffer, name string, tree any) {
	fmt.Fprintf(b, "<%s>", name)
	p.writeXML(b, tree)
	fmt.Fprintf(b, "</%s>", name)
}

func (p queryProtocol) writeFlattened(b *bytes.Buffer, name string, tree any) {
	switch t := tree.(type) {
	case []any:
		for _, item := range t {
			p.writeElement(b, name, item)
		}
	case dict:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			p.writeElement(b, name, object{"Name": key, "Value": t[key]})
		}
	}
}

// text is a leaf as XML spells it.
func text(leaf any) string {
	switch v := leaf.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000Z")
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	default:
		return fmt.Sprint(v)
	}
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

func encodeJSON(answer any) []byte { return must(json.Marshal(forJSON(answer))) }

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

// errorMembers is an error's body. The API models spell message either way.
func errorMembers(failed failure) object {
	members := object{"__type": failed.shape, "message": failed.message, "Message": failed.message}
	for name, value := range failed.members {
		members[name] = value
	}
	return members
}

// queryError gives clients of services that once spoke the query protocol their old error code.
func queryError(w http.ResponseWriter, failed failure) {
	w.Header().Set("X-Amzn-Query-Error", failed.code+";"+faultOf(failed))
}

func faultOf(failed failure) string {
	if failed.status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

func write(w http.ResponseWriter, status int, contentType string, body []byte, requestID string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-RequestId", requestID)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// must is for encodings of values that always encode.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

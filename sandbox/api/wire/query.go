package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query is AWS Query: a form in, XML out.
type query struct{}

func (query) form(r *http.Request, body []byte) (url.Values, error) {
	if r.Method == http.MethodGet {
		return r.URL.Query(), nil
	}
	return url.ParseQuery(string(body))
}

func (p query) asked(r *http.Request, body []byte) string {
	form, _ := p.form(r, body) // read reports what is wrong with it
	return form.Get("Action")
}

func (p query) asks(r *http.Request, body []byte, o Shape) bool { return p.asked(r, body) == o.Name }

func (p query) read(r *http.Request, body []byte, o Shape) (any, error) {
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
	for member, repeated := range o.Flattened {
		if list, ok := root[repeated].(object); ok {
			root[member] = list
		}
	}
	return root, nil
}

func (query) write(out *answer, members any, o Shape) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%sResponse><%sResult>", o.Name, o.Name)
	xmlWriter{to: &b, flattened: o.Flattened}.writeXML(members)
	fmt.Fprintf(&b, "</%sResult><ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
		o.Name, out.requestID, o.Name)
	out.contentType = "text/xml"
	out.body = b.Bytes()
}

func (query) refuse(out *answer, failed failure) {
	var b bytes.Buffer
	b.WriteString("<ErrorResponse><Error>")
	xmlWriter{to: &b}.writeXML(object{
		"Type":    failed.fault(),
		"Code":    failed.code,
		"Message": failed.message,
	})
	fmt.Fprintf(&b, "</Error><RequestId>%s</RequestId></ErrorResponse>", out.requestID)
	out.contentType = "text/xml"
	out.body = b.Bytes()
}

// xmlWriter writes a tree as the query protocol spells it.
type xmlWriter struct {
	to        *bytes.Buffer
	flattened map[string]string
	singular  bool // the items of Records are Record each, and not member
}

func (x xmlWriter) writeXML(tree any) {
	switch t := tree.(type) {
	case nil:
	case object:
		for _, name := range slices.Sorted(maps.Keys(t)) {
			if repeated, ok := x.flattened[name]; ok {
				x.writeFlattened(repeated, t[name])
				continue
			}
			x.writeElement(name, t[name])
		}
	case dict:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			x.writeElement("entry", object{"key": key, "value": t[key]})
		}
	case []any:
		for _, item := range t {
			x.writeElement("member", item)
		}
	default:
		_ = xml.EscapeText(x.to, []byte(text(t))) // a buffer takes everything
	}
}

func (x xmlWriter) writeElement(name string, tree any) {
	fmt.Fprintf(x.to, "<%s>", name)
	if items, ok := tree.([]any); ok && x.singular {
		x.writeFlattened(strings.TrimSuffix(name, "s"), items)
	} else {
		x.writeXML(tree)
	}
	fmt.Fprintf(x.to, "</%s>", name)
}

func (x xmlWriter) writeFlattened(name string, tree any) {
	switch t := tree.(type) {
	case []any:
		for _, item := range t {
			x.writeElement(name, item)
		}
	case dict:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			x.writeElement(name, object{"Name": key, "Value": t[key]})
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

package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// restXML is REST-XML: routes as of REST-JSON, and bodies of XML.
type restXML struct{ rest }

// namespace is that of the documents of the one service that has an API of REST-XML, Route 53.
const namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

func (restXML) read(r *http.Request, body []byte, o Shape) (any, error) {
	members := object{}
	if len(bytes.TrimSpace(body)) > 0 {
		tree, err := decodeXML(body)
		if err != nil {
			return nil, err
		}
		nested, ok := tree.(element)
		if !ok && tree != "" {
			return nil, errors.New("the document must be a structure")
		}
		members = nested.members()
	}
	maps.Copy(members, o.Route.named(r))
	return members, nil
}

func (restXML) write(out *answer, members any, o Shape) {
	tree, _ := members.(object) // of a struct
	tree = o.Route.place(out, tree, o.Lower)
	var b bytes.Buffer
	fmt.Fprintf(&b, `%s<%sResponse xmlns="%s">`, xml.Header, o.Name, namespace)
	xmlWriter{to: &b, singular: true}.writeXML(tree)
	fmt.Fprintf(&b, "</%sResponse>", o.Name)
	out.contentType = "text/xml"
	out.body = b.Bytes()
}

func (restXML) refuse(out *answer, failed failure) { query{}.refuse(out, failed) }

// element is an XML element with elements in it, which only the struct it is for can tell from a list.
type element []child

type child struct {
	name  string
	value any // element or string
}

// members are the children as those of a structure.
func (e element) members() object {
	members := object{}
	for _, c := range slices.Backward(e) { // of two with one name the first counts
		members[c.name] = c.value
	}
	return members
}

// items are the children as those of a list.
func (e element) items() (items []any) {
	for _, c := range e {
		items = append(items, c.value)
	}
	return items
}

// maxDepth is more than any request nests.
const maxDepth = 32

// decodeXML reads a document: its root's children or text.
func decodeXML(body []byte) (any, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		if _, ok := token.(xml.StartElement); ok {
			return decodeElement(decoder, maxDepth)
		}
	}
}

func decodeElement(decoder *xml.Decoder, depth int) (any, error) {
	if depth == 0 {
		return nil, fmt.Errorf("the document is nested deeper than %d elements", maxDepth)
	}
	var text strings.Builder
	var children element
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			value, err := decodeElement(decoder, depth-1)
			if err != nil {
				return nil, err
			}
			children = append(children, child{t.Name.Local, value})
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(children) > 0 {
				return children, nil
			}
			return strings.TrimSpace(text.String()), nil
		}
	}
}

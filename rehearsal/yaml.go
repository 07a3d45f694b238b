package rehearsal

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is what the file's only YAML document holds; nil if there is none.
func (d *decoder) document(text []byte) *yaml.Node {
	documents := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	switch err := documents.Decode(&first); {
	case errors.Is(err, io.EOF):
		d.problem(&yaml.Node{Line: 1}, "the file is empty")
		return nil
	case err != nil:
		d.syntax(err)
		return nil
	}
	switch err := documents.Decode(&second); {
	case err == nil:
		d.problem(second.Content[0], "a second document begins here: want one rehearsal in a file")
	case !errors.Is(err, io.EOF):
		d.syntax(err)
	}
	return first.Content[0]
}

// syntax takes over the parser's error, "yaml: line 3: …".
func (d *decoder) syntax(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	at := &yaml.Node{Line: 1}
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if line, err := strconv.Atoi(number); err == nil {
			at.Line, text = line, what
		}
	}
	d.problem(at, "the file is no YAML: %s", text)
}

func resolveAlias(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

func kindOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return strconv.Quote(node.Value)
	}
}

package script

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

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

// unique takes keys that stand twice out of a node and all below it.
func (d *decoder) unique(node *yaml.Node) {
	if node.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		var once []*yaml.Node
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			if key.Kind == yaml.ScalarNode && seen[key.Value] {
				d.problem(key, "the key %q stands here for the second time: want it once", key.Value)
				continue
			}
			seen[key.Value] = true
			once = append(once, key, node.Content[i+1])
		}
		node.Content = once
	}
	for _, child := range node.Content { // of an alias there are none: its content is where it was named
		d.unique(child)
	}
}

// plain is a decoded value as JSON has it.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			v[key] = plain(item)
		}
		return v
	case map[any]any:
		mapping := map[string]any{}
		for key, item := range v {
			mapping[fmt.Sprint(key)] = plain(item)
		}
		return mapping
	case []any:
		for i, item := range v {
			v[i] = plain(item)
		}
		return v
	case time.Time:
		return v.String()
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
		return v
	default:
		return v
	}
}

// find is the node at the end of a path of keys and places in lists; nil if there is none.
func find(node *yaml.Node, path []string) *yaml.Node {
	node = resolveAlias(node)
	if len(path) == 0 {
		return node
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == path[0] {
				return find(node.Content[i+1], path[1:])
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(node.Content) {
			return find(node.Content[i], path[1:])
		}
	default: // a scalar holds nothing
	}
	return nil
}

// keyOf is where a key of a mapping stands.
func keyOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i]
		}
	}
	return mapping
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

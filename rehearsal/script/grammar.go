package script

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
)

//go:embed schema.json
var schemaText []byte

// grammar is schema.json: what it accepts, and its text, whose "title" and "errorMessage" (a word of editors, beside
// the standard) are the words of problems.
var grammar = readGrammar()

type schemaFile struct {
	*jsonschema.Schema
	text *yaml.Node
}

// schemaURL names the schema; nobody looks for it there.
const schemaURL = "rehearsal:///schema.json"

func readGrammar() schemaFile {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		panic(err) // the schema is part of the program
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(schemaURL, document); err != nil {
		panic(err)
	}
	var text yaml.Node // JSON is YAML, whose nodes are in the file's order
	if err := yaml.Unmarshal(schemaText, &text); err != nil {
		panic(err)
	}
	return schemaFile{
		Schema: compiler.MustCompile(schemaURL),
		text:   text.Content[0],
	}
}

// at is the part of the schema that a URL of jsonschema names, as the keys on the way to it.
func (s schemaFile) at(location string) []string {
	_, fragment, _ := strings.Cut(location, "#")
	fragment, err := url.PathUnescape(fragment)
	if err != nil {
		panic(err) // jsonschema has escaped it
	}
	if fragment == "" {
		return nil
	}
	return strings.Split(strings.TrimPrefix(fragment, "/"), "/")
}

// word is a text of a part of the schema; "" if it has none.
func (s schemaFile) word(at []string, key string) string {
	if node := find(s.text, append(slices.Clone(at), key)); node != nil {
		return node.Value
	}
	return ""
}

// keys are what may stand in a mapping, in the schema's order.
func (s schemaFile) keys(at []string) string {
	var names []string
	if node := find(s.text, append(slices.Clone(at), "properties")); node != nil {
		for i := 0; i < len(node.Content); i += 2 {
			names = append(names, node.Content[i].Value)
		}
	}
	return strings.Join(names, ", ")
}

// validate collects everything that the schema refuses.
func (d *decoder) validate(value any) {
	var refused *jsonschema.ValidationError
	if errors.As(grammar.Validate(value), &refused) {
		d.explain(refused)
	}
}

// explain puts a refusal into words, or those that it is made of.
func (d *decoder) explain(e *jsonschema.ValidationError) {
	at := grammar.at(e.SchemaURL)
	node := d.nearest(e.InstanceLocation)
	name := nameOf(at, e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.Contains:
		d.problem(node, "%s", grammar.word(at, "errorMessage"))
	case *kind.FalseSchema: // of a property that the schema around it excludes
		d.problem(node, "%s", grammar.word(at[:len(at)-2], "errorMessage"))
	case *kind.Required:
		d.missing(node, at, name, k.Missing)
	case *kind.DependentRequired:
		for _, key := range k.Missing {
			d.problem(node, "%s with the key %q lacks the key %q", name, k.Prop, key)
		}
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			d.problem(keyOf(node, key), "%s has no key %q: want %s", name, key, grammar.keys(at))
		}
	default:
		if len(e.Causes) == 0 {
			d.problem(node, "%s is %s: want %s", name, kindOf(node), wanted(at, e.ErrorKind))
		}
		for _, cause := range e.Causes {
			d.explain(cause)
		}
	}
}

// nearest is the node that a path leads to, or as far as it leads: YAML's merged keys stand elsewhere.
func (d *decoder) nearest(path []string) *yaml.Node {
	for {
		if node := find(d.root, path); node != nil {
			return node
		}
		path = path[:len(path)-1]
	}
}

func (d *decoder) missing(node *yaml.Node, at []string, name string, keys []string) {
	if message := grammar.word(at, "errorMessage"); message != "" {
		d.problem(node, "%s", message)
		return
	}
	for _, key := range keys {
		d.problem(node, "%s lacks the key %q", name, key)
	}
}

// wanted is what a part of the schema accepts.
func wanted(at []string, refused jsonschema.ErrorKind) string {
	if message := grammar.word(at, "errorMessage"); message != "" && !isList(refused) {
		return message
	}
	switch k := refused.(type) {
	case *kind.Enum:
		var all []string
		for _, value := range k.Want {
			all = append(all, fmt.Sprint(value))
		}
		return "one of " + strings.Join(all, ", ")
	case *kind.Type:
		if isList(refused) {
			return "a list"
		}
		if keys := grammar.keys(at); keys != "" {
			return "a mapping of " + keys
		}
		return "a mapping"
	default:
		return "something else"
	}
}

func isList(refused jsonschema.ErrorKind) bool {
	k, ok := refused.(*kind.Type)
	return ok && slices.Equal(k.Want, []string{"array"})
}

// nameOf is what people call a part of a file: by the schema's title, or else by its keys.
func nameOf(schema, instance []string) string {
	if title := grammar.word(schema, "title"); title != "" {
		return title
	}
	var keys []string
	for i, key := range instance {
		if _, err := strconv.Atoi(key); err != nil {
			keys = append(keys, key)
		} else if i < len(instance)-1 {
			keys = nil
		}
	}
	return strings.Join(keys, ".")
}

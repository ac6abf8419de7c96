package v1alpha1

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func positionOf(node *yaml.Node) position { return position{line: node.Line, column: node.Column} }

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

// isText reports whether a scalar is a string in JSON's terms. Timestamps are: a date
// without quotes means its text.
func isText(node *yaml.Node) bool {
	tag := node.ShortTag()
	return tag == "!!str" || tag == "!!timestamp"
}

// describe names a node's kind, and a scalar's value, for messages.
func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch node.ShortTag() {
	case "!!null":
		return "null"
	case "!!bool":
		return "the boolean " + node.Value
	case "!!int", "!!float":
		return "the number " + node.Value
	case "!!merge":
		return "a merge (<<): write the fields out"
	case "!!str", "!!timestamp":
		return fmt.Sprintf("the string %q", node.Value)
	default:
		return "a value with the tag " + node.Tag
	}
}

// fieldsByName maps the JSON names of a struct's fields to their indexes, those of
// inlined structs included.
func fieldsByName(structure reflect.Type) map[string][]int {
	fields := make(map[string][]int, structure.NumField())
	for _, member := range reflect.VisibleFields(structure) {
		name, options, _ := strings.Cut(member.Tag.Get("json"), ",")
		if name == "" || name == "-" || strings.Contains(options, "inline") || len(member.Index) > 1 && !isInlined(structure, member.Index) {
			continue
		}
		fields[name] = member.Index
	}
	return fields
}

// isInlined reports whether a promoted field comes from a struct that JSON inlines.
func isInlined(structure reflect.Type, index []int) bool {
	embedded := structure.FieldByIndex(index[:1])
	name, _, _ := strings.Cut(embedded.Tag.Get("json"), ",")
	return name == ""
}

func sortedKeys[V any](entries map[string]V) []string {
	keys := make([]string, 0, len(entries))
	for key := range entries {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

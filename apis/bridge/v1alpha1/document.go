package v1alpha1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// document is one YAML document of a mapping file, with the places of its fields.
type document struct {
	file string
	// backend or resource is set, according to the document's kind.
	backend   *Backend
	resource  *BridgedResource
	positions positions
	faults    Errors
}

// position is a place in a file, counted from 1.
type position struct{ line, column int }

// positions finds fields by their path's string form.
type positions map[string]position

// of returns the place of a field or, where it is absent, of the nearest field around it.
func (p positions) of(path string) position {
	for {
		if at, known := p[path]; known {
			return at
		}
		end := strings.LastIndexAny(path, ".[")
		if end < 0 {
			return p[""]
		}
		path = path[:end]
	}
}

// parseFile splits a file into documents and decodes each.
func parseFile(source Source) ([]*document, Errors) {
	decoder := yaml.NewDecoder(bytes.NewReader(source.Data))
	var documents []*document
	for {
		var root yaml.Node
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return documents, Errors{syntaxError(source.Name, err)}
		}
		if parsed := parseDocument(source.Name, &root); parsed != nil {
			documents = append(documents, parsed)
		}
	}
}

var yamlErrorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func syntaxError(file string, err error) *Error {
	fault := &Error{File: file, Message: "is not YAML: " + err.Error()}
	match := yamlErrorLine.FindStringSubmatch(err.Error())
	if match == nil {
		return fault
	}
	fault.Message = "is not YAML: " + match[2] + "; the rest of the file was not read"
	if line, err := strconv.Atoi(match[1]); err == nil {
		fault.Line, fault.Column = line, 1
	}
	return fault
}

// parseDocument returns nil for an empty document.
func parseDocument(file string, root *yaml.Node) *document {
	node := root
	if node.Kind == yaml.DocumentNode && len(node.Content) == 1 {
		node = node.Content[0]
	}
	if node.Kind == 0 || isNull(node) {
		return nil
	}
	d := &decoder{positions: positions{"": positionOf(node)}, budget: maxNodes}
	parsed := &document{file: file, positions: d.positions}
	d.document(node, parsed)
	if d.budget <= 0 {
		// What was decoded is only a part, and says nothing about the whole.
		parsed.backend, parsed.resource = nil, nil
	}
	for _, fault := range d.faults {
		fault.File = file
	}
	parsed.faults = d.faults
	return parsed
}

// document decodes node into the kind that it says it is.
func (d *decoder) document(node *yaml.Node, parsed *document) {
	if node.Kind != yaml.MappingNode {
		d.fault(node, nil, "must be a mapping with apiVersion, kind, metadata and spec, not "+describe(node))
		return
	}
	if !d.headerIs(node, "apiVersion", SchemeGroupVersion.String()) {
		return
	}
	kind := d.header(node, "kind")
	switch kind {
	case BackendKind:
		parsed.backend = &Backend{}
		d.into(node, parsed.backend)
	case BridgedResourceKind:
		parsed.resource = &BridgedResource{}
		d.into(node, parsed.resource)
	default:
		d.headerFault(node, "kind", kind, []string{BackendKind, BridgedResourceKind})
	}
}

func (d *decoder) headerIs(node *yaml.Node, name, want string) bool {
	value := d.header(node, name)
	if value == want {
		return true
	}
	d.headerFault(node, name, value, []string{want})
	return false
}

func (d *decoder) header(node *yaml.Node, name string) string {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name && node.Content[i+1].Kind == yaml.ScalarNode {
			return node.Content[i+1].Value
		}
	}
	return ""
}

func (d *decoder) headerFault(node *yaml.Node, name, value string, supported []string) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			node = node.Content[i+1]
			break
		}
	}
	path := field.NewPath(name)
	if value == "" {
		d.fault(node, path, fmt.Sprintf("Required value: must be %s", strings.Join(supported, " or ")))
		return
	}
	d.fault(node, path, field.NotSupported(path, value, supported).ErrorBody()+didYouMean(value, supported))
}

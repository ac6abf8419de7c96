package v1alpha1

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// maxNodes bounds how much one document may hold once its aliases are followed, so
// that aliases of aliases cannot grow without end. A table with a thousand columns of
// ten mapped values each stays well below it.
const maxNodes = 200_000

// decoder fills Go values from YAML nodes. It goes on after a fault, so that one pass
// reports all of them, and notes where each field stands.
type decoder struct {
	positions positions
	faults    Errors
	budget    int
}

var (
	scalarType     = reflect.TypeFor[Scalar]()
	durationType   = reflect.TypeFor[metav1.Duration]()
	objectMetaType = reflect.TypeFor[metav1.ObjectMeta]()
)

// objectMetaFields are what a mapping document can say about itself. The rest of
// ObjectMeta belongs to objects in a cluster.
var objectMetaFields = []string{"name", "labels", "annotations"}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func (d *decoder) into(node *yaml.Node, target any) {
	d.value(node, reflect.ValueOf(target).Elem(), nil)
}

// value decodes node, which is not null, into target.
func (d *decoder) value(node *yaml.Node, target reflect.Value, path *field.Path) {
	node = d.resolve(node, path)
	if node == nil {
		return
	}
	switch target.Type() {
	case scalarType:
		d.scalar(node, target, path)
		return
	case durationType:
		d.duration(node, target, path)
		return
	}
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		d.value(node, target.Elem(), path)
	case reflect.Struct:
		d.structure(node, target, path)
	case reflect.Map:
		d.mapping(node, target, path)
	case reflect.Slice:
		d.list(node, target, path)
	case reflect.String:
		d.text(node, target, path)
	case reflect.Bool:
		d.boolean(node, target, path)
	case reflect.Int32, reflect.Int64:
		d.integer(node, target, path)
	default:
		panic(fmt.Sprintf("mapping types hold a %s at %s, which the decoder does not know", target.Type(), path))
	}
}

// resolve follows an alias and charges the node to the budget. It returns nil once
// that is spent.
func (d *decoder) resolve(node *yaml.Node, path *field.Path) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	d.budget--
	if d.budget == 0 {
		d.fault(node, path, "the document is too large once its aliases are followed")
	}
	if d.budget <= 0 {
		return nil
	}
	return node
}

func (d *decoder) structure(node *yaml.Node, target reflect.Value, path *field.Path) {
	fields := fieldsByName(target.Type())
	if target.Type() == objectMetaType {
		for name := range fields {
			if !slices.Contains(objectMetaFields, name) {
				delete(fields, name)
			}
		}
	}
	d.entries(node, path, func(key, value *yaml.Node, name string) {
		index, known := fields[name]
		child := path.Child(name)
		if !known {
			d.fault(key, child, "unknown field"+didYouMean(name, sortedKeys(fields)))
			return
		}
		d.place(key, value, child)
		if isNull(value) {
			return
		}
		d.value(value, target.FieldByIndex(index), child)
	})
}

func (d *decoder) mapping(node *yaml.Node, target reflect.Value, path *field.Path) {
	entries := reflect.MakeMap(target.Type())
	d.entries(node, path, func(key, value *yaml.Node, name string) {
		child := path.Key(name)
		d.place(key, value, child)
		element := reflect.New(target.Type().Elem()).Elem()
		d.value(value, element, child)
		entries.SetMapIndex(reflect.ValueOf(name), element)
	})
	target.Set(entries)
}

// entries calls visit for each entry of a mapping node whose key is legal and new.
func (d *decoder) entries(node *yaml.Node, path *field.Path, visit func(key, value *yaml.Node, name string)) {
	if node.Kind != yaml.MappingNode {
		d.fault(node, path, "must be a mapping, not "+describe(node))
		return
	}
	lines := make(map[string]int, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode || isNull(key) || key.Tag == "!!merge" {
			d.fault(key, path, "a key must be a plain word, not "+describe(key))
			continue
		}
		if first, given := lines[key.Value]; given {
			d.fault(key, path.Child(key.Value), fmt.Sprintf("duplicate field: line %d has it already", first))
			continue
		}
		lines[key.Value] = key.Line
		visit(key, value, key.Value)
	}
}

func (d *decoder) list(node *yaml.Node, target reflect.Value, path *field.Path) {
	if node.Kind != yaml.SequenceNode {
		d.fault(node, path, "must be a list, not "+describe(node))
		return
	}
	items := reflect.MakeSlice(target.Type(), len(node.Content), len(node.Content))
	for i, item := range node.Content {
		child := path.Index(i)
		d.positions[child.String()] = positionOf(item)
		d.value(item, items.Index(i), child)
	}
	target.Set(items)
}

func (d *decoder) text(node *yaml.Node, target reflect.Value, path *field.Path) {
	if node.Kind == yaml.ScalarNode && isText(node) {
		target.SetString(node.Value)
		return
	}
	hint := ""
	if node.Kind == yaml.ScalarNode && !isNull(node) {
		hint = fmt.Sprintf(": write it in quotes, %q", node.Value)
	}
	d.fault(node, path, "must be a string, not "+describe(node)+hint)
}

func (d *decoder) boolean(node *yaml.Node, target reflect.Value, path *field.Path) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!bool" {
		d.fault(node, path, "must be true or false, not "+describe(node))
		return
	}
	target.SetBool(strings.EqualFold(node.Value, "true"))
}

func (d *decoder) integer(node *yaml.Node, target reflect.Value, path *field.Path) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!int" || !jsonNumber.MatchString(node.Value) {
		d.fault(node, path, "must be a decimal integer, not "+describe(node))
		return
	}
	number, err := strconv.ParseInt(node.Value, 10, target.Type().Bits())
	if err != nil {
		d.fault(node, path, fmt.Sprintf("must fit a %d-bit integer, %s does not", target.Type().Bits(), node.Value))
		return
	}
	target.SetInt(number)
}

func (d *decoder) duration(node *yaml.Node, target reflect.Value, path *field.Path) {
	if node.Kind != yaml.ScalarNode {
		d.fault(node, path, "must be a duration such as 500ms, 2s or 1m30s, not "+describe(node))
		return
	}
	parsed, err := time.ParseDuration(node.Value)
	if err != nil {
		d.fault(node, path, fmt.Sprintf("must be a duration such as 500ms, 2s or 1m30s, not %q", node.Value))
		return
	}
	target.Set(reflect.ValueOf(metav1.Duration{Duration: parsed}))
}

func (d *decoder) scalar(node *yaml.Node, target reflect.Value, path *field.Path) {
	if node.Kind != yaml.ScalarNode || isNull(node) {
		d.fault(node, path, "must be a string, a number or a boolean, not "+describe(node))
		return
	}
	scalar := Scalar{Text: node.Value}
	switch node.ShortTag() {
	case "!!bool":
		scalar = Scalar{Text: strings.ToLower(node.Value), Kind: BooleanScalar}
	case "!!int", "!!float":
		if !jsonNumber.MatchString(node.Value) {
			d.fault(node, path, fmt.Sprintf("%s is a number in a form that JSON does not have: write it in decimal, or in quotes where it is text", node.Value))
			return
		}
		scalar.Kind = NumberScalar
	default:
		if !isText(node) {
			d.fault(node, path, "must be a string, a number or a boolean, not "+describe(node))
			return
		}
	}
	target.Set(reflect.ValueOf(scalar))
}

func (d *decoder) fault(node *yaml.Node, path *field.Path, message string) {
	fault := &Error{Line: node.Line, Column: node.Column, Message: message}
	if path != nil {
		fault.Field = path.String()
	}
	d.faults = append(d.faults, fault)
}

// place notes where a field stands: at its key, where the value begins on a later
// line, else at its value.
func (d *decoder) place(key, value *yaml.Node, path *field.Path) {
	at := positionOf(value)
	if value.Line != key.Line {
		at = positionOf(key)
	}
	d.positions[path.String()] = at
}

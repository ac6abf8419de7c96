package object

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// The protobuf numbers of an object's own fields. Metadata is number 1 as in every
// Kubernetes type.
const (
	metadataNumber protowire.Number = 1
	specNumber     protowire.Number = 2
	statusNumber   protowire.Number = 3
)

// The numbers that the protobuf language reserves for itself.
const (
	firstReservedNumber = 19000
	lastReservedNumber  = 19999
)

// message is the compiled plan of one protobuf message: the object itself, its spec
// and status, and the nested objects in them.
type message struct {
	path   string // "spec.address"; empty for the object itself
	index  int    // position in plan.messages
	fields []*planField
	byName map[string]*planField
	// alwaysPresent messages are in every object made from a record, even when
	// nothing in them has a value.
	alwaysPresent bool
}

// planField is one field of a [message]: a value, or a nested message.
type planField struct {
	name        string // the last segment of path, the JSON name
	path        string
	number      protowire.Number
	tag         uint64
	jsonKey     string // the quoted name and a colon
	message     *message
	leaf        int // position in plan.leaves, for values
	valueType   adapters.Type
	declaration *v1alpha1.Field
}

// plan is the compiled schema of a kind.
type plan struct {
	root     *message
	messages []*message
	leaves   []*planField // in declared order: the order of a record's values
	byPath   map[string]*planField
	declared map[string]bool
}

func newPlan(fields []v1alpha1.Field) (*plan, error) {
	p := &plan{byPath: map[string]*planField{}, declared: map[string]bool{}}
	for _, declaration := range fields {
		p.declared[declaration.Path] = true
	}
	p.root = p.addMessage("")
	for _, declaration := range objectsFirst(fields) {
		if err := p.addField(declaration); err != nil {
			return nil, fmt.Errorf("field %s: %w", declaration.Path, err)
		}
	}
	for _, m := range p.messages {
		slices.SortFunc(m.fields, func(a, b *planField) int { return int(a.number) - int(b.number) })
	}
	return p, nil
}

// objectsFirst orders declarations so that objects come before what is in them; the
// values keep their declared order.
func objectsFirst(fields []v1alpha1.Field) []*v1alpha1.Field {
	var objects, values []*v1alpha1.Field
	for i := range fields {
		if fields[i].Type == v1alpha1.TypeObject {
			objects = append(objects, &fields[i])
			continue
		}
		values = append(values, &fields[i])
	}
	slices.SortStableFunc(objects, func(a, b *v1alpha1.Field) int {
		return strings.Count(a.Path, ".") - strings.Count(b.Path, ".")
	})
	return append(objects, values...)
}

func (p *plan) addMessage(path string) *message {
	m := &message{path: path, index: len(p.messages), byName: map[string]*planField{}}
	p.messages = append(p.messages, m)
	return m
}

func (p *plan) addField(declaration *v1alpha1.Field) error {
	parentPath, name, nested := cutLast(declaration.Path)
	if !nested || name == "" {
		return fmt.Errorf("path must be below spec or status, such as spec.%s", declaration.Path)
	}
	parent, err := p.parent(parentPath)
	if err != nil {
		return err
	}
	field := &planField{
		name: name, path: declaration.Path, number: protowire.Number(declaration.Number),
		declaration: declaration,
	}
	if declaration.Type == v1alpha1.TypeObject {
		field.message = p.addMessage(declaration.Path)
	} else {
		if field.valueType, err = valueType(declaration.Type); err != nil {
			return err
		}
		field.leaf = len(p.leaves)
		p.leaves = append(p.leaves, field)
	}
	return p.link(parent, field)
}

// parent returns the message that holds a path's last segment. Spec and status come
// into being with their first field, other messages by declaration.
func (p *plan) parent(path string) (*message, error) {
	if field, ok := p.byPath[path]; ok && field.message != nil {
		return field.message, nil
	}
	if p.declared[path] {
		return nil, fmt.Errorf("%s is declared as a value, not with type object", path)
	}
	top := &planField{name: path, path: path}
	switch path {
	case "spec":
		top.number = specNumber
	case "status":
		top.number = statusNumber
	default:
		return nil, fmt.Errorf("%s must be declared too, with type object and a number", path)
	}
	top.message = p.addMessage(path)
	top.message.alwaysPresent = path == "spec"
	return top.message, p.link(p.root, top)
}

func (p *plan) link(parent *message, field *planField) error {
	if err := checkNumber(parent, field.number); err != nil {
		return err
	}
	if _, taken := parent.byName[field.name]; taken {
		return fmt.Errorf("the path is declared twice")
	}
	field.tag = protowire.EncodeTag(field.number, field.wireType())
	field.jsonKey = string(appendJSONString(nil, field.name)) + ":"
	parent.byName[field.name] = field
	parent.fields = append(parent.fields, field)
	p.byPath[field.path] = field
	return nil
}

func checkNumber(parent *message, number protowire.Number) error {
	if number < protowire.MinValidNumber || number > protowire.MaxValidNumber ||
		number >= firstReservedNumber && number <= lastReservedNumber {
		return fmt.Errorf("number %d is not a protobuf field number: 1 to %d without %d to %d",
			number, protowire.MaxValidNumber, firstReservedNumber, lastReservedNumber)
	}
	for _, sibling := range parent.fields {
		if sibling.number == number {
			return fmt.Errorf("number %d is taken by %s", number, sibling.path)
		}
	}
	return nil
}

func (f *planField) wireType() protowire.Type {
	if f.message != nil {
		return protowire.BytesType
	}
	switch f.valueType {
	case adapters.BooleanType, adapters.IntegerType:
		return protowire.VarintType
	case adapters.NumberType:
		return protowire.Fixed64Type
	case adapters.FloatType:
		return protowire.Fixed32Type
	default:
		return protowire.BytesType
	}
}

// readOnly reports whether writes leave the field alone: it is declared so, or it is
// part of the status.
func (f *planField) readOnly() bool {
	return f.declaration.ReadOnly || f.path == "status" || strings.HasPrefix(f.path, "status.")
}

func valueType(fieldType v1alpha1.FieldType) (adapters.Type, error) {
	switch fieldType {
	case "", v1alpha1.TypeString, v1alpha1.TypeDecimal, v1alpha1.TypeHex, v1alpha1.TypeDate, v1alpha1.TypeDateTime,
		v1alpha1.TypeIPv4, v1alpha1.TypeIP, v1alpha1.TypeMAC, v1alpha1.TypeUUID:
		return adapters.StringType, nil
	case v1alpha1.TypeInteger:
		return adapters.IntegerType, nil
	case v1alpha1.TypeNumber:
		return adapters.NumberType, nil
	case v1alpha1.TypeFloat:
		return adapters.FloatType, nil
	case v1alpha1.TypeBoolean:
		return adapters.BooleanType, nil
	case v1alpha1.TypeBytes:
		return adapters.BytesType, nil
	case v1alpha1.TypeSet:
		return adapters.ListType, nil
	case v1alpha1.TypeJSON:
		return adapters.JSONType, nil
	}
	return 0, fmt.Errorf("type %q is not known", fieldType)
}

// cutLast splits a path before its last segment.
func cutLast(path string) (parent, name string, found bool) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

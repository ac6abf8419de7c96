package object

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// itemTag is the tag of the items in a list's message: repeated string items = 1.
// Lists have a message of their own because a plain repeated field cannot tell an
// empty list from none.
const itemTag = uint64(1)<<3 | uint64(protowire.BytesType)

// appendBody appends the message's encoding made from a record's values.
func (m *message) appendBody(dst []byte, values []adapters.Value) ([]byte, error) {
	for _, field := range m.fields {
		if field.message == nil {
			var err error
			if dst, err = field.appendValue(dst, values[field.leaf]); err != nil {
				return nil, err
			}
			continue
		}
		filled, err := field.appendMessage(dst, values)
		if err != nil {
			return nil, err
		}
		dst = filled
	}
	return dst, nil
}

// appendMessage appends a nested message, or nothing where none of its fields has a value.
func (f *planField) appendMessage(dst []byte, values []adapters.Value) ([]byte, error) {
	begin := len(dst)
	dst, start := beginDelimited(dst, f.tag)
	dst, err := f.message.appendBody(dst, values)
	if err != nil {
		return nil, err
	}
	if len(dst) == start && !f.message.alwaysPresent {
		return dst[:begin], nil
	}
	return endDelimited(dst, start), nil
}

// appendValue appends a field made from a record's value; nothing where it is Null.
func (f *planField) appendValue(dst []byte, value adapters.Value) ([]byte, error) {
	if value.IsNull() {
		return dst, nil
	}
	if value.Kind() != kindOf(f.valueType) {
		return nil, fmt.Errorf("%s: expected %s, got %s", f.path, f.valueType, describeValue(value))
	}
	switch f.valueType {
	case adapters.StringType:
		if !utf8.ValidString(value.Text()) {
			return nil, fmt.Errorf("%s: the text %q is not valid UTF-8", f.path, value.Text())
		}
		return f.appendText(dst, value.Text()), nil
	case adapters.BytesType:
		return f.appendText(dst, value.Text()), nil
	case adapters.JSONType:
		if err := checkJSON(value.Text()); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		return f.appendText(dst, value.Text()), nil
	case adapters.BooleanType:
		return f.appendVarint(dst, protowire.EncodeBool(value.Bool())), nil
	case adapters.IntegerType:
		return f.appendVarint(dst, uint64(value.Int())), nil
	case adapters.ListType:
		return f.appendItems(dst, value.Items())
	default:
		dst, err := f.appendFloat(dst, value.Float())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		return dst, nil
	}
}

// kindOf returns the kind of the values that fields of a type hold.
func kindOf(valueType adapters.Type) adapters.Kind {
	switch valueType {
	case adapters.BooleanType:
		return adapters.BoolKind
	case adapters.IntegerType:
		return adapters.IntKind
	case adapters.NumberType, adapters.FloatType:
		return adapters.FloatKind
	case adapters.BytesType:
		return adapters.BytesKind
	case adapters.JSONType:
		return adapters.JSONKind
	case adapters.ListType:
		return adapters.ListKind
	default:
		return adapters.StringKind
	}
}

func (f *planField) appendText(dst []byte, text string) []byte {
	dst = protowire.AppendVarint(dst, f.tag)
	dst = protowire.AppendVarint(dst, uint64(len(text)))
	return append(dst, text...)
}

func (f *planField) appendVarint(dst []byte, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendVarint(dst, f.tag), value)
}

func (f *planField) appendFloat(dst []byte, value float64) ([]byte, error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil, fmt.Errorf("%v has no JSON form", value)
	}
	dst = protowire.AppendVarint(dst, f.tag)
	if f.valueType == adapters.NumberType {
		return protowire.AppendFixed64(dst, math.Float64bits(value)), nil
	}
	single := float32(value)
	if float64(single) != value {
		return nil, fmt.Errorf("%v is not exact as a 32-bit number", value)
	}
	return protowire.AppendFixed32(dst, math.Float32bits(single)), nil
}

func (f *planField) appendItems(dst []byte, items []adapters.Value) ([]byte, error) {
	dst, start := beginDelimited(dst, f.tag)
	for _, item := range items {
		if item.Kind() != adapters.StringKind || !utf8.ValidString(item.Text()) {
			return nil, fmt.Errorf("%s: items must be valid UTF-8 texts, got %s", f.path, describeValue(item))
		}
		dst = appendItem(dst, item.Text())
	}
	return endDelimited(dst, start), nil
}

func appendItem(dst []byte, text string) []byte {
	dst = protowire.AppendVarint(dst, itemTag)
	dst = protowire.AppendVarint(dst, uint64(len(text)))
	return append(dst, text...)
}

// value returns the record value of a payload.
func (f *planField) value(payload string) adapters.Value {
	switch f.valueType {
	case adapters.StringType:
		return adapters.String(payload)
	case adapters.BytesType:
		return adapters.Bytes(payload)
	case adapters.JSONType:
		return adapters.JSON(payload)
	case adapters.BooleanType:
		return adapters.Bool(payload[0] != 0)
	case adapters.IntegerType:
		value, _ := readVarint(payload)
		return adapters.Int(int64(value))
	case adapters.NumberType:
		return adapters.Float(math.Float64frombits(readFixed64(payload)))
	case adapters.FloatType:
		return adapters.Float(float64(math.Float32frombits(readFixed32(payload))))
	default:
		return adapters.List(listItems(payload))
	}
}

func listItems(payload string) []adapters.Value {
	items := []adapters.Value{}
	for payload != "" {
		var item string
		_, item, payload = readField(payload)
		items = append(items, adapters.String(item))
	}
	return items
}

// readValues sets the record values of the fields that a message holds.
func (m *message) readValues(body string, values []adapters.Value) {
	next := 0
	for body != "" {
		var tag uint64
		var payload string
		tag, payload, body = readField(body)
		for m.fields[next].tag != tag {
			next++
		}
		if field := m.fields[next]; field.message != nil {
			field.message.readValues(payload, values)
		} else {
			values[field.leaf] = field.value(payload)
		}
	}
}

// RecordFromObject returns the record that an object stands for. Where the backend
// generates keys and the object asks for a new one (see [Kind.Validate]), the key is
// empty, or has nothing but the namespace where that is part of it.
func (k *Kind) RecordFromObject(o *Object) (adapters.Record, error) {
	record := adapters.Record{Values: make([]adapters.Value, len(k.sources))}
	key, err := k.recordKeyOf(o)
	if err != nil {
		return adapters.Record{}, err
	}
	record.Key = key
	k.plan.root.readValues(o.Body, record.Values)
	setMetadataValues(record.Values, k.meta.labels, o.Labels)
	setMetadataValues(record.Values, k.meta.annotations, o.Annotations)
	if k.meta.created >= 0 && !o.CreationTimestamp.IsZero() {
		record.Values[k.meta.created] = adapters.String(o.createdText())
	}
	return record, nil
}

func (k *Kind) recordKeyOf(o *Object) (adapters.Key, error) {
	if k.wantsGeneratedKey(o) {
		return k.keyToGenerate(o.Namespace)
	}
	key, err := k.RecordKey(o.Namespace, o.Name)
	if err != nil {
		return nil, fmt.Errorf("metadata.name: %w", err)
	}
	return key, nil
}

func setMetadataValues(values []adapters.Value, sources []metadataValue, given map[string]string) {
	for _, source := range sources {
		if text, ok := given[source.key]; ok {
			values[source.position] = adapters.String(text)
		}
	}
}

// createdText returns the creation timestamp as the backend spells it, fractions of
// a second included, where the object still knows it.
func (o *Object) createdText() string {
	if created, err := time.Parse(time.RFC3339, o.Created); err == nil && created.Truncate(time.Second).Equal(o.CreationTimestamp.Time) {
		return o.Created
	}
	return o.CreationTimestamp.UTC().Format(time.RFC3339)
}

// wantsGeneratedKey reports whether an object is a new one whose key the backend makes.
// Stored objects have no generateName.
func (k *Kind) wantsGeneratedKey(o *Object) bool { return k.key.generated && o.GenerateName != "" }

// ObjectFromRecord makes an object from a record. An error says why the record is not
// representable, and names the field.
func (k *Kind) ObjectFromRecord(record adapters.Record, revision adapters.Revision) (*Object, error) {
	image, err := k.newImage(record)
	if err != nil {
		return nil, err
	}
	o := &Object{}
	k.fill(o, image, revision)
	return o, nil
}

// parseCreated returns the time of a creation timestamp's text.
func parseCreated(text string) (time.Time, error) {
	created, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("metadata.creationTimestamp: %q is not a time in RFC 3339", text)
	}
	return created.Truncate(time.Second), nil
}

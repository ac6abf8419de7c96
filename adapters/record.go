package adapters

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Record is one record of a resource: what a row or a message says, in the order of
// the resource's [Schema]. It is immutable once handed over.
type Record struct {
	Key    Key
	Values []Value
}

// Equal reports whether both records have the same key and values.
func (r Record) Equal(other Record) bool {
	return equalValues(r.Key, other.Key) && equalValues(r.Values, other.Values)
}

// Key holds the backend's own key values, in the order of [Schema].Key.
type Key []Value

// ID returns the key as a string that is equal for equal keys only, usable as a map
// key. It is not for people; see String.
func (k Key) ID() string {
	var id []byte
	for _, value := range k {
		id = value.appendIdentity(id)
	}
	return string(id)
}

// Equal reports whether both keys have the same values.
func (k Key) Equal(other Key) bool { return equalValues(k, other) }

// String returns the key for messages and logs.
func (k Key) String() string {
	parts := make([]string, len(k))
	for i, value := range k {
		parts[i] = value.String()
	}
	return strings.Join(parts, ",")
}

// Kind is the kind of a [Value].
type Kind uint8

// The kinds of values. Null is the zero Value: the field is absent.
const (
	NullKind Kind = iota
	BoolKind
	IntKind
	FloatKind
	StringKind
	BytesKind
	JSONKind
	ListKind
	MapKind
	MessageKind
)

// Value is one immutable value of a record. The zero Value is Null. Values are
// compared with Equal, never with ==.
type Value struct {
	kind  Kind
	bits  uint64
	text  string
	items *[]Value
}

// Null is the absent value.
var Null = Value{}

// Bool returns a boolean value.
func Bool(v bool) Value {
	if v {
		return Value{kind: BoolKind, bits: 1}
	}
	return Value{kind: BoolKind}
}

// Int returns an integer value.
func Int(v int64) Value { return Value{kind: IntKind, bits: uint64(v)} }

// Float returns a floating point value.
func Float(v float64) Value { return Value{kind: FloatKind, bits: math.Float64bits(v)} }

// String returns a string value, which must be valid UTF-8.
func String(v string) Value { return Value{kind: StringKind, text: v} }

// Bytes returns a value of bytes, held in a string because values are immutable.
func Bytes(v string) Value { return Value{kind: BytesKind, text: v} }

// JSON returns a value that is a JSON document, kept byte for byte.
func JSON(document string) Value { return Value{kind: JSONKind, text: document} }

// List returns a list of values. The caller gives the slice away.
func List(items []Value) Value { return Value{kind: ListKind, items: &items} }

// Map returns a map as alternating string keys and values, sorted by key. The caller
// gives the slice away.
func Map(pairs []Value) Value { return Value{kind: MapKind, items: &pairs} }

// Message returns a message: one item for each field of its schema. The caller gives
// the slice away.
func Message(fields []Value) Value { return Value{kind: MessageKind, items: &fields} }

// Kind returns the value's kind.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether the value is absent.
func (v Value) IsNull() bool { return v.kind == NullKind }

// Bool returns a boolean value's content.
func (v Value) Bool() bool { return v.bits != 0 }

// Int returns an integer value's content.
func (v Value) Int() int64 { return int64(v.bits) }

// Float returns a floating point value's content.
func (v Value) Float() float64 { return math.Float64frombits(v.bits) }

// Text returns the content of a string, bytes or JSON value.
func (v Value) Text() string { return v.text }

// Items returns the content of a list, map or message value. It must not be changed.
func (v Value) Items() []Value {
	if v.items == nil {
		return nil
	}
	return *v.items
}

// Equal reports whether both values are of the same kind and content. Floating point
// values are compared by their bits.
func (v Value) Equal(other Value) bool {
	return v.kind == other.kind && v.bits == other.bits && v.text == other.text &&
		equalValues(v.Items(), other.Items())
}

// String returns the value for messages and logs.
func (v Value) String() string {
	switch v.kind {
	case NullKind:
		return "null"
	case BoolKind:
		return strconv.FormatBool(v.Bool())
	case IntKind:
		return strconv.FormatInt(v.Int(), 10)
	case FloatKind:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case BytesKind:
		return fmt.Sprintf("%x", v.text)
	case ListKind, MapKind, MessageKind:
		return fmt.Sprint(v.Items())
	default:
		return v.text
	}
}

func (v Value) appendIdentity(id []byte) []byte {
	id = append(id, byte(v.kind))
	switch v.kind {
	case BoolKind, IntKind, FloatKind:
		return binary.BigEndian.AppendUint64(id, v.bits)
	case ListKind, MapKind, MessageKind:
		id = binary.AppendUvarint(id, uint64(len(v.Items())))
		for _, item := range v.Items() {
			id = item.appendIdentity(id)
		}
		return id
	default:
		id = binary.AppendUvarint(id, uint64(len(v.text)))
		return append(id, v.text...)
	}
}

func equalValues(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

package object

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// bodyReader decodes objects from protobuf that a stranger sends. It accepts every
// encoding that the protobuf specification allows (fields in any order, repeated,
// messages in pieces) and makes a canonical body of it. Unlike Kubernetes' generated
// decoders it refuses field numbers that it doesn't know: a value would be lost.
type bodyReader struct {
	kind     *Kind
	draft    *draft
	metadata metav1.ObjectMeta
	// lists collects the items of list fields, whose message may come in pieces.
	lists map[int][]byte
}

// Unmarshal implements the protobuf interfaces.
func (o *Object) Unmarshal(data []byte) error {
	if o.kind == nil {
		return errNoKind
	}
	return o.kind.readProtobuf(data, o)
}

func (k *Kind) readProtobuf(data []byte, o *Object) error {
	r := bodyReader{kind: k, draft: k.plan.newDraft(), lists: map[int][]byte{}}
	if err := r.message(k.plan.root, data); err != nil {
		return err
	}
	for leaf, items := range r.lists {
		field := k.plan.leaves[leaf]
		dst, start := beginDelimited(nil, field.tag)
		r.draft.leaves[leaf] = string(endDelimited(append(dst, items...), start))
	}
	r.metadata.ManagedFields = nil
	o.TypeMeta = metav1.TypeMeta{Kind: k.gvk.Kind, APIVersion: k.apiVersion}
	o.ObjectMeta = r.metadata
	o.Body, o.Created = r.draft.body(), ""
	return nil
}

func (r *bodyReader) message(m *message, data []byte) error {
	r.draft.present[m.index] = true
	for len(data) > 0 {
		number, wireType, n := protowire.ConsumeTag(data)
		if n < 0 {
			return malformed(m.path, n)
		}
		data = data[n:]
		size := protowire.ConsumeFieldValue(number, wireType, data)
		if size < 0 {
			return malformed(m.path, size)
		}
		if err := r.field(m, number, wireType, data[:size]); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}

func (r *bodyReader) field(m *message, number protowire.Number, wireType protowire.Type, value []byte) error {
	if m == r.kind.plan.root && number == metadataNumber {
		return r.readMetadata(wireType, value)
	}
	field := m.numbered(number)
	if field == nil {
		return fmt.Errorf("%sunknown protobuf field number %d", prefixOf(m.path), number)
	}
	if wireType != field.wireType() {
		return fmt.Errorf("%s: protobuf wire type %d does not fit field number %d", field.path, wireType, number)
	}
	if field.message != nil {
		content, _ := protowire.ConsumeBytes(value)
		return r.message(field.message, content)
	}
	if field.valueType == adapters.ListType {
		content, _ := protowire.ConsumeBytes(value)
		return r.list(field, content)
	}
	encoded, err := field.canonical(value)
	if err != nil {
		return fmt.Errorf("%s: %w", field.path, err)
	}
	r.draft.leaves[field.leaf] = string(encoded)
	return nil
}

func (m *message) numbered(number protowire.Number) *planField {
	for _, field := range m.fields {
		if field.number == number {
			return field
		}
	}
	return nil
}

// canonical returns the canonical encoding of a value as it was sent.
func (f *planField) canonical(value []byte) ([]byte, error) {
	switch f.valueType {
	case adapters.BooleanType:
		sent, _ := protowire.ConsumeVarint(value)
		return f.appendVarint(nil, protowire.EncodeBool(protowire.DecodeBool(sent))), nil
	case adapters.IntegerType:
		sent, _ := protowire.ConsumeVarint(value)
		return f.appendVarint(nil, sent), nil
	case adapters.NumberType:
		sent, _ := protowire.ConsumeFixed64(value)
		return f.appendFloat(nil, math.Float64frombits(sent))
	case adapters.FloatType:
		sent, _ := protowire.ConsumeFixed32(value)
		return f.appendFloat(nil, float64(math.Float32frombits(sent)))
	}
	sent, _ := protowire.ConsumeString(value)
	switch f.valueType {
	case adapters.StringType:
		if !utf8.ValidString(sent) {
			return nil, errInvalidUTF8
		}
	case adapters.JSONType:
		if err := checkJSON(sent); err != nil {
			return nil, err
		}
	}
	return f.appendText(nil, sent), nil
}

var errInvalidUTF8 = errors.New("the text is not valid UTF-8")

func (r *bodyReader) list(field *planField, data []byte) error {
	items, ok := r.lists[field.leaf]
	if !ok {
		items = []byte{}
	}
	for len(data) > 0 {
		number, wireType, n := protowire.ConsumeTag(data)
		if n < 0 {
			return malformed(field.path, n)
		}
		if number != 1 || wireType != protowire.BytesType {
			return fmt.Errorf("%s: unknown protobuf field number %d with wire type %d", field.path, number, wireType)
		}
		item, size := protowire.ConsumeString(data[n:])
		if size < 0 {
			return malformed(field.path, size)
		}
		if !utf8.ValidString(item) {
			return fmt.Errorf("%s: %w", field.path, errInvalidUTF8)
		}
		items = appendItem(items, item)
		data = data[n+size:]
	}
	r.lists[field.leaf] = items
	return nil
}

func malformed(path string, code int) error {
	return fmt.Errorf("%smalformed protobuf: %w", prefixOf(path), protowire.ParseError(code))
}

func prefixOf(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// readProtobufList decodes a list.
func (k *Kind) readProtobufList(data []byte, list *List) error {
	list.Items = []Object{}
	for len(data) > 0 {
		number, wireType, n := protowire.ConsumeTag(data)
		if n < 0 {
			return malformed("", n)
		}
		content, size := protowire.ConsumeBytes(data[n:])
		if wireType != protowire.BytesType || number != 1 && number != 2 {
			return fmt.Errorf("unknown protobuf field number %d with wire type %d in a list", number, wireType)
		}
		if size < 0 {
			return malformed("", size)
		}
		data = data[n+size:]
		if number == 1 {
			if err := list.ListMeta.Unmarshal(content); err != nil {
				return fmt.Errorf("list metadata: %w", err)
			}
			continue
		}
		list.Items = append(list.Items, Object{kind: k})
		index := len(list.Items) - 1
		if err := k.readProtobuf(content, &list.Items[index]); err != nil {
			return fmt.Errorf("items[%d]: %w", index, err)
		}
	}
	list.TypeMeta = k.NewList().TypeMeta
	return nil
}

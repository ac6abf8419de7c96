package object

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

// wire builds protobuf by hand.
type wire []byte

func (w wire) text(number protowire.Number, text string) wire {
	return protowire.AppendString(protowire.AppendTag(w, number, protowire.BytesType), text)
}

func (w wire) varint(number protowire.Number, value uint64) wire {
	return protowire.AppendVarint(protowire.AppendTag(w, number, protowire.VarintType), value)
}

func (w wire) fixed32(number protowire.Number, value uint32) wire {
	return protowire.AppendFixed32(protowire.AppendTag(w, number, protowire.Fixed32Type), value)
}

func (w wire) fixed64(number protowire.Number, value uint64) wire {
	return protowire.AppendFixed64(protowire.AppendTag(w, number, protowire.Fixed64Type), value)
}

func (w wire) message(number protowire.Number, content wire) wire {
	return w.text(number, string(content))
}

func TestProtobufIsMadeCanonical(t *testing.T) {
	kind := newTestKind(t, everyType)
	for _, test := range []struct {
		name string
		sent wire
		want string
	}{
		{"fields in any order", wire{}.message(2, wire{}.text(3, "x").varint(1, 7)), `{"integer":7,"text":"x"}`},
		{"the last one wins", wire{}.message(2, wire{}.text(3, "x").text(3, "y")), `{"text":"y"}`},
		{"messages in pieces", wire{}.message(2, wire{}.text(3, "x")).message(3, nil).message(2, wire{}.varint(2, 1)), `{"flag":true,"text":"x"}`},
		{"lists in pieces", wire{}.message(2, wire{}.message(11, wire{}.text(1, "a")).message(11, wire{}.text(1, "b"))), `{"tags":["a","b"]}`},
		{"an empty list", wire{}.message(2, wire{}.message(11, nil)), `{"tags":[]}`},
		{"any number but zero is true", wire{}.message(2, wire{}.varint(2, 300)), `{"flag":true}`},
		{"overlong numbers", wire{}.message(2, append(wire{}, 0x88, 0x00, 0x81, 0x80, 0x00)), `{"integer":1}`},
		{"an empty message", wire{}.message(2, wire{}.message(13, nil)), `{"address":{}}`},
		{"a document", wire{}.message(2, wire{}.text(12, ` {"a": 1} `)), `{"extra":{"a":1}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := kind.NewObject()
			if err := o.Unmarshal(test.sent); err != nil {
				t.Fatal(err)
			}
			if got := specOf(t, o); got != test.want {
				t.Errorf("spec is %s, wanted %s", got, test.want)
			}
			again := kind.NewObject()
			data, err := o.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Unmarshal(data); err != nil || again.Body != o.Body {
				t.Errorf("the body %q becomes %q, %v", o.Body, again.Body, err)
			}
		})
	}
}

func TestHostileProtobufIsRefused(t *testing.T) {
	kind := newTestKind(t, everyType)
	group := protowire.AppendTag(nil, 3, protowire.StartGroupType)
	for _, test := range []struct {
		name string
		sent wire
		want string
	}{
		{"unknown number in spec", wire{}.message(2, wire{}.text(99, "x")), "spec: unknown protobuf field number 99"},
		{"unknown number nested", wire{}.message(2, wire{}.message(13, wire{}.varint(7, 1))), "spec.address: unknown protobuf field number 7"},
		{"unknown number at the top", wire{}.text(4, "x"), "unknown protobuf field number 4"},
		{"unknown number in metadata", wire{}.message(1, wire{}.text(18, "x")), "metadata: unknown protobuf field number 18"},
		{"unknown number in a list", wire{}.message(2, wire{}.message(11, wire{}.varint(2, 1))), "spec.tags: unknown protobuf field number 2"},
		{"number for text", wire{}.message(2, wire{}.varint(3, 1)), "spec.text: protobuf wire type 0 does not fit field number 3"},
		{"text for number", wire{}.message(2, wire{}.text(1, "1")), "spec.integer: protobuf wire type 2"},
		{"fixed64 for float", wire{}.message(2, wire{}.fixed64(4, 0)), "spec.float: protobuf wire type 1"},
		{"number for message", wire{}.varint(2, 1), "spec: protobuf wire type 0"},
		{"number for metadata", wire{}.varint(1, 1), "metadata: protobuf wire type 0"},
		{"a group", wire(append(group, protowire.AppendTag(nil, 3, protowire.EndGroupType)...)), "status: protobuf wire type 3"},
		{"an open group", wire(group), "malformed protobuf"},
		{"invalid UTF-8", wire{}.message(2, wire{}.text(3, "\xff")), "spec.text: the text is not valid UTF-8"},
		{"invalid UTF-8 in a list", wire{}.message(2, wire{}.message(11, wire{}.text(1, "\xff"))), "spec.tags: the text is not valid UTF-8"},
		{"invalid UTF-8 in metadata", wire{}.message(1, wire{}.text(1, "\xff")), "metadata.name: the text is not valid UTF-8"},
		{"invalid UTF-8 in an annotation", wire{}.message(1, wire{}.message(12, wire{}.text(1, "a").text(2, "\xff"))), "metadata.annotations: the text is not valid UTF-8"},
		{"a label that ends too late", wire{}.message(1, wire{}.message(11, wire{0x0a, 0x20, 'a'}).text(12, strings.Repeat("a", 64))), "metadata: malformed protobuf"},
		{"a label of three parts", wire{}.message(1, wire{}.message(11, wire{}.text(3, "a"))), "metadata: unknown protobuf field number 3"},
		{"a label that is a number", wire{}.message(1, wire{}.varint(11, 1)), "labels and annotations cannot have wire type 0"},
		{"not a number", wire{}.message(2, wire{}.fixed64(5, math.Float64bits(math.NaN()))), "spec.number: NaN has no JSON form"},
		{"infinity", wire{}.message(2, wire{}.fixed32(4, math.Float32bits(float32(math.Inf(1))))), "has no JSON form"},
		{"a broken document", wire{}.message(2, wire{}.text(12, `{"a"`)), "spec.extra: invalid JSON"},
		{"number zero", wire{0x02, 0x00}, "malformed protobuf"},
		{"cut short", wire{}.message(2, wire{}.text(3, "x"))[:4], "malformed protobuf"},
		{"cut short inside", wire{}.message(2, wire{0x1a, 0x05, 'x'}), "spec: malformed protobuf"},
		{"overflowing number", wire{}.message(2, append(wire{0x08}, bytes.Repeat([]byte{0xff}, 10)...)), "spec: malformed protobuf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := kind.NewObject()
			if err := o.Unmarshal(test.sent); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, wanted an error with %q", err, test.want)
			}
		})
	}
}

func TestHostileEnvelopesAreRefused(t *testing.T) {
	kind := newTestKind(t, everyType)
	decoder := kind.protobufMedia().Serializer
	envelope := func(apiVersion, kindName string, rest wire) []byte {
		typeMeta := wire{}.text(1, apiVersion).text(2, kindName)
		return append([]byte(protobufPrefix), append(wire{}.message(1, typeMeta), rest...)...)
	}
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":         {nil, "does not begin with"},
		"JSON":          {[]byte(thingHead + `"spec":{}}`), "does not begin with"},
		"garbage":       {[]byte(protobufPrefix + "\xff\xff"), "protobuf envelope"},
		"another kind":  {envelope("v1", "Pod", nil), "must be erp.example.com/v1 Thing, not v1 Pod"},
		"another type":  {envelope("erp.example.com/v1", "Thing", wire{}.text(4, "application/json")), "content type"},
		"encoded":       {envelope("erp.example.com/v1", "Thing", wire{}.text(3, "gzip")), "content type"},
		"broken object": {envelope("erp.example.com/v1", "Thing", wire{}.text(2, "\xff")), "malformed protobuf"},
	} {
		if obj, _, err := decoder.Decode(test.data, nil, kind.NewObject()); err == nil || obj != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v; wanted an error with %q", name, obj, err, test.want)
		}
	}
}

// FuzzProtobuf checks that what is accepted is what upstream's protobuf reads, and
// means the same.
func FuzzProtobuf(f *testing.F) {
	kind := newTestKind(f, everyType)
	descriptor := protoOf(f, kind).Messages().ByName("Thing")
	o, err := kind.ObjectFromRecord(fullRecord(f, kind), 3)
	if err != nil {
		f.Fatal(err)
	}
	data, err := o.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(wire{}.message(2, wire{}.text(3, "x").varint(1, 7).message(13, wire{}.message(200, nil)))))
	f.Add([]byte(wire{}.message(2, wire{}.message(11, wire{}.text(1, "a")).message(11, nil))))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := kind.NewObject()
		if err := o.Unmarshal(data); err != nil {
			return
		}
		thing := dynamicpb.NewMessage(descriptor)
		if err := proto.Unmarshal(withoutMetadata(data), thing); err != nil {
			t.Fatalf("upstream refuses it: %v", err)
		}
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(thing)
		if err != nil || string(want) != o.Body {
			t.Fatalf("the body is\n%q, upstream's\n%q, %v", o.Body, want, err)
		}
		written, err := o.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		again := kind.NewObject()
		if err := again.Unmarshal(written); err != nil || again.Body != o.Body {
			t.Fatalf("%q is read back as %q, %v", o.Body, again.Body, err)
		}
	})
}

// withoutMetadata drops object metadata, which another decoder reads, more leniently.
func withoutMetadata(data []byte) []byte {
	var rest []byte
	for len(data) > 0 {
		number, _, n := protowire.ConsumeField(data)
		if number != metadataNumber {
			rest = append(rest, data[:n]...)
		}
		data = data[n:]
	}
	return rest
}

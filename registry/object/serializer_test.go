package object

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"pgregory.net/rapid"
)

func TestWatchEventsInEveryEncoding(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
	if err != nil {
		t.Fatal(err)
	}
	serializer := kind.NegotiatedSerializer()
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		info, _ := runtime.SerializerInfoForMediaType(serializer.SupportedMediaTypes(), mediaType)
		encoder := serializer.EncoderForVersion(info.StreamSerializer.Serializer, kind.gvk.GroupVersion())
		event := &metav1.WatchEvent{Type: string(watch.Added), Object: runtime.RawExtension{Raw: encodeWith(t, kind, mediaType, o)}}
		var got bytes.Buffer
		if err := encoder.Encode(event, &got); err != nil {
			t.Fatal(err)
		}
		var received metav1.WatchEvent
		if _, _, err := info.StreamSerializer.Serializer.Decode(got.Bytes(), nil, &received); err != nil {
			t.Fatalf("%s: %v", mediaType, err)
		}
		again := decodeWith(t, kind, mediaType, received.Object.Raw)
		if received.Type != "ADDED" || !bytes.Equal(encodeWith(t, kind, runtime.ContentTypeJSON, again), encodeWith(t, kind, runtime.ContentTypeJSON, o)) {
			t.Errorf("%s: the event is received as %v", mediaType, received)
		}
		if mediaType == runtime.ContentTypeJSON && !json.Valid(got.Bytes()) {
			t.Errorf("the event is not JSON: %s", got.Bytes())
		}
	}
}

func TestPrettyJSON(t *testing.T) {
	kind := newTestKind(t, everyType)
	o := customerLike(t, kind)
	info, _ := runtime.SerializerInfoForMediaType(kind.NegotiatedSerializer().SupportedMediaTypes(), runtime.ContentTypeJSON)
	var got bytes.Buffer
	if err := info.PrettySerializer.Encode(o, &got); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.String(), "\n  \"spec\": {\n    \"text\": \"x\"\n") {
		t.Errorf("got %s", got.String())
	}
}

func customerLike(t *testing.T, kind *Kind) *Object {
	o, err := decodeText(kind, runtime.ContentTypeJSON, true, thingHead+`"metadata":{"name":"a"},"spec":{"text":"x"}}`)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestFirstWriteOfAListLetsCompressionEngage(t *testing.T) {
	kind := newTestKind(t, everyType)
	list := kind.NewList()
	list.Items = []Object{*customerLike(t, kind)}
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeProtobuf} {
		info, _ := runtime.SerializerInfoForMediaType(kind.NegotiatedSerializer().SupportedMediaTypes(), mediaType)
		first := &firstWrite{}
		if err := info.Serializer.Encode(list, first); err != nil {
			t.Fatal(err)
		}
		if first.length > 4 {
			t.Errorf("%s: the first write has %d bytes, at most 4 are taken for a stream", mediaType, first.length)
		}
	}
}

type firstWrite struct{ length int }

func (w *firstWrite) Write(data []byte) (int, error) {
	if w.length == 0 {
		w.length = len(data)
	}
	return len(data), nil
}

// damage changes bytes of good data and cuts it short.
func damage(t *rapid.T, good []byte) []byte {
	data := bytes.Clone(good)
	for range rapid.IntRange(1, 4).Draw(t, "damages") {
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		data[at] = rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte(`"\{}[],:0e-u `))).Draw(t, "byte")
	}
	if rapid.IntRange(0, 9).Draw(t, "is cut") > 0 {
		return data
	}
	return data[:rapid.IntRange(0, len(data)).Draw(t, "length")]
}

func TestDamagedJSONIsReadAsEncodingJSONReadsIt(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
	if err != nil {
		t.Fatal(err)
	}
	good := encodeWith(t, kind, runtime.ContentTypeJSON, o)
	rapid.Check(t, func(t *rapid.T) {
		data := damage(t, good)
		obj, _, err := kind.jsonMedia().Serializer.Decode(data, nil, kind.NewObject())
		if err != nil {
			return
		}
		if !json.Valid(data) {
			t.Fatalf("accepts %q", data)
		}
		again := kindDecode(t, kind, runtime.ContentTypeJSON, kindEncode(t, kind, runtime.ContentTypeJSON, obj))
		if again.Body != obj.(*Object).Body {
			t.Fatalf("the body %q is not canonical: %q", obj.(*Object).Body, again.Body)
		}
	})
}

// TestDamagedProtobufIsRefusedOrCanonical is FuzzProtobuf for every test run.
func TestDamagedProtobufIsRefusedOrCanonical(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
	if err != nil {
		t.Fatal(err)
	}
	good := encodeWith(t, kind, runtime.ContentTypeProtobuf, o)
	rapid.Check(t, func(t *rapid.T) {
		data := damage(t, good)
		obj, _, err := kind.protobufMedia().Serializer.Decode(data, nil, nil)
		if err != nil {
			return
		}
		again := kindDecode(t, kind, runtime.ContentTypeProtobuf, kindEncode(t, kind, runtime.ContentTypeProtobuf, obj))
		if again.Body != obj.(*Object).Body {
			t.Fatalf("the body %q is not canonical: %q", obj.(*Object).Body, again.Body)
		}
	})
}

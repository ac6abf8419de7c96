package object

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	k8sjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func TestRecordsAreKeptExactly(t *testing.T) {
	kind := newTestKind(t, everyType)
	codec := kind.StorageCodec()
	rapid.Check(t, func(t *rapid.T) {
		record := drawRecord(t, kind)
		image, size, err := codec.Image(record, 7)
		if err != nil {
			t.Fatal(err)
		}
		if size <= 0 {
			t.Fatalf("an image of %d bytes", size)
		}
		back, err := codec.Record(image)
		if err != nil || !back.Equal(record) {
			t.Fatalf("the image of\n%v\ngives back\n%v, %v", record, back, err)
		}
		obj, err := codec.Object(image, 7)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := codec.Encode(t.Context(), obj)
		if err != nil || !encoded.Equal(record) {
			t.Fatalf("the object of\n%v\nencodes to\n%v, %v", record, encoded, err)
		}
		objectKey, err := codec.ObjectKey(record.Key)
		if err != nil {
			t.Fatal(err)
		}
		if key, err := codec.RecordKey(objectKey); err != nil || !key.Equal(record.Key) {
			t.Fatalf("object key %q of %v stands for %v, %v", objectKey, record.Key, key, err)
		}
	})
}

func TestEncodingsAreReversible(t *testing.T) {
	kind := newTestKind(t, everyType)
	rapid.Check(t, func(t *rapid.T) {
		record := drawRecord(t, kind)
		o, err := kind.ObjectFromRecord(record, 7)
		if err != nil {
			t.Fatal(err)
		}
		text := kindEncode(t, kind, runtime.ContentTypeJSON, o)
		fromJSON := kindDecode(t, kind, runtime.ContentTypeJSON, text)
		data := kindEncode(t, kind, runtime.ContentTypeProtobuf, fromJSON)
		fromProtobuf := kindDecode(t, kind, runtime.ContentTypeProtobuf, data)
		if again := kindEncode(t, kind, runtime.ContentTypeJSON, fromProtobuf); !bytes.Equal(again, text) {
			t.Fatalf("JSON is\n%s\nand after protobuf\n%s", text, again)
		}
		fromYAML := kindDecode(t, kind, runtime.ContentTypeYAML, kindEncode(t, kind, runtime.ContentTypeYAML, o))
		if again := kindEncode(t, kind, runtime.ContentTypeJSON, fromYAML); !meansTheSame(string(again), string(text)) {
			t.Fatalf("JSON is\n%s\nand after YAML\n%s", text, again)
		}
		if direct := kindDecode(t, kind, runtime.ContentTypeProtobuf, kindEncode(t, kind, runtime.ContentTypeProtobuf, o)); direct.Body != o.Body {
			t.Fatalf("protobuf changes the body\n%q\nto\n%q", o.Body, direct.Body)
		}
	})
}

func kindEncode(t *rapid.T, kind *Kind, mediaType string, obj runtime.Object) []byte {
	info, _ := runtime.SerializerInfoForMediaType(kind.NegotiatedSerializer().SupportedMediaTypes(), mediaType)
	var out bytes.Buffer
	if err := info.Serializer.Encode(obj, &out); err != nil {
		t.Fatalf("encode as %s: %v", mediaType, err)
	}
	return out.Bytes()
}

func kindDecode(t *rapid.T, kind *Kind, mediaType string, data []byte) *Object {
	info, _ := runtime.SerializerInfoForMediaType(kind.NegotiatedSerializer().SupportedMediaTypes(), mediaType)
	obj, _, err := info.StrictSerializer.Decode(data, nil, nil)
	if err != nil {
		t.Fatalf("decode as %s: %v\n%s", mediaType, err, data)
	}
	return obj.(*Object)
}

func TestJSONIsWhatEncodingJSONReads(t *testing.T) {
	kind := newTestKind(t, everyType)
	rapid.Check(t, func(t *rapid.T) {
		record := drawRecord(t, kind)
		o, err := kind.ObjectFromRecord(record, 7)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var read map[string]any
		if err := decoder.Decode(&read); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for i, field := range kind.plan.leaves {
			got, present := lookUp(read, strings.Split(field.path, "."))
			if present == record.Values[i].IsNull() {
				t.Fatalf("%s of %v is present: %v\n%s", field.path, record.Values[i], present, text)
			}
			if present {
				compareJSON(t, field, record.Values[i], got)
			}
		}
	})
}

func lookUp(content map[string]any, path []string) (any, bool) {
	value, ok := content[path[0]]
	if !ok || len(path) == 1 {
		return value, ok
	}
	nested, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return lookUp(nested, path[1:])
}

// compareJSON compares a value that encoding/json read with the record's, as
// encoding/json writes it.
func compareJSON(t *rapid.T, field *planField, value adapters.Value, got any) {
	var want any
	switch field.valueType {
	case adapters.StringType:
		want = value.Text()
	case adapters.IntegerType:
		want = value.Int()
	case adapters.BooleanType:
		want = value.Bool()
	case adapters.NumberType:
		want = value.Float()
	case adapters.FloatType:
		want = float32(value.Float())
	case adapters.BytesType:
		want = []byte(value.Text())
	case adapters.JSONType:
		want = json.RawMessage(value.Text())
	case adapters.ListType:
		texts := []string{}
		for _, item := range value.Items() {
			texts = append(texts, item.Text())
		}
		want = texts
	}
	wantText, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	gotText, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if field.valueType == adapters.JSONType {
		if !meansTheSame(string(wantText), string(gotText)) {
			t.Fatalf("%s is\n%s, wanted\n%s", field.path, gotText, wantText)
		}
		return
	}
	if string(gotText) != string(wantText) {
		t.Fatalf("%s is %s, wanted %s", field.path, gotText, wantText)
	}
}

func TestMetadataIsWrittenAsEncodingJSONWritesIt(t *testing.T) {
	seconds := int64(5)
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\xff<\u2028", "\x00\b\f\x7f"}))
	texts := rapid.MapOfN(text, text, 0, 4)
	times := rapid.SampledFrom([]metav1.Time{{}, metav1.Unix(1, 5), metav1.Unix(-1e10, 0)})
	rapid.Check(t, func(t *rapid.T) {
		metadata := metav1.ObjectMeta{
			Name: text.Draw(t, "name"), GenerateName: text.Draw(t, "generateName"), Namespace: text.Draw(t, "namespace"),
			UID: types.UID(text.Draw(t, "uid")), ResourceVersion: text.Draw(t, "resourceVersion"),
			Generation: rapid.Int64().Draw(t, "generation"), CreationTimestamp: times.Draw(t, "created"),
			Labels: texts.Draw(t, "labels"), Annotations: texts.Draw(t, "annotations"),
		}
		metadata.SetSelfLink(text.Draw(t, "selfLink"))
		switch rapid.IntRange(0, 9).Draw(t, "rare") {
		case 0:
			metadata.DeletionTimestamp = &metav1.Time{}
		case 1:
			metadata.DeletionGracePeriodSeconds = &seconds
		case 2:
			metadata.Finalizers = []string{"a"}
		case 3:
			metadata.OwnerReferences = []metav1.OwnerReference{{Kind: "a"}}
		case 4:
			metadata.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "a"}}
		}
		want, err := json.Marshal(metadata)
		if err != nil {
			t.Fatal(err)
		}
		got, err := appendMetadata(nil, &metadata)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("metadata is\n%s, %v, wanted\n%s", got, err, want)
		}
	})
}

func drawList(t *rapid.T, kind *Kind) *List {
	list := kind.NewList()
	list.ResourceVersion, list.Continue = "12", rapid.SampledFrom([]string{"", "more<"}).Draw(t, "continue")
	if rapid.Bool().Draw(t, "remaining") {
		remaining := int64(3)
		list.RemainingItemCount = &remaining
	}
	codec := kind.StorageCodec()
	if rapid.Bool().Draw(t, "items") {
		list.Items = []Object{}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "count") {
		image, _, err := codec.Image(drawRecord(t, kind), 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := codec.Append(list, image, adapters.Revision(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func TestListsAreWrittenAsUpstreamWritesThem(t *testing.T) {
	kind := newTestKind(t, everyType)
	upstream := map[string]runtime.Encoder{
		runtime.ContentTypeJSON: k8sjson.NewSerializerWithOptions(k8sjson.DefaultMetaFactory, kind.Types(), kind.Types(),
			k8sjson.SerializerOptions{StreamingCollectionsEncoding: true}),
		runtime.ContentTypeProtobuf: protobuf.NewSerializerWithOptions(kind.Types(), kind.Types(),
			protobuf.SerializerOptions{StreamingCollectionsEncoding: true}),
	}
	rapid.Check(t, func(t *rapid.T) {
		list := drawList(t, kind)
		for mediaType, encoder := range upstream {
			var want bytes.Buffer
			if err := encoder.Encode(list, &want); err != nil {
				t.Fatal(err)
			}
			got := kindEncode(t, kind, mediaType, list)
			if !bytes.Equal(got, want.Bytes()) {
				t.Fatalf("%s is\n%q\nwanted\n%q", mediaType, got, want.Bytes())
			}
			info, _ := runtime.SerializerInfoForMediaType(kind.NegotiatedSerializer().SupportedMediaTypes(), mediaType)
			obj, _, err := info.StrictSerializer.Decode(got, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if again := kindEncode(t, kind, mediaType, obj); len(list.Items) > 0 && !bytes.Equal(again, got) {
				t.Fatalf("%s is\n%q\nand decoded and encoded again\n%q", mediaType, got, again)
			}
		}
	})
}

func TestSingleObjectsAreWrittenAsUpstreamWritesThem(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 5)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := protobuf.NewSerializer(kind.Types(), kind.Types()).Encode(o, &want); err != nil {
		t.Fatal(err)
	}
	if got := encodeWith(t, kind, runtime.ContentTypeProtobuf, o); !bytes.Equal(got, want.Bytes()) {
		t.Errorf("protobuf is\n%q\nwanted\n%q", got, want.Bytes())
	}
	want.Reset()
	if err := k8sjson.NewSerializerWithOptions(k8sjson.DefaultMetaFactory, kind.Types(), kind.Types(), k8sjson.SerializerOptions{}).Encode(o, &want); err != nil {
		t.Fatal(err)
	}
	if got := encodeWith(t, kind, runtime.ContentTypeJSON, o); !bytes.Equal(got, want.Bytes()) {
		t.Errorf("JSON is\n%s\nwanted\n%s", got, want.Bytes())
	}
}

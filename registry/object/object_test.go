package object

import (
	"bytes"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

func encodeWith(t testing.TB, kind *Kind, mediaType string, obj runtime.Object) []byte {
	t.Helper()
	serializer := kind.NegotiatedSerializer()
	info, ok := runtime.SerializerInfoForMediaType(serializer.SupportedMediaTypes(), mediaType)
	if !ok {
		t.Fatalf("no serializer for %s", mediaType)
	}
	var out bytes.Buffer
	if err := serializer.EncoderForVersion(info.Serializer, kind.GroupVersionKind().GroupVersion()).Encode(obj, &out); err != nil {
		t.Fatalf("encode as %s: %v", mediaType, err)
	}
	return out.Bytes()
}

func decodeWith(t testing.TB, kind *Kind, mediaType string, data []byte) *Object {
	t.Helper()
	serializer := kind.NegotiatedSerializer()
	info, ok := runtime.SerializerInfoForMediaType(serializer.SupportedMediaTypes(), mediaType)
	if !ok {
		t.Fatalf("no serializer for %s", mediaType)
	}
	obj, _, err := serializer.DecoderToVersion(info.StrictSerializer, kind.GroupVersionKind().GroupVersion()).Decode(data, nil, nil)
	if err != nil {
		t.Fatalf("decode as %s: %v\n%s", mediaType, err, data)
	}
	return obj.(*Object)
}

func TestObjectFromRecordInEveryEncoding(t *testing.T) {
	kind := newTestKind(t, everyType)
	record := fullRecord(t, kind)
	o, err := kind.ObjectFromRecord(record, 4711)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"Thing","apiVersion":"erp.example.com/v1","metadata":{"name":"a1","namespace":"north",` +
		`"uid":"` + kind.UID("north", "a1") + `","resourceVersion":"4711","creationTimestamp":"2020-01-02T03:04:05Z",` +
		`"labels":{"tier":"gold"},"annotations":{"example.com/note":"n \u003cb\u003e"}},` +
		`"spec":{"integer":-9223372036854775808,"flag":false,"text":"Zwölf \u003cBoxkämpfer\u003e \u0026 \"co\"\n\u2028",` +
		`"float":0.1,"number":1e-7,"price":"0.00","blob":"AP8=","hash":"00ff","born":"2001-02-03",` +
		`"seen":"2001-02-03T04:05:06.789Z","tags":["a",""],"extra":{"b":1e400,"a":[1,2.50,"x y"]},` +
		`"address":{"ip":"::1","ip4":"10.0.0.1","deep":{"uuid":"6f2c5a6e-8f0d-5c39-9b1c-d1f1a3a5f7e2","mac":"00:11:22:33:44:55"}}},` +
		`"status":{"balance":"-12.50","count":0}}` + "\n"
	text := encodeWith(t, kind, runtime.ContentTypeJSON, o)
	if string(text) != want {
		t.Errorf("JSON is\n%swanted\n%s", text, want)
	}
	for _, mediaType := range []string{runtime.ContentTypeJSON, runtime.ContentTypeYAML, runtime.ContentTypeProtobuf} {
		data := encodeWith(t, kind, mediaType, o)
		again := decodeWith(t, kind, mediaType, data)
		if text := encodeWith(t, kind, runtime.ContentTypeJSON, again); string(text) != want {
			t.Errorf("after %s, JSON is\n%swanted\n%s", mediaType, text, want)
		}
	}
	back, err := kind.RecordFromObject(o)
	if err != nil {
		t.Fatal(err)
	}
	if !back.Equal(record) {
		t.Errorf("record is\n%v\nwanted\n%v", back, record)
	}
}

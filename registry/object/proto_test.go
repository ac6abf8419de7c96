package object

import (
	"bytes"
	"context"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// compileProto compiles a generated file with nothing else to import from.
func compileProto(t testing.TB, content string) protoreflect.FileDescriptor {
	t.Helper()
	compiler := protocompile.Compiler{Resolver: &protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"kinds.proto": content}),
	}}
	files, err := compiler.Compile(context.Background(), "kinds.proto")
	if err != nil {
		t.Fatalf("compile generated file: %v\n%s", err, content)
	}
	return files[0]
}

func protoOf(t testing.TB, kinds ...*Kind) protoreflect.FileDescriptor {
	t.Helper()
	content, err := ProtoFile(kinds)
	if err != nil {
		t.Fatal(err)
	}
	return compileProto(t, content)
}

// client decodes answers with nothing but the generated file.
type client struct{ file protoreflect.FileDescriptor }

func (c client) message(t require, name string, data []byte) protoreflect.Message {
	descriptor := c.file.Messages().ByName(protoreflect.Name(name))
	if descriptor == nil {
		t.Fatalf("the file has no message %s", name)
	}
	m := dynamicpb.NewMessage(descriptor)
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatalf("decode %s: %v", name, err)
	}
	return m
}

// open decodes the envelope and what is in it.
func (c client) open(t require, data []byte) protoreflect.Message {
	content, ok := bytes.CutPrefix(data, []byte("k8s\x00"))
	if !ok {
		t.Fatalf("the answer begins with %q", data[:4])
	}
	envelope := c.message(t, "Unknown", content)
	kind := member(member(envelope, "typeMeta").Message(), "kind").String()
	return c.message(t, kind, member(envelope, "raw").Bytes())
}

type require interface {
	Fatalf(format string, arguments ...any)
}

func member(m protoreflect.Message, name string) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(protoreflect.Name(name)))
}

func TestClientsDecodeAnswersWithTheGeneratedFileOnly(t *testing.T) {
	kind := newTestKind(t, everyType)
	c := client{protoOf(t, kind)}
	rapid.Check(t, func(t *rapid.T) {
		record := drawRecord(t, kind)
		o, err := kind.ObjectFromRecord(record, 9)
		if err != nil {
			t.Fatal(err)
		}
		thing := c.open(t, kindEncode(t, kind, runtime.ContentTypeProtobuf, o))
		metadata := member(thing, "metadata").Message()
		if got := member(metadata, "name").String(); got != o.Name {
			t.Fatalf("name is %q, wanted %q", got, o.Name)
		}
		if got := member(member(metadata, "creationTimestamp").Message(), "seconds").Int(); !o.CreationTimestamp.IsZero() && got != o.CreationTimestamp.Unix() {
			t.Fatalf("creation timestamp is %d, wanted %d", got, o.CreationTimestamp.Unix())
		}
		for i, field := range kind.plan.leaves {
			compareProto(t, thing, field, record.Values[i])
		}
		// The client's own encoding of spec and status, without metadata, is the canonical body.
		thing.Clear(thing.Descriptor().Fields().ByName("metadata"))
		again, err := proto.MarshalOptions{Deterministic: true}.Marshal(thing.Interface())
		if err != nil || string(again) != o.Body {
			t.Fatalf("the client encodes\n%q, %v\nwanted\n%q", again, err, o.Body)
		}
	})
}

func compareProto(t *rapid.T, thing protoreflect.Message, field *planField, value adapters.Value) {
	path := strings.Split(field.path, ".")
	m := thing
	for _, name := range path[:len(path)-1] {
		m = member(m, name).Message()
	}
	descriptor := m.Descriptor().Fields().ByName(protoreflect.Name(path[len(path)-1]))
	if m.IsValid() && m.Has(descriptor) == value.IsNull() {
		t.Fatalf("%s of %v is present: %v", field.path, value, m.Has(descriptor))
	}
	if value.IsNull() {
		return
	}
	got := m.Get(descriptor)
	switch field.valueType {
	case adapters.StringType:
		assertEqual(t, field, got.String(), value.Text())
	case adapters.BytesType, adapters.JSONType:
		assertEqual(t, field, string(got.Bytes()), value.Text())
	case adapters.IntegerType:
		assertEqual(t, field, got.Int(), value.Int())
	case adapters.BooleanType:
		assertEqual(t, field, got.Bool(), value.Bool())
	case adapters.NumberType, adapters.FloatType:
		assertEqual(t, field, math.Float64bits(got.Float()), math.Float64bits(value.Float()))
	case adapters.ListType:
		items := member(got.Message(), "items").List()
		assertEqual(t, field, items.Len(), len(value.Items()))
		for i, item := range value.Items() {
			assertEqual(t, field, items.Get(i).String(), item.Text())
		}
	}
}

func assertEqual[T comparable](t *rapid.T, field *planField, got, want T) {
	if got != want {
		t.Fatalf("%s is %v, wanted %v", field.path, got, want)
	}
}

func TestClientsDecodeListsEventsAndErrorsWithTheGeneratedFileOnly(t *testing.T) {
	kind := newTestKind(t, everyType)
	c := client{protoOf(t, kind)}
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 9)
	if err != nil {
		t.Fatal(err)
	}
	remaining := int64(4)
	list := kind.NewList()
	list.Items, list.Continue, list.RemainingItemCount = []Object{*o, *o}, "more", &remaining
	decoded := c.open(t, encodeWith(t, kind, runtime.ContentTypeProtobuf, list))
	if got := member(decoded, "items").List().Len(); got != 2 {
		t.Errorf("the list has %d items", got)
	}
	if got := member(member(decoded, "metadata").Message(), "remainingItemCount").Int(); got != 4 {
		t.Errorf("remainingItemCount is %d", got)
	}

	status := &metav1.Status{Status: "Failure", Code: 404, Reason: "NotFound", Message: "gone", Details: &metav1.StatusDetails{Name: "a1"}}
	failure := c.open(t, encodeWith(t, kind, runtime.ContentTypeProtobuf, status))
	if member(failure, "code").Int() != 404 || member(member(failure, "details").Message(), "name").String() != "a1" {
		t.Errorf("the status is decoded to %v", failure)
	}

	serializer := kind.NegotiatedSerializer()
	info, _ := runtime.SerializerInfoForMediaType(serializer.SupportedMediaTypes(), runtime.ContentTypeProtobuf)
	var frame bytes.Buffer
	event := &metav1.WatchEvent{Type: "ADDED", Object: runtime.RawExtension{Raw: encodeWith(t, kind, runtime.ContentTypeProtobuf, o)}}
	encoder := serializer.EncoderForVersion(info.StreamSerializer.Serializer, kind.GroupVersionKind().GroupVersion())
	if err := encoder.Encode(event, info.StreamSerializer.Framer.NewFrameWriter(&frame)); err != nil {
		t.Fatal(err)
	}
	received := c.message(t, "WatchEvent", frame.Bytes()[4:])
	thing := c.open(t, member(member(received, "object").Message(), "raw").Bytes())
	if got := member(member(thing, "metadata").Message(), "name").String(); got != "a1" {
		t.Errorf("the event is about %q", got)
	}
}

func TestProtoNames(t *testing.T) {
	kind := newTestKind(t, `
metadata: {name: statuses.3com.my-org.example}
spec:
  group: 3com.my-org.example
  version: v1beta1
  names: {plural: statuses, kind: Status}
  source: {backend: erp, mysql: {table: T, key: {name: {columns: [id]}, namespace: {value: default}}}}
  fields:
  - {path: spec.company_name, column: a, number: 1, description: "Legal name\nof the company"}
  - {path: spec.Address, number: 2, type: object}
  - {path: spec.Address.message, column: b, number: 1}
  - {path: spec.Address.StringList, number: 2, type: object}
  - {path: spec.Address.StringList.optional, column: c, number: 536870911, type: set}
  - {path: spec.string, column: d, number: 18999}
`)
	content, err := ProtoFile([]*Kind{kind})
	if err != nil {
		t.Fatal(err)
	}
	file := compileProto(t, content)
	if got := string(file.Package()); got != "example.my_org._3com.v1beta1" {
		t.Errorf("package is %s", got)
	}
	spec := file.Messages().ByName("Status").Messages().ByName("Spec")
	if got := spec.Fields().ByNumber(1).JSONName(); got != "company_name" {
		t.Errorf("JSON name is %s", got)
	}
	nested := spec.Fields().ByNumber(2).Message().Fields().ByNumber(2).Message()
	if got := nested.Fields().ByNumber(536870911).Message().FullName(); got != "example.my_org._3com.v1beta1.StringList" {
		t.Errorf("a set is of type %s", got)
	}
	if !strings.Contains(content, "// Legal name\n") {
		t.Errorf("the description is missing in\n%s", content)
	}
}

var update = flag.Bool("update", false, "write golden files")

func TestProtoFileIsGolden(t *testing.T) {
	got, err := ProtoFile([]*Kind{newTestKind(t, customers), newTestKind(t, everyType)})
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "erp.example.com_v1.proto")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the file has changed; run the test with -update and look at the difference:\n%s", got)
	}
	compileProto(t, got)
}

func TestProtoFileIsOfOneGroupVersion(t *testing.T) {
	kind := newTestKind(t, everyType)
	other := parseResource(t, everyType)
	other.Spec.Version = "v2"
	second, err := NewKind(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ProtoFile([]*Kind{kind, second}); err == nil {
		t.Error("kinds of two versions go into one file")
	}
	if got := ProtoPackage(schema.GroupVersion{Group: "erp.example.com", Version: "v1"}); got != "com.example.erp.v1" {
		t.Errorf("package is %s", got)
	}
}

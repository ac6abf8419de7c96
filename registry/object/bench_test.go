package object

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	kruntime "k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// twelveFields is what the comparisons with built-in and custom resources list.
const twelveFields = `
metadata: {name: rows.bench.example.com}
spec:
  group: bench.example.com
  version: v1
  names: {plural: rows, singular: row, kind: Row}
  source: {backend: b, mysql: {table: T, key: {name: {columns: [id]}, namespace: {value: default}}}}
  fields:
  - {path: spec.name, column: a, number: 1}
  - {path: spec.street, column: b, number: 2}
  - {path: spec.city, column: c, number: 3}
  - {path: spec.zip, column: d, number: 4}
  - {path: spec.country, column: e, number: 5}
  - {path: spec.phone, column: f, number: 6}
  - {path: spec.email, column: g, number: 7}
  - {path: spec.limit, column: h, number: 8, type: decimal}
  - {path: spec.rank, column: i, number: 9, type: integer}
  - {path: spec.active, column: j, number: 10, type: boolean}
  - {path: spec.since, column: k, number: 11, type: date}
  - {path: status.balance, column: l, number: 1, type: decimal}
  printerColumns: [{name: Company, path: spec.name}, {name: City, path: spec.city}, {name: Rank, path: spec.rank}]
`

func benchRecord(i int) adapters.Record {
	text := adapters.String
	return adapters.Record{Key: textKey(fmt.Sprintf("row-%07d", i)), Values: []adapters.Value{
		text(fmt.Sprintf("Company %d Ltd.", i)), text("Main Street 12"), text("Springfield"), text("12345"), text("US"),
		text("+1 555 0100"), text("office@example.com"), text("1000.00"), adapters.Int(int64(i)), adapters.Bool(i%2 == 0),
		text("2001-02-03"), text("-12.50"),
	}}
}

func benchList(b *testing.B, kind *Kind, count int) *List {
	list := kind.NewList()
	list.ResourceVersion = "123456789"
	codec := kind.StorageCodec()
	list.Items = make([]Object, 0, count)
	for i := range count {
		image, _, err := codec.Image(benchRecord(i), 1)
		if err != nil {
			b.Fatal(err)
		}
		if err := codec.Append(list, image, 1<<62); err != nil {
			b.Fatal(err)
		}
	}
	return list
}

func benchmarkList(b *testing.B, mediaType string) {
	kind := newTestKind(b, twelveFields)
	list := benchList(b, kind, 10000)
	info, _ := kruntime.SerializerInfoForMediaType(kind.NegotiatedSerializer().SupportedMediaTypes(), mediaType)
	b.ReportAllocs()
	for b.Loop() {
		if err := info.Serializer.Encode(list, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkListJSON(b *testing.B)     { benchmarkList(b, kruntime.ContentTypeJSON) }
func BenchmarkListProtobuf(b *testing.B) { benchmarkList(b, kruntime.ContentTypeProtobuf) }

// BenchmarkListObjects is the way from images to a list, without encoding it.
func BenchmarkListObjects(b *testing.B) {
	kind := newTestKind(b, twelveFields)
	codec := kind.StorageCodec()
	images := make([]any, 10000)
	for i := range images {
		image, _, err := codec.Image(benchRecord(i), 1)
		if err != nil {
			b.Fatal(err)
		}
		images[i] = image
	}
	b.ReportAllocs()
	for b.Loop() {
		list := kind.NewList()
		list.Items = make([]Object, 0, len(images))
		for _, image := range images {
			if err := codec.Append(list, image, 1<<62); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkTable500(b *testing.B) {
	kind := newTestKind(b, twelveFields)
	list := benchList(b, kind, 500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kind.TableConvertor().ConvertToTable(b.Context(), list, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkImage is what the first sync does for each row.
func BenchmarkImage(b *testing.B) {
	kind := newTestKind(b, twelveFields)
	codec := kind.StorageCodec()
	record := benchRecord(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := codec.Image(record, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeJSON(b *testing.B) {
	kind := newTestKind(b, twelveFields)
	list := benchList(b, kind, 1)
	text, err := list.Items[0].MarshalJSON()
	if err != nil {
		b.Fatal(err)
	}
	serializer := kind.NegotiatedSerializer()
	info := serializer.SupportedMediaTypes()[0]
	decoder := serializer.DecoderToVersion(info.StrictSerializer, kind.gvk.GroupVersion())
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := decoder.Decode(text, nil, kind.NewObject()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	kind := newTestKind(b, twelveFields)
	o := &benchList(b, kind, 1).Items[0]
	b.ReportAllocs()
	for b.Loop() {
		if faults := kind.Validate(b.Context(), o); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

// BenchmarkImageMemory reports what an image takes in memory.
func BenchmarkImageMemory(b *testing.B) {
	kind := newTestKind(b, twelveFields)
	codec := kind.StorageCodec()
	const count = 100000
	images := make([]any, count)
	var before, after runtime.MemStats
	for b.Loop() {
		clear(images)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range images {
			image, _, err := codec.Image(benchRecord(i), 1)
			if err != nil {
				b.Fatal(err)
			}
			images[i] = image
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/count, "bytes/image")
	runtime.KeepAlive(images)
}

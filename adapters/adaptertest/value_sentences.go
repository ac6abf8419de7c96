package adaptertest

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// valueSentences are about values that come back as they went.
var valueSentences = []sentence{
	{"Values that others write are delivered as they are", testForeignValues},
	{"Values that the adapter writes come back as they are", testOwnValues},
	{"Keys come back as they are", testKeys},
	{"The absent value is told from the empty one", testNull},
}

// fieldErrors returns the fields that an error names.
func fieldErrors(err error) []adapters.FieldError {
	var adapterError *adapters.Error
	if !errors.As(err, &adapterError) {
		return nil
	}
	return adapterError.Fields
}

// samples returns values of a field, plain ones and extreme ones.
func samples(field adapters.Field) []adapters.Value {
	switch field.Type {
	case adapters.StringType:
		return texts()
	case adapters.BooleanType:
		return []adapters.Value{adapters.Bool(true), adapters.Bool(false)}
	case adapters.IntegerType:
		return []adapters.Value{adapters.Int(0), adapters.Int(-1), adapters.Int(math.MaxInt64), adapters.Int(math.MinInt64)}
	case adapters.NumberType:
		return []adapters.Value{adapters.Float(0), adapters.Float(0.1), adapters.Float(-math.Pi), adapters.Float(1.7976931348623157e308),
			adapters.Float(2.2250738585072014e-308), adapters.Float(1 << 53)}
	case adapters.FloatType:
		return []adapters.Value{adapters.Float(0), adapters.Float(float64(float32(0.1))), adapters.Float(16777216), adapters.Float(-1.5),
			adapters.Float(float64(float32(3.4028234e38)))}
	case adapters.BytesType:
		return []adapters.Value{adapters.Bytes(""), adapters.Bytes("plain"), adapters.Bytes(everyByte())}
	case adapters.JSONType:
		return []adapters.Value{adapters.JSON(`{}`), adapters.JSON(`[1, 2.50, "x", null, {"b": {"a": []}}]`), adapters.JSON(`"tëxt"`), adapters.JSON(`7`)}
	case adapters.ListType:
		return []adapters.Value{list(), list(Tags[1]), list(Tags...)}
	case adapters.MapType:
		return []adapters.Value{adapters.Map(nil), adapters.Map([]adapters.Value{
			adapters.String("a"), adapters.Int(1), adapters.String("b"), adapters.Int(-2),
		})}
	default:
		return []adapters.Value{
			adapters.Message([]adapters.Value{adapters.String("High Street"), adapters.Int(7)}),
			adapters.Message([]adapters.Value{adapters.Null, adapters.Null}),
		}
	}
}

func texts() []adapters.Value {
	var values []adapters.Value
	for _, text := range []string{
		"", "plain", " spaces around ", "tab\tnewline\nreturn\r", `quotes ' " and \ and %_`, "ünïcödé", "漢字", "𝄞 beyond the first plane",
		"nul\x00inside", "42", "null", strings.Repeat("long ", 40),
	} {
		values = append(values, adapters.String(text))
	}
	return values
}

func everyByte() string {
	bytes := make([]byte, 256)
	for i := range bytes {
		bytes[i] = byte(i)
	}
	return string(bytes)
}

func list(items ...string) adapters.Value {
	values := make([]adapters.Value, len(items))
	for i, item := range items {
		values[i] = adapters.String(item)
	}
	return adapters.List(values)
}

// sampleRecords varies one field at a time, the others being absent.
func sampleRecords(schema adapters.Schema) []adapters.Record {
	var records []adapters.Record
	for i, field := range schema.Fields {
		for j, value := range append(samples(field), adapters.Null) {
			values := make([]adapters.Value, len(schema.Fields))
			values[i] = value
			records = append(records, adapters.Record{Key: key(fmt.Sprintf("%s-%d", field.Name, j)), Values: values})
		}
	}
	return records
}

func testForeignValues(s *suite) {
	b := s.open(Resource{Schema: s.allTypes()})
	records := sampleRecords(b.schema)
	b.foreignInsert(records...)
	feed := b.follow()
	s.wantSame("the full state", feed.recorder.present(), byKey(records))
	for i := range records {
		records[i].Key = key("later-" + records[i].Key.String())
	}
	b.foreignInsert(records...)
	feed.await(b.head())
	present := feed.recorder.present()
	for _, record := range records {
		if got := present[record.Key.ID()]; !got.Equal(record) {
			s.Errorf("the feed delivered %v, want %v", got, record)
		}
		got, err := b.Adapter.Get(s.Context(), record.Key)
		s.noError(err, "getting "+record.Key.String())
		if !got.Equal(record) {
			s.Errorf("Get returned %v, want %v", got, record)
		}
	}
}

func testOwnValues(s *suite) {
	b := s.open(Resource{Schema: s.allTypes()})
	writer := b.writer()
	feed := b.follow()
	for _, record := range sampleRecords(b.schema) {
		created := b.create(record)
		if !created.Record.Equal(record) {
			s.Errorf("Create stored %v, want %v", created.Record, record)
		}
		s.wantChange(feed, created, false)
		filled := b.emptyAndFill(writer, created.Record)
		if !filled.Equal(record) {
			s.Errorf("Update stored %v, want %v", filled, record)
		}
		_, err := writer.Delete(s.Context(), filled)
		s.noError(err, fmt.Sprintf("deleting %v", record))
	}
	b.wantStored()
	b.wantDelivered(feed)
}

// emptyAndFill makes every value of a record absent and puts it back. The comparison
// with what is stored must hold for every value on the way.
func (b *backend) emptyAndFill(writer adapters.Writer, record adapters.Record) adapters.Record {
	s := b.suite
	absent := adapters.Record{Key: record.Key, Values: make([]adapters.Value, len(record.Values))}
	emptied, err := writer.Update(s.Context(), record, absent)
	s.noError(err, fmt.Sprintf("emptying %v", record))
	filled, err := writer.Update(s.Context(), emptied.Record, record)
	s.noError(err, fmt.Sprintf("filling %v", record))
	return filled.Record
}

func testKeys(s *suite) {
	b := s.open(Resource{Schema: compositeKey})
	feed := b.follow()
	var records []adapters.Record
	parts := []string{"", "a", "A", "a ", "ä", "with/slash", "with,comma", "0", "00", "漢字", "%_"}
	for i, first := range parts {
		for j, second := range parts {
			records = append(records, keyedRow(key(first, second), "name", int64(100*i+j)))
		}
	}
	b.foreignInsert(records...)
	b.wantDelivered(feed)
	s.wantSame("the feed", feed.recorder.present(), byKey(records))
	for _, record := range records {
		got, err := b.Adapter.Get(s.Context(), record.Key)
		s.noError(err, "getting "+record.Key.String())
		if !got.Equal(record) {
			s.Errorf("Get of %s returned %v, want %v", record.Key, got, record)
		}
	}
	feed.stop() // one Sync at a time
	again := b.start(b.Adapter, 0, newRecorder(s, b, nil))
	again.await(b.head())
	s.wantSame("the full state", again.recorder.present(), byKey(records))
}

func testNull(s *suite) {
	b := s.open(Resource{Schema: textKey})
	feed := b.follow()
	noted := func(note adapters.Value) adapters.Record {
		return adapters.Record{Key: key("a"), Values: []adapters.Value{adapters.String("name"), adapters.Null, note}}
	}
	b.foreignInsert(noted(adapters.Null))
	for _, note := range []adapters.Value{adapters.String(""), adapters.Null, adapters.String("null"), adapters.Null} {
		b.foreignUpdate(noted(note))
		feed.await(b.head())
		if got := feed.recorder.present()[key("a").ID()]; !got.Equal(noted(note)) {
			s.Errorf("the feed has %v, want %v", got, noted(note))
		}
	}
}

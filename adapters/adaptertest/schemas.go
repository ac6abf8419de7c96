package adaptertest

import (
	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// textKey is the schema of most tests: one key, some values.
var textKey = adapters.Schema{
	Key: []adapters.Field{{Name: "id", Type: adapters.StringType, Required: true}},
	Fields: []adapters.Field{
		{Name: "name", Type: adapters.StringType, Required: true},
		{Name: "amount", Type: adapters.IntegerType},
		{Name: "note", Type: adapters.StringType},
	},
}

// compositeKey has the same values under a key of two parts.
var compositeKey = adapters.Schema{
	Key: []adapters.Field{
		{Name: "region", Type: adapters.StringType, Required: true},
		{Name: "code", Type: adapters.StringType, Required: true},
	},
	Fields: textKey.Fields,
}

// readOnly has a field that the backend alone writes.
var readOnly = adapters.Schema{
	Key: textKey.Key,
	Fields: []adapters.Field{
		{Name: "name", Type: adapters.StringType, Required: true},
		{Name: "balance", Type: adapters.IntegerType, ReadOnly: true},
	},
}

// allTypes has one field of each type that the implementation supports.
func (s *suite) allTypes() adapters.Schema {
	text := adapters.Field{Type: adapters.StringType}
	number := adapters.Field{Type: adapters.IntegerType}
	schema := adapters.Schema{Key: textKey.Key}
	for _, field := range []adapters.Field{
		{Name: "words", Type: adapters.StringType},
		{Name: "flag", Type: adapters.BooleanType},
		{Name: "whole", Type: adapters.IntegerType},
		{Name: "exactness", Type: adapters.NumberType},
		{Name: "small", Type: adapters.FloatType},
		{Name: "raw", Type: adapters.BytesType},
		{Name: "document", Type: adapters.JSONType},
		{Name: "tags", Type: adapters.ListType, Element: &text},
		{Name: "limits", Type: adapters.MapType, Element: &number},
		{Name: "address", Type: adapters.MessageType, Fields: []adapters.Field{
			{Name: "street", Type: adapters.StringType}, {Name: "house", Type: adapters.IntegerType},
		}},
	} {
		if s.supports(field.Type) {
			schema.Fields = append(schema.Fields, field)
		}
	}
	return schema
}

// key makes a key from its parts.
func key(parts ...string) adapters.Key {
	values := make(adapters.Key, len(parts))
	for i, part := range parts {
		values[i] = adapters.String(part)
	}
	return values
}

// row makes a record of textKey.
func row(id, name string, amount int64) adapters.Record {
	return keyedRow(key(id), name, amount)
}

// keyedRow makes a record of textKey or compositeKey.
func keyedRow(key adapters.Key, name string, amount int64) adapters.Record {
	return adapters.Record{Key: key, Values: []adapters.Value{adapters.String(name), adapters.Int(amount), adapters.Null}}
}

// with returns the record with another amount.
func with(record adapters.Record, amount int64) adapters.Record {
	return keyedRow(record.Key, record.Values[0].Text(), amount)
}

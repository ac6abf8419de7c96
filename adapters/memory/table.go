package memory

import (
	"slices"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// table holds the present records and refuses what a database table would refuse.
type table struct {
	schema  adapters.Schema
	records map[string]adapters.VersionedRecord
	unique  []uniqueIndex
}

// uniqueIndex says which record holds a value of a unique field.
type uniqueIndex struct {
	name    string
	field   int
	holders map[string]string
}

func newTable(config Config) table {
	t := table{schema: config.Schema, records: map[string]adapters.VersionedRecord{}}
	for _, name := range config.Unique {
		field := slices.IndexFunc(config.Schema.Fields, func(f adapters.Field) bool { return f.Name == name })
		if field < 0 {
			panic("memory: Config.Unique names the field " + name + ", which Schema.Fields doesn't have")
		}
		t.unique = append(t.unique, uniqueIndex{name: name, field: field, holders: map[string]string{}})
	}
	return t
}

func (t *table) get(key adapters.Key) (adapters.VersionedRecord, bool) {
	stored, ok := t.records[key.ID()]
	return stored, ok
}

// check returns the error that storing record would fail with.
func (t *table) check(record adapters.Record) error {
	if err := t.checkShape(record); err != nil {
		return err
	}
	if fields := t.invalidFields(record); len(fields) > 0 {
		return &adapters.Error{Code: adapters.Invalid, Message: "the record is not valid", Fields: fields}
	}
	for _, index := range t.unique {
		if holder, taken := index.holders[index.value(record)]; taken && holder != record.Key.ID() {
			return duplicate(index.name)
		}
	}
	return nil
}

func (t *table) checkShape(record adapters.Record) error {
	if len(record.Key) != len(t.schema.Key) || len(record.Values) != len(t.schema.Fields) {
		return adapters.Errorf(adapters.Internal, "a record with %d key and %d field values was given to a schema with %d and %d",
			len(record.Key), len(record.Values), len(t.schema.Key), len(t.schema.Fields))
	}
	return nil
}

func (t *table) invalidFields(record adapters.Record) []adapters.FieldError {
	var invalid []adapters.FieldError
	for i, field := range t.schema.Key {
		field.Required = true
		invalid = append(invalid, checkValue(field, record.Key[i])...)
	}
	for i, field := range t.schema.Fields {
		if field.ReadOnly {
			continue
		}
		invalid = append(invalid, checkValue(field, record.Values[i])...)
	}
	return invalid
}

// put stores a record that check has accepted.
func (t *table) put(record adapters.VersionedRecord) {
	id := record.Record.Key.ID()
	t.remove(record.Record.Key)
	t.records[id] = record
	for _, index := range t.unique {
		if !record.Record.Values[index.field].IsNull() {
			index.holders[index.value(record.Record)] = id
		}
	}
}

func (t *table) remove(key adapters.Key) {
	stored, ok := t.get(key)
	if !ok {
		return
	}
	delete(t.records, key.ID())
	for _, index := range t.unique {
		if !stored.Record.Values[index.field].IsNull() {
			delete(index.holders, index.value(stored.Record))
		}
	}
}

// all returns every record, ordered by key so that full states are reproducible.
func (t *table) all() []adapters.VersionedRecord {
	records := make([]adapters.VersionedRecord, 0, len(t.records))
	for _, record := range t.records {
		records = append(records, record)
	}
	slices.SortFunc(records, func(a, b adapters.VersionedRecord) int {
		return strings.Compare(a.Record.Key.ID(), b.Record.Key.ID())
	})
	return records
}

func (i uniqueIndex) value(record adapters.Record) string {
	return adapters.Key{record.Values[i.field]}.ID()
}

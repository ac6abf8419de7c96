package object

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// everyType declares a field of every type, nested objects and every metadata source.
const everyType = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: things.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Namespaced
  names: {plural: things, singular: thing, kind: Thing, listKind: ThingList, shortNames: [th], categories: [erp]}
  source:
    backend: erp
    mysql:
      table: THINGS
      key:
        name: {columns: [thing_no]}
        namespace: {column: region}
  fields:
  - {path: spec.text, column: text, number: 3, description: A text}
  - {path: spec.integer, column: int, number: 1, type: integer}
  - {path: spec.number, column: num, number: 5, type: number}
  - {path: spec.float, column: flt, number: 4, type: float}
  - {path: spec.flag, column: flag, number: 2, type: boolean}
  - {path: spec.price, column: price, number: 6, type: decimal}
  - {path: spec.blob, column: blob, number: 7, type: bytes}
  - {path: spec.hash, column: hash, number: 8, type: hex}
  - {path: spec.born, column: born, number: 9, type: date}
  - {path: spec.seen, column: seen, number: 10, type: dateTime}
  - {path: spec.tags, column: tags, number: 11, type: set}
  - {path: spec.extra, column: extra, number: 12, type: json}
  - {path: spec.address, number: 13, type: object}
  - {path: spec.address.ip4, column: ip4, number: 2, type: ipv4}
  - {path: spec.address.ip, column: ip, number: 1, type: ip}
  - {path: spec.address.deep, number: 200, type: object}
  - {path: spec.address.deep.mac, column: mac, number: 4000, type: mac}
  - {path: spec.address.deep.uuid, column: uuid, number: 5, type: uuid}
  - {path: status.balance, column: balance, number: 1, type: decimal}
  - {path: status.count, column: cnt, number: 2, type: integer}
  metadata:
    labels: {tier: {column: tier}, area: {column: area}}
    annotations: {example.com/note: {column: note}}
    creationTimestamp: {column: created_at}
  selectableFields: [spec.text, spec.integer, spec.flag]
  printerColumns:
  - {name: Text, path: spec.text}
  - {name: Integer, path: spec.integer, priority: 1}
`

func parseResource(t testing.TB, document string) *v1alpha1.BridgedResource {
	t.Helper()
	resource := &v1alpha1.BridgedResource{}
	if err := yaml.UnmarshalStrict([]byte(document), resource); err != nil {
		t.Fatalf("parse mapping: %v", err)
	}
	return resource
}

func newTestKind(t testing.TB, document string) *Kind {
	t.Helper()
	kind, err := NewKind(parseResource(t, document))
	if err != nil {
		t.Fatalf("compile mapping: %v", err)
	}
	return kind
}

// values builds a record's values by field name; absent names are Null.
func recordOf(t testing.TB, kind *Kind, key adapters.Key, values map[string]adapters.Value) adapters.Record {
	t.Helper()
	record := adapters.Record{Key: key, Values: make([]adapters.Value, len(kind.AdapterSchema().Fields))}
	used := 0
	for i, field := range kind.AdapterSchema().Fields {
		if value, ok := values[field.Name]; ok {
			record.Values[i] = value
			used++
		}
	}
	if used != len(values) {
		t.Fatalf("only %d of %d values belong to a field", used, len(values))
	}
	return record
}

func textKey(texts ...string) adapters.Key {
	key := make(adapters.Key, len(texts))
	for i, text := range texts {
		key[i] = adapters.String(text)
	}
	return key
}

func fullRecord(t testing.TB, kind *Kind) adapters.Record {
	return recordOf(t, kind, textKey("a1", "north"), map[string]adapters.Value{
		"spec.text":                              adapters.String("Zwölf <Boxkämpfer> & \"co\"\n\u2028"),
		"spec.integer":                           adapters.Int(-9223372036854775808),
		"spec.number":                            adapters.Float(1e-7),
		"spec.float":                             adapters.Float(float64(float32(0.1))),
		"spec.flag":                              adapters.Bool(false),
		"spec.price":                             adapters.String("0.00"),
		"spec.blob":                              adapters.Bytes("\x00\xff"),
		"spec.hash":                              adapters.String("00ff"),
		"spec.born":                              adapters.String("2001-02-03"),
		"spec.seen":                              adapters.String("2001-02-03T04:05:06.789Z"),
		"spec.tags":                              adapters.List([]adapters.Value{adapters.String("a"), adapters.String("")}),
		"spec.extra":                             adapters.JSON(`{"b": 1e400, "a": [1, 2.50, "x y"]}`),
		"spec.address.ip4":                       adapters.String("10.0.0.1"),
		"spec.address.ip":                        adapters.String("::1"),
		"spec.address.deep.mac":                  adapters.String("00:11:22:33:44:55"),
		"spec.address.deep.uuid":                 adapters.String("6f2c5a6e-8f0d-5c39-9b1c-d1f1a3a5f7e2"),
		"status.balance":                         adapters.String("-12.50"),
		"status.count":                           adapters.Int(0),
		"metadata.labels[tier]":                  adapters.String("gold"),
		"metadata.annotations[example.com/note]": adapters.String("n <b>"),
		"metadata.creationTimestamp":             adapters.String("2020-01-02T03:04:05.678Z"),
	})
}

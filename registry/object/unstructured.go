package object

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// ToUnstructuredWithError returns the object as a map, for upstream packages that work
// on maps only. The map belongs to the caller. It fails where a JSON document has
// numbers that no Go type holds: a map would lose them.
func (o *Object) ToUnstructuredWithError() (any, error) { return o.toMap() }

func (o *Object) toMap() (map[string]any, error) { return o.toMapWith(decodeDocument) }

// toMapForValidation is toMap with an empty object in place of documents that have no
// map form. No rule and no schema looks into documents.
func (o *Object) toMapForValidation() (map[string]any, error) {
	return o.toMapWith(func(document string) (any, error) {
		decoded, err := decodeDocument(document)
		if err != nil {
			return map[string]any{}, nil //nolint:nilerr // what stands in the document is legal
		}
		return decoded, nil
	})
}

func decodeDocument(document string) (any, error) {
	var decoded any
	err := utiljson.Unmarshal([]byte(document), &decoded)
	return decoded, err
}

// documentDecoder turns a JSON document into Go values.
type documentDecoder func(document string) (any, error)

func (o *Object) toMapWith(decode documentDecoder) (map[string]any, error) {
	if o.kind == nil {
		return nil, errNoKind
	}
	metadata, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&o.ObjectMeta)
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	content, err := o.kind.plan.root.toMap(o.Body, decode)
	if err != nil {
		return nil, err
	}
	content["apiVersion"], content["kind"], content["metadata"] = o.kind.apiVersion, o.kind.gvk.Kind, metadata
	return content, nil
}

func (m *message) toMap(body string, decode documentDecoder) (map[string]any, error) {
	content := make(map[string]any, len(m.fields)+3)
	next := 0
	for body != "" {
		var tag uint64
		var payload string
		tag, payload, body = readField(body)
		for m.fields[next].tag != tag {
			next++
		}
		field := m.fields[next]
		value, err := field.toAny(payload, decode)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field.path, err)
		}
		content[field.name] = value
	}
	return content, nil
}

// toAny returns a value as a JSON decoder of Kubernetes would.
func (f *planField) toAny(payload string, decode documentDecoder) (any, error) {
	if f.message != nil {
		return f.message.toMap(payload, decode)
	}
	switch f.valueType {
	case adapters.StringType:
		return payload, nil
	case adapters.IntegerType:
		value, _ := readVarint(payload)
		return int64(value), nil
	case adapters.BooleanType:
		return payload[0] != 0, nil
	case adapters.NumberType:
		return math.Float64frombits(readFixed64(payload)), nil
	case adapters.FloatType:
		return shortestFloat(payload), nil
	case adapters.BytesType:
		return base64.StdEncoding.EncodeToString([]byte(payload)), nil
	case adapters.JSONType:
		return decode(payload)
	}
	items := []any{}
	for payload != "" {
		var item string
		_, item, payload = readField(payload)
		items = append(items, item)
	}
	return items, nil
}

// shortestFloat returns a 32-bit number as what its shortest decimal form reads as: 0.1
// instead of 0.10000000149011612.
func shortestFloat(payload string) float64 {
	exact := float64(math.Float32frombits(readFixed32(payload)))
	shortest, err := strconv.ParseFloat(strconv.FormatFloat(exact, 'g', -1, 32), 64)
	if err != nil {
		return exact
	}
	return shortest
}

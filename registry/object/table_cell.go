package object

import (
	"encoding/base64"
	"math"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

func (f *planField) isJSON() bool { return f.valueType == adapters.JSONType }

// columnType returns the column type that suits a field.
func (f *planField) columnType() string {
	if f.message != nil {
		return "string"
	}
	switch f.valueType {
	case adapters.IntegerType:
		return "integer"
	case adapters.NumberType, adapters.FloatType:
		return "number"
	case adapters.BooleanType:
		return "boolean"
	}
	if f.declaration.Type == v1alpha1.TypeDateTime {
		return dateColumn
	}
	return "string"
}

// cell returns a payload as it stands in a table.
func (f *planField) cell(payload string) any {
	if f.message != nil {
		return string(f.appendJSONValue(nil, payload))
	}
	switch f.valueType {
	case adapters.IntegerType:
		value, _ := readVarint(payload)
		return int64(value)
	case adapters.BooleanType:
		return payload[0] != 0
	case adapters.NumberType:
		return math.Float64frombits(readFixed64(payload))
	case adapters.FloatType:
		return shortestFloat(payload)
	case adapters.BytesType:
		return base64.StdEncoding.EncodeToString([]byte(payload))
	case adapters.JSONType:
		return string(appendCompact(nil, payload))
	case adapters.ListType:
		return strings.Join(itemTexts(payload), ",")
	default:
		return payload
	}
}

func itemTexts(payload string) []string {
	var texts []string
	for payload != "" {
		var item string
		_, item, payload = readField(payload)
		texts = append(texts, item)
	}
	return texts
}

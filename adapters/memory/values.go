package memory

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

var kindOfType = map[adapters.Type]adapters.Kind{
	adapters.StringType:  adapters.StringKind,
	adapters.BooleanType: adapters.BoolKind,
	adapters.IntegerType: adapters.IntKind,
	adapters.NumberType:  adapters.FloatKind,
	adapters.FloatType:   adapters.FloatKind,
	adapters.BytesType:   adapters.BytesKind,
	adapters.JSONType:    adapters.JSONKind,
	adapters.ListType:    adapters.ListKind,
	adapters.MapType:     adapters.MapKind,
	adapters.MessageType: adapters.MessageKind,
}

// checkValue says what is wrong with value as the content of field.
func checkValue(field adapters.Field, value adapters.Value) []adapters.FieldError {
	if value.IsNull() {
		if !field.Required {
			return nil
		}
		return fieldError(field, adapters.RequiredValue, "a value must be given")
	}
	if value.Kind() != kindOfType[field.Type] {
		return fieldError(field, adapters.InvalidValue, fmt.Sprintf("must be of type %s", field.Type))
	}
	switch field.Type {
	case adapters.StringType:
		if !utf8.ValidString(value.Text()) {
			return fieldError(field, adapters.InvalidValue, "must be valid UTF-8")
		}
	case adapters.NumberType, adapters.FloatType:
		return checkFloat(field, value.Float())
	case adapters.ListType:
		return checkItems(field, value.Items())
	case adapters.MapType:
		return checkMap(field, value.Items())
	case adapters.MessageType:
		return checkMessage(field, value.Items())
	}
	return nil
}

func checkFloat(field adapters.Field, value float64) []adapters.FieldError {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return fieldError(field, adapters.InvalidValue, "must be a finite number")
	}
	if field.Type == adapters.FloatType && float64(float32(value)) != value {
		return fieldError(field, adapters.OutOfRangeValue, "must be exact as a 32-bit floating point number")
	}
	return nil
}

func checkItems(field adapters.Field, items []adapters.Value) []adapters.FieldError {
	var invalid []adapters.FieldError
	for i, item := range items {
		element := *field.Element
		element.Name = fmt.Sprintf("%s[%d]", field.Name, i)
		element.Required = true
		invalid = append(invalid, checkValue(element, item)...)
	}
	return invalid
}

func checkMap(field adapters.Field, pairs []adapters.Value) []adapters.FieldError {
	if len(pairs)%2 != 0 {
		return fieldError(field, adapters.InvalidValue, "must have a value for every key")
	}
	var invalid []adapters.FieldError
	for i := 0; i < len(pairs); i += 2 {
		element := *field.Element
		element.Name = fmt.Sprintf("%s[%s]", field.Name, pairs[i])
		element.Required = true
		invalid = append(invalid, checkValue(element, pairs[i+1])...)
	}
	return invalid
}

func checkMessage(field adapters.Field, items []adapters.Value) []adapters.FieldError {
	if len(items) != len(field.Fields) {
		return fieldError(field, adapters.InvalidValue, fmt.Sprintf("must have %d fields", len(field.Fields)))
	}
	var invalid []adapters.FieldError
	for i, item := range items {
		invalid = append(invalid, checkValue(field.Fields[i], item)...)
	}
	return invalid
}

func fieldError(field adapters.Field, reason adapters.Reason, detail string) []adapters.FieldError {
	return []adapters.FieldError{{Field: field.Name, Reason: reason, Detail: detail}}
}

func notFound(key adapters.Key) error {
	return adapters.Errorf(adapters.NotFound, "there is no record %s", key)
}

func exists(key adapters.Key) error {
	return adapters.Errorf(adapters.Exists, "there already is a record %s", key)
}

func duplicate(field string) error {
	return &adapters.Error{
		Code:    adapters.Conflict,
		Message: fmt.Sprintf("another record has the same %s", field),
		Fields: []adapters.FieldError{{
			Field: field, Reason: adapters.DuplicateValue, Detail: "the value is taken; choose another one",
		}},
	}
}

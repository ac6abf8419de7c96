package column

import (
	"fmt"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// pair returns the conversion between a family and a declared type.
func pair(f family, declared Declaration, info Info) (typed, error) {
	convert, advice := pairing(f, declared)
	if convert.decode == nil {
		return typed{}, fmt.Errorf("a column of type %s cannot be declared as %s: %s", info.ColumnType, declared.Type, advice)
	}
	return convert, nil
}

// pairing returns an empty conversion, and what to declare instead, for a pair that
// is not supported.
func pairing(f family, declared Declaration) (typed, string) {
	switch f := f.(type) {
	case integerFamily:
		return integerPair(f, f.bits, f.unsigned, declared.Type)
	case yearFamily:
		return integerPair(f, 16, true, declared.Type)
	case decimalFamily:
		return decimalPair(f, declared.Type)
	case floatFamily:
		return floatPair(f, declared.Type)
	case bitFamily:
		return bitPair(f, declared.Type)
	case textFamily:
		return textPair(f, declared)
	case addressFamily:
		return addressPair(f, declared.Type)
	case binaryFamily:
		return binaryPair(f, declared)
	case enumFamily:
		return enumPair(f, declared)
	case setFamily:
		return setPair(f, declared.Type)
	case jsonFamily:
		if declared.Type == JSON {
			return jsonPair(f), ""
		}
		return typed{}, "declare json"
	default:
		return temporalPair(f, declared)
	}
}

// stringPair shows a family's own text.
func stringPair(f family) typed {
	return typed{
		decode: func(source any) (adapters.Value, error) {
			text, err := f.text(source)
			return adapters.String(text), err
		},
		encode: func(value adapters.Value) (any, error) { return f.bind(value.Text()) },
		append: appendPlain(f),
		wrap:   adapters.String,
	}
}

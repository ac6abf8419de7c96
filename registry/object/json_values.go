package object

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// value reads a value and returns its field's encoding.
func (r *jsonReader) value(f *planField) ([]byte, error) {
	switch f.valueType {
	case adapters.StringType, adapters.BytesType:
		return r.textValue(f)
	case adapters.BooleanType:
		for i, word := range [...]string{"false", "true"} {
			if r.word(word) {
				return f.appendVarint(nil, uint64(i)), nil
			}
		}
		return nil, r.wrongType(f.path, "a boolean")
	case adapters.IntegerType:
		return r.integer(f)
	case adapters.NumberType, adapters.FloatType:
		return r.float(f)
	case adapters.JSONType:
		raw, err := r.raw()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		return f.appendText(nil, string(appendCompact(nil, raw))), nil
	default:
		return r.list(f)
	}
}

func (r *jsonReader) textValue(f *planField) ([]byte, error) {
	if r.peek() != '"' {
		return nil, r.wrongType(f.path, "a string")
	}
	text, err := r.text()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	if f.valueType == adapters.StringType {
		return f.appendText(nil, text), nil
	}
	content, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%s: must be base64: %w", f.path, err)
	}
	return f.appendText(nil, string(content)), nil
}

func (r *jsonReader) integer(f *planField) ([]byte, error) {
	text, err := r.numberText(f, "an integer")
	if err != nil {
		return nil, err
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return f.appendVarint(nil, uint64(value)), nil
	}
	// 1.0 and 1e3 are integers too, as far as floating point is exact.
	float, floatErr := strconv.ParseFloat(text, 64)
	if floatErr != nil || float != math.Trunc(float) || math.Abs(float) > 1<<53 {
		return nil, fmt.Errorf("%s: must be an integer between %d and %d, not %s", f.path, math.MinInt64, math.MaxInt64, text)
	}
	return f.appendVarint(nil, uint64(int64(float))), nil
}

func (r *jsonReader) float(f *planField) ([]byte, error) {
	text, err := r.numberText(f, "a number")
	if err != nil {
		return nil, err
	}
	bits := 64
	if f.valueType == adapters.FloatType {
		bits = 32
	}
	value, err := strconv.ParseFloat(text, bits)
	if err != nil {
		return nil, fmt.Errorf("%s: %s is outside the range of a %d-bit number", f.path, text, bits)
	}
	return f.appendFloat(nil, value)
}

func (r *jsonReader) numberText(f *planField, wanted string) (string, error) {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		return "", r.wrongType(f.path, wanted)
	}
	text, err := r.number()
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.path, err)
	}
	return text, nil
}

func (r *jsonReader) list(f *planField) ([]byte, error) {
	if r.peek() != '[' {
		return nil, r.wrongType(f.path, "an array")
	}
	dst, start := beginDelimited(nil, f.tag)
	index := 0
	err := r.items(func() error {
		path := fmt.Sprintf("%s[%d]", f.path, index)
		index++
		if r.peek() != '"' {
			return r.wrongType(path, "a string")
		}
		item, err := r.text()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		dst = appendItem(dst, item)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return endDelimited(dst, start), nil
}

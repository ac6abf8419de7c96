package column

import (
	"strconv"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

type integers interface {
	family
	bindInt(value int64) (any, error)
	exactBits() int
}

func integerPair(f integers, bits int, unsigned bool, t Type) (typed, string) {
	switch {
	case t == String || t == Decimal:
		return stringPair(f), ""
	case t == Integer && !(unsigned && bits == 64), t == Boolean:
		return intPair(f, t == Boolean), ""
	case t == Number && f.exactBits() <= 32, t == Float && f.exactBits() <= 24:
		return wholeFloatPair(f), ""
	case t == IPv4 && unsigned && bits >= 32:
		return ipv4NumberPair(f), ""
	case unsigned && bits == 64:
		return typed{}, "declare string or decimal, because 64-bit unsigned values don't fit into a signed integer"
	}
	return typed{}, "declare integer or string"
}

func intPair(f integers, boolean bool) typed {
	decode := func(source any) (adapters.Value, error) {
		value, ok := source.(int64)
		if boolean {
			// A BIGINT UNSIGNED above the signed range comes as text.
			_, isText := source.([]byte)
			if ok || isText {
				return adapters.Bool(isText || value != 0), nil
			}
		}
		if !ok {
			return adapters.Null, unexpected(source, "an integer")
		}
		return adapters.Int(value), nil
	}
	encode := func(value adapters.Value) (any, error) {
		if boolean {
			return boolInt(value), nil
		}
		return f.bindInt(value.Int())
	}
	return typed{decode: decode, encode: encode}
}

func boolInt(value adapters.Value) int64 {
	if value.Bool() {
		return 1
	}
	return 0
}

func wholeFloatPair(f integers) typed {
	return typed{
		decode: func(source any) (adapters.Value, error) {
			value, ok := source.(int64)
			if !ok {
				return adapters.Null, unexpected(source, "an integer")
			}
			return adapters.Float(float64(value)), nil
		},
		encode: func(value adapters.Value) (any, error) {
			whole := int64(value.Float())
			if float64(whole) != value.Float() {
				return nil, problem(adapters.InvalidValue, "must be a whole number")
			}
			return f.bindInt(whole)
		},
	}
}

func decimalPair(f decimalFamily, t Type) (typed, string) {
	switch {
	case t == String || t == Decimal:
		return stringPair(f), ""
	case t == Integer && f.scale == 0 && f.precision <= 18:
		return typed{
			decode: func(source any) (adapters.Value, error) {
				text, err := f.text(source)
				if err != nil {
					return adapters.Null, err
				}
				value, err := strconv.ParseInt(text, 10, 64)
				return adapters.Int(value), err
			},
			encode: func(value adapters.Value) (any, error) { return f.bind(strconv.FormatInt(value.Int(), 10)) },
		}, ""
	}
	return typed{}, "declare decimal, the only type that keeps every digit"
}

func floatPair(f floatFamily, t Type) (typed, string) {
	switch {
	case t == String:
		return stringPair(f), ""
	case t == Number, t == Float && f.bits == 32:
		return typed{
			decode: func(source any) (adapters.Value, error) {
				value, err := f.value(source)
				return adapters.Float(value), err
			},
			encode: func(value adapters.Value) (any, error) { return f.bindFloat(value.Float()) },
		}, ""
	}
	return typed{}, "declare number or string"
}

func bitPair(f bitFamily, t Type) (typed, string) {
	decode := func(wrap func(uint64) adapters.Value) func(any) (adapters.Value, error) {
		return func(source any) (adapters.Value, error) {
			value, err := f.value(source)
			return wrap(value), err
		}
	}
	switch {
	case t == String || t == Decimal:
		return stringPair(f), ""
	case t == Boolean && f.bits == 1:
		return typed{
			decode: decode(func(v uint64) adapters.Value { return adapters.Bool(v != 0) }),
			encode: func(value adapters.Value) (any, error) { return boolInt(value), nil },
		}, ""
	case t == Integer && f.bits <= 63:
		return typed{
			decode: decode(func(v uint64) adapters.Value { return adapters.Int(int64(v)) }),
			encode: func(value adapters.Value) (any, error) {
				if value.Int() < 0 {
					return nil, f.tooWide()
				}
				return f.bind(strconv.FormatInt(value.Int(), 10))
			},
		}, ""
	case t == Bytes || t == Hex:
		return bitBytesPair(f, t), ""
	}
	return typed{}, "declare bytes, string, or integer up to 63 bits"
}

func bitBytesPair(f bitFamily, t Type) typed {
	raw := binaryFamily{octets: int64(f.octets()), fixed: true}
	inner, _ := binaryPair(raw, Declaration{Type: t})
	return typed{
		decode: inner.decode,
		encode: func(value adapters.Value) (any, error) {
			argument, err := inner.encode(value)
			if err != nil {
				return nil, err
			}
			number, err := f.value(argument)
			if err != nil {
				return nil, err
			}
			return f.bind(strconv.FormatUint(number, 10))
		},
	}
}

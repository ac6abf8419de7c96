package column

import (
	"math"
	"strconv"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// floatFamily is FLOAT and DOUBLE.
type floatFamily struct{ bits int }

func (f floatFamily) value(source any) (float64, error) {
	switch v := source.(type) {
	case float32:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return 0, unexpected(source, "a floating point number")
}

func (f floatFamily) text(source any) (string, error) {
	value, err := f.value(source)
	return strconv.FormatFloat(value, 'g', -1, f.bits), err
}

func (f floatFamily) bind(text string) (any, error) {
	value, err := strconv.ParseFloat(text, f.bits)
	switch {
	case isSyntax(err):
		return nil, problem(adapters.InvalidValue, "%q is not a number", text)
	case err != nil || math.IsInf(value, 0) || math.IsNaN(value):
		return nil, problem(adapters.OutOfRangeValue, "%s cannot be stored in a %d-bit floating point column", text, f.bits)
	}
	return value, nil
}

// bindFloat refuses what the column would round.
func (f floatFamily) bindFloat(value float64) (any, error) {
	if math.IsInf(value, 0) || math.IsNaN(value) {
		return nil, problem(adapters.InvalidValue, "must be finite")
	}
	if f.bits == 32 && float64(float32(value)) != value {
		return nil, problem(adapters.InvalidValue, "has more digits than a FLOAT column can store: the nearest is %s",
			strconv.FormatFloat(float64(float32(value)), 'g', -1, 64))
	}
	return value, nil
}

func (f floatFamily) canonical(text string) (string, error) {
	argument, err := f.bind(text)
	if err != nil {
		return "", err
	}
	return f.text(argument)
}

func (f floatFamily) driverType(name string) bool {
	if f.bits == 32 {
		return name == "FLOAT"
	}
	return name == "DOUBLE"
}

package column

import (
	"math"
	"strconv"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// integerFamily is TINYINT to BIGINT.
type integerFamily struct {
	bits     int
	unsigned bool
	name     string
}

func newIntegerFamily(info Info) integerFamily {
	bits := map[string]int{"tinyint": 8, "smallint": 16, "mediumint": 24, "bigint": 64}[info.DataType]
	name := strings.ToUpper(info.DataType)
	if bits == 0 {
		bits, name = 32, "INT"
	}
	return integerFamily{bits: bits, unsigned: info.Unsigned, name: name}
}

func (f integerFamily) text(source any) (string, error) {
	switch v := source.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case []byte:
		if f.unsigned && f.bits == 64 {
			return string(v), nil
		}
	}
	return "", unexpected(source, "an integer")
}

func (f integerFamily) bind(text string) (any, error) {
	if f.unsigned {
		value, err := strconv.ParseUint(text, 10, 64)
		if err != nil || f.bits < 64 && value >= 1<<f.bits {
			return nil, f.outside(text, err)
		}
		if value <= math.MaxInt64 {
			return int64(value), nil
		}
		return value, nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, f.outside(text, err)
	}
	return f.bindInt(value)
}

func (f integerFamily) bindInt(value int64) (any, error) {
	low, high := int64(math.MinInt64)>>(64-f.bits), int64(math.MaxInt64)>>(64-f.bits)
	if f.unsigned {
		low, high = 0, math.MaxInt64
		if f.bits < 64 {
			high = 1<<f.bits - 1
		}
	}
	if value < low || value > high {
		return nil, problem(adapters.OutOfRangeValue, "must be from %d to %d", low, high)
	}
	return value, nil
}

func (f integerFamily) outside(text string, err error) error {
	if isSyntax(err) {
		return problem(adapters.InvalidValue, "%q is not an integer", text)
	}
	sign := ""
	if f.unsigned {
		sign = " UNSIGNED"
	}
	return problem(adapters.OutOfRangeValue, "%s is outside the range of %s%s", text, f.name, sign)
}

func (f integerFamily) canonical(text string) (string, error) {
	argument, err := f.bind(text)
	if err != nil {
		return "", err
	}
	if value, ok := argument.(uint64); ok {
		return strconv.FormatUint(value, 10), nil
	}
	return strconv.FormatInt(argument.(int64), 10), nil
}

func (f integerFamily) driverType(name string) bool {
	if f.unsigned {
		return name == "UNSIGNED "+f.name
	}
	return name == f.name
}

// exactBits is how many bits of a floating point number's fraction the column needs.
func (f integerFamily) exactBits() int { return f.bits }

func isSyntax(err error) bool {
	number, ok := err.(*strconv.NumError)
	return ok && number.Err == strconv.ErrSyntax
}

// yearFamily is YEAR: 1901 to 2155, and 0.
type yearFamily struct{}

func (yearFamily) text(source any) (string, error) {
	if v, ok := source.(int64); ok {
		return strconv.FormatInt(v, 10), nil
	}
	return "", unexpected(source, "a year")
}

func (f yearFamily) bind(text string) (any, error) {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, problem(adapters.InvalidValue, "%q is not a year", text)
	}
	return f.bindInt(value)
}

// bindInt refuses the two-digit years that the database would reinterpret.
func (yearFamily) bindInt(value int64) (any, error) {
	if value != 0 && (value < 1901 || value > 2155) {
		return nil, problem(adapters.OutOfRangeValue, "a year must be 0 or from 1901 to 2155")
	}
	return value, nil
}

func (f yearFamily) canonical(text string) (string, error) {
	argument, err := f.bind(text)
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(argument.(int64), 10), nil
}

func (yearFamily) driverType(name string) bool { return name == "YEAR" }
func (yearFamily) exactBits() int              { return 16 }

// decimalFamily is DECIMAL, always spelled with the column's scale.
type decimalFamily struct{ precision, scale int }

func (f decimalFamily) text(source any) (string, error) {
	v, ok := source.([]byte)
	if !ok {
		return "", unexpected(source, "a decimal")
	}
	return f.canonical(string(v))
}

func (f decimalFamily) bind(text string) (any, error) { return f.canonical(text) }

// canonical refuses more digits than the column has: the database would round the
// fraction without an error.
func (f decimalFamily) canonical(text string) (string, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || !onlyDigits(whole) || !onlyDigits(fraction) {
		return "", problem(adapters.InvalidValue, "%q is not a decimal number", text)
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > f.precision-f.scale {
		return "", problem(adapters.OutOfRangeValue, "must have at most %d digits before the decimal point", f.precision-f.scale)
	}
	if len(strings.TrimRight(fraction, "0")) > f.scale {
		return "", problem(adapters.InvalidValue, "must have at most %d digits after the decimal point", f.scale)
	}
	return assembleDecimal(negative, whole, fraction, f.scale), nil
}

func assembleDecimal(negative bool, whole, fraction string, scale int) string {
	if len(fraction) > scale {
		fraction = fraction[:scale]
	}
	fraction += strings.Repeat("0", scale-len(fraction))
	isZero := whole == "" && strings.Trim(fraction, "0") == ""
	if whole == "" {
		whole = "0"
	}
	if negative && !isZero {
		whole = "-" + whole
	}
	if scale == 0 {
		return whole
	}
	return whole + "." + fraction
}

func onlyDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func (decimalFamily) driverType(name string) bool { return name == "DECIMAL" }

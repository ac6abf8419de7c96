package column

import (
	"strconv"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// bitFamily is BIT(n): an unsigned number in text, big-endian bytes from the driver.
type bitFamily struct{ bits int }

func (f bitFamily) value(source any) (uint64, error) {
	switch v := source.(type) {
	case int64:
		return uint64(v), nil
	case []byte:
		if len(v) > 8 {
			break
		}
		var value uint64
		for _, octet := range v {
			value = value<<8 | uint64(octet)
		}
		return value, nil
	}
	return 0, unexpected(source, "a bit string")
}

func (f bitFamily) text(source any) (string, error) {
	value, err := f.value(source)
	return strconv.FormatUint(value, 10), err
}

func (f bitFamily) bind(text string) (any, error) {
	value, err := strconv.ParseUint(text, 10, 64)
	if isSyntax(err) {
		return nil, problem(adapters.InvalidValue, "%q is not an unsigned number", text)
	}
	if err != nil || f.bits < 64 && value >= 1<<f.bits {
		return nil, f.tooWide()
	}
	return value, nil
}

func (f bitFamily) tooWide() error {
	return problem(adapters.OutOfRangeValue, "must fit into %d bits", f.bits)
}

func (f bitFamily) octets() int { return (f.bits + 7) / 8 }

func (f bitFamily) canonical(text string) (string, error) {
	argument, err := f.bind(text)
	if err != nil {
		return "", err
	}
	return strconv.FormatUint(argument.(uint64), 10), nil
}

func (bitFamily) driverType(name string) bool { return name == "BIT" }

package column

import (
	"strings"
	"unicode/utf8"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// appendPlain returns the append of a family whose canonical text is what the driver
// gives, or nil.
func appendPlain(f family) appendFunc {
	switch f := f.(type) {
	case textFamily, enumFamily, setFamily, jsonFamily, addressFamily:
		return appendUTF8
	case binaryFamily, dateFamily, datetimeFamily, timeFamily:
		return appendBytes
	case decimalFamily:
		return f.append
	case timestampFamily:
		return f.append
	}
	return nil
}

func appendBytes(buffer []byte, source any) ([]byte, bool, error) {
	text, ok := source.([]byte)
	if !ok {
		return buffer, false, unexpected(source, "bytes")
	}
	return append(buffer, text...), false, nil
}

func appendUTF8(buffer []byte, source any) ([]byte, bool, error) {
	text, ok := source.([]byte)
	if !ok {
		return buffer, false, unexpected(source, "text")
	}
	if !utf8.Valid(text) {
		return append(buffer, strings.ToValidUTF8(string(text), "\uFFFD")...), false, nil
	}
	return append(buffer, text...), false, nil
}

// append copies what is canonical already: everything but ZEROFILL columns.
func (f decimalFamily) append(buffer []byte, source any) ([]byte, bool, error) {
	text, ok := source.([]byte)
	if ok && len(text) > 1 && text[0] >= '1' && text[0] <= '9' {
		return append(buffer, text...), false, nil
	}
	canonical, err := f.text(source)
	return append(buffer, canonical...), false, err
}

// append turns the wall clock of a session in UTC into RFC 3339.
func (f timestampFamily) append(buffer []byte, source any) ([]byte, bool, error) {
	if text, ok := source.([]byte); ok && len(text) >= len(datetimeLayout) && text[4] == '-' {
		return appendUTC(buffer, text), false, nil
	}
	instant, err := f.text(source)
	return append(buffer, instant...), false, err
}

func appendUTC(buffer, wall []byte) []byte {
	buffer = append(buffer, wall[:10]...)
	buffer = append(buffer, 'T')
	buffer = append(buffer, wall[11:]...)
	return append(buffer, 'Z')
}

// appendDate is plain, with the zero date as absent.
func appendDate(f temporal, plain appendFunc) appendFunc {
	return func(buffer []byte, source any) ([]byte, bool, error) {
		start := len(buffer)
		extended, _, err := plain(buffer, source)
		if err != nil {
			return buffer, false, err
		}
		if isZero := strings.HasPrefix(string(extended[start:min(start+len(zeroDate), len(extended))]), zeroDate); isZero && f.isZero(string(extended[start:])) {
			return buffer, true, nil
		}
		return extended, false, nil
	}
}

// decodeByAppending completes a conversion that only appends.
func decodeByAppending(t typed) typed {
	t.decode = func(source any) (adapters.Value, error) {
		text, isNull, err := t.append(nil, source)
		if err != nil || isNull {
			return adapters.Null, err
		}
		return t.wrap(string(text)), nil
	}
	return t
}

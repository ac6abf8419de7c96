package object

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// plainText marks the bytes that stand for themselves in a JSON string as encoding/json
// writes it, with characters that matter in HTML escaped.
var plainText = func() (plain [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return plain
}()

// appendJSONString appends a JSON string, byte for byte as encoding/json does.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plainText[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscapedByte(dst, c)
			i++
			start = i
			continue
		}
		character, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case character == utf8.RuneError && width == 1:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			start = i + width
		case character == '\u2028' || character == '\u2029':
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[character&0xf])
			start = i + width
		}
		i += width
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscapedByte(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}

// appendJSONFloat appends the shortest number that reads back as the same value of the
// given width in bits, in the form of encoding/json.
func appendJSONFloat(dst []byte, value float64, bits int) []byte {
	format := byte('f')
	if magnitude := math.Abs(value); magnitude != 0 {
		if bits == 64 && (magnitude < 1e-6 || magnitude >= 1e21) ||
			bits == 32 && (float32(magnitude) < 1e-6 || float32(magnitude) >= 1e21) {
			format = 'e'
		}
	}
	dst = strconv.AppendFloat(dst, value, format, -1, bits)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		// e-09 becomes e-9.
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

func appendUint(dst []byte, value uint64) []byte { return strconv.AppendUint(dst, value, 10) }

// appendCompact appends a JSON document without the white space between its tokens.
func appendCompact(dst []byte, document string) []byte {
	start, inString := 0, false
	for i := 0; i < len(document); i++ {
		switch c := document[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == ' ' || c == '\n' || c == '\r' || c == '\t'):
			dst = append(dst, document[start:i]...)
			start = i + 1
		}
	}
	return append(dst, document[start:]...)
}

// appendDocument appends a JSON document as encoding/json writes json.RawMessage:
// without white space, and with characters that matter in HTML escaped.
func appendDocument(dst []byte, document string) []byte {
	begin := len(dst)
	dst = appendCompact(dst, document)
	compact := dst[begin:]
	if bytes.IndexByte(compact, '<') < 0 && bytes.IndexByte(compact, '>') < 0 && bytes.IndexByte(compact, '&') < 0 &&
		!bytes.Contains(compact, []byte("\u2028")) && !bytes.Contains(compact, []byte("\u2029")) {
		return dst
	}
	var escaped bytes.Buffer
	json.HTMLEscape(&escaped, compact)
	return append(dst[:begin], escaped.Bytes()...)
}

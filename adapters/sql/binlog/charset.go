package binlog

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Charset turns a column's stored characters into UTF-8, as the server does when it
// sends them to a utf8mb4 client. Nothing is guessed: single-byte charsets are
// tables that were asked of the server itself, and what cannot be converted is an
// error.
type Charset struct {
	name string
	// table holds the UTF-8 form of each byte of a single-byte charset.
	table *[256]string
	// unit converts the wide charsets.
	wide func(charset string, stored []byte) ([]byte, error)
}

// SingleByteCharset returns a charset from the UTF-8 form of each of its bytes; an
// empty string stands for a byte that is no character.
func SingleByteCharset(name string, table *[256]string) *Charset {
	return &Charset{name: name, table: table}
}

// WideCharset returns one of the wide Unicode charsets of the servers: ucs2, utf16,
// utf16le, utf32. It returns nil for any other name.
func WideCharset(name string) *Charset {
	decoders := map[string]func(string, []byte) ([]byte, error){
		"ucs2": decodeUCS2, "utf16": decodeUTF16BigEndian, "utf16le": decodeUTF16LittleEndian, "utf32": decodeUTF32,
	}
	if decoder, ok := decoders[name]; ok {
		return &Charset{name: name, wide: decoder}
	}
	return nil
}

// IsUTF8 reports whether strings of the charset are valid UTF-8 as they are stored.
func IsUTF8(name string) bool {
	switch name {
	case "utf8mb4", "utf8mb3", "utf8", "ascii":
		return true
	}
	return false
}

// Decode returns stored in UTF-8.
func (c *Charset) Decode(stored []byte) ([]byte, error) {
	if c.wide != nil {
		return c.wide(c.name, stored)
	}
	text := make([]byte, 0, len(stored)+len(stored)/4)
	for i, octet := range stored {
		character := c.table[octet]
		if character == "" {
			return nil, fmt.Errorf("byte 0x%02x at %d is no character of %s", octet, i, c.name)
		}
		text = append(text, character...)
	}
	return text, nil
}

func decodeUCS2(charset string, stored []byte) ([]byte, error) {
	return decodeUnits(charset, stored, 2, func(b []byte) uint32 { return uint32(b[0])<<8 | uint32(b[1]) })
}

func decodeUTF32(charset string, stored []byte) ([]byte, error) {
	return decodeUnits(charset, stored, 4, func(b []byte) uint32 {
		return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	})
}

func decodeUnits(charset string, stored []byte, size int, unit func([]byte) uint32) ([]byte, error) {
	if len(stored)%size != 0 {
		return nil, fmt.Errorf("%d bytes of %s, which has %d for each character", len(stored), charset, size)
	}
	var text []byte
	for at := 0; at < len(stored); at += size {
		character := unit(stored[at:])
		if character > utf8.MaxRune || !utf8.ValidRune(rune(character)) {
			return nil, fmt.Errorf("0x%x at %d is no character of %s", character, at, charset)
		}
		text = utf8.AppendRune(text, rune(character))
	}
	return text, nil
}

func decodeUTF16BigEndian(charset string, stored []byte) ([]byte, error) {
	return decodeUTF16(charset, stored, func(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) })
}

func decodeUTF16LittleEndian(charset string, stored []byte) ([]byte, error) {
	return decodeUTF16(charset, stored, func(b []byte) uint16 { return uint16(b[1])<<8 | uint16(b[0]) })
}

func decodeUTF16(charset string, stored []byte, unit func([]byte) uint16) ([]byte, error) {
	if len(stored)%2 != 0 {
		return nil, fmt.Errorf("%d bytes of %s", len(stored), charset)
	}
	var text []byte
	for at := 0; at < len(stored); at += 2 {
		character := rune(unit(stored[at:]))
		if utf16.IsSurrogate(character) {
			at += 2
			if at >= len(stored) {
				return nil, fmt.Errorf("half a character at the end of %s", charset)
			}
			character = utf16.DecodeRune(character, rune(unit(stored[at:])))
			if character == utf8.RuneError {
				return nil, fmt.Errorf("no surrogate pair at %d of %s", at-2, charset)
			}
		}
		text = utf8.AppendRune(text, character)
	}
	return text, nil
}

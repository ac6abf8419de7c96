package object

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// text consumes a string and returns what it says.
func (s *jsonScanner) text() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	start := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[start : s.pos-1], nil
		case c == '\\':
			return s.escapedText([]byte(s.data[start:s.pos]))
		case c < 0x20:
			return "", s.errorf("control character %#02x in a string", c)
		}
	}
	return "", s.errorf("unexpected end of a string")
}

// escapedText is text from the first escape on.
func (s *jsonScanner) escapedText(text []byte) (string, error) {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		s.pos++
		switch {
		case c == '"':
			return string(text), nil
		case c < 0x20:
			return "", s.errorf("control character %#02x in a string", c)
		case c != '\\':
			text = append(text, c)
			continue
		}
		var err error
		if text, err = s.escape(text); err != nil {
			return "", err
		}
	}
	return "", s.errorf("unexpected end of a string")
}

func (s *jsonScanner) escape(text []byte) ([]byte, error) {
	if s.pos >= len(s.data) {
		return nil, s.errorf("unexpected end of a string")
	}
	c := s.data[s.pos]
	s.pos++
	switch c {
	case '"', '\\', '/':
		return append(text, c), nil
	case 'b':
		return append(text, '\b'), nil
	case 'f':
		return append(text, '\f'), nil
	case 'n':
		return append(text, '\n'), nil
	case 'r':
		return append(text, '\r'), nil
	case 't':
		return append(text, '\t'), nil
	case 'u':
		return s.unicodeEscape(text)
	}
	return nil, s.errorf("unknown escape \\%c", c)
}

func (s *jsonScanner) unicodeEscape(text []byte) ([]byte, error) {
	character, err := s.fourDigits()
	if err != nil {
		return nil, err
	}
	if utf16.IsSurrogate(character) {
		if !s.at('\\') || s.pos+1 >= len(s.data) || s.data[s.pos+1] != 'u' {
			return nil, s.errorf("half of a surrogate pair in a string")
		}
		s.pos += 2
		second, err := s.fourDigits()
		if err != nil {
			return nil, err
		}
		if character = utf16.DecodeRune(character, second); character == utf8.RuneError {
			return nil, s.errorf("half of a surrogate pair in a string")
		}
	}
	return utf8.AppendRune(text, character), nil
}

func (s *jsonScanner) fourDigits() (rune, error) {
	if len(s.data)-s.pos < 4 {
		return 0, s.errorf("unexpected end of a string")
	}
	value, err := strconv.ParseUint(s.data[s.pos:s.pos+4], 16, 16)
	if err != nil {
		return 0, s.errorf("%q are not four hexadecimal digits", s.data[s.pos:s.pos+4])
	}
	s.pos += 4
	return rune(value), nil
}

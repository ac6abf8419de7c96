package object

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxJSONDepth bounds how deeply documents may nest, as encoding/json does.
const maxJSONDepth = 10000

// jsonScanner reads one JSON text. It accepts exactly RFC 8259, and unlike
// encoding/json it refuses text that is not valid Unicode instead of changing it.
type jsonScanner struct {
	data string
	pos  int
}

// checkJSON reports whether a text is one JSON document.
func checkJSON(document string) error {
	if !utf8.ValidString(document) {
		return fmt.Errorf("the JSON document is not valid UTF-8")
	}
	s := jsonScanner{data: document}
	if err := s.skipValue(0); err != nil {
		return err
	}
	return s.end()
}

func (s *jsonScanner) errorf(format string, arguments ...any) error {
	return fmt.Errorf("invalid JSON at offset %d: %s", s.pos, fmt.Sprintf(format, arguments...))
}

// peek skips white space and returns the next byte, or zero at the end.
func (s *jsonScanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *jsonScanner) end() error {
	if s.peek() != 0 || s.pos < len(s.data) {
		return s.errorf("unexpected text after the document")
	}
	return nil
}

// expect consumes one byte.
func (s *jsonScanner) expect(c byte) error {
	if s.peek() != c {
		return s.unexpected(strconv.QuoteRune(rune(c)))
	}
	s.pos++
	return nil
}

func (s *jsonScanner) unexpected(wanted string) error {
	if s.pos >= len(s.data) {
		return s.errorf("unexpected end, expected %s", wanted)
	}
	return s.errorf("unexpected %q, expected %s", s.data[s.pos], wanted)
}

// members calls visit for each member of the object at the present position; visit
// consumes the value.
func (s *jsonScanner) members(visit func(name string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		name, err := s.text()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := visit(name); err != nil {
			return err
		}
		more, err := s.more('}')
		if !more {
			return err
		}
	}
}

// items calls visit for each item of the array at the present position.
func (s *jsonScanner) items(visit func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := visit(); err != nil {
			return err
		}
		more, err := s.more(']')
		if !more {
			return err
		}
	}
}

// more consumes a comma, or the closing byte.
func (s *jsonScanner) more(closing byte) (bool, error) {
	switch s.peek() {
	case ',':
		s.pos++
		return true, nil
	case closing:
		s.pos++
		return false, nil
	}
	return false, s.unexpected("a comma or " + strconv.QuoteRune(rune(closing)))
}

// raw consumes a value and returns its text.
func (s *jsonScanner) raw() (string, error) {
	s.peek()
	start := s.pos
	if err := s.skipValue(0); err != nil {
		return "", err
	}
	return s.data[start:s.pos], nil
}

func (s *jsonScanner) skipValue(depth int) error {
	if depth > maxJSONDepth {
		return s.errorf("nested more than %d levels deep", maxJSONDepth)
	}
	switch c := s.peek(); {
	case c == '{':
		return s.members(func(string) error { return s.skipValue(depth + 1) })
	case c == '[':
		return s.items(func() error { return s.skipValue(depth + 1) })
	case c == '"':
		_, err := s.text()
		return err
	case c == '-' || c >= '0' && c <= '9':
		_, err := s.number()
		return err
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if s.word(word) {
			return nil
		}
	}
	return s.unexpected("a value")
}

// word consumes a literal name, if it is there.
func (s *jsonScanner) word(word string) bool {
	s.peek()
	if len(s.data)-s.pos < len(word) || s.data[s.pos:s.pos+len(word)] != word {
		return false
	}
	s.pos += len(word)
	return true
}

// number consumes a number and returns its text.
func (s *jsonScanner) number() (string, error) {
	s.peek()
	start := s.pos
	if s.at('-') {
		s.pos++
	}
	if s.at('0') {
		s.pos++
	} else if !s.digits() {
		return "", s.unexpected("a digit")
	}
	if s.at('.') {
		s.pos++
		if !s.digits() {
			return "", s.unexpected("a digit")
		}
	}
	if s.at('e') || s.at('E') {
		s.pos++
		if s.at('+') || s.at('-') {
			s.pos++
		}
		if !s.digits() {
			return "", s.unexpected("a digit")
		}
	}
	return s.data[start:s.pos], nil
}

func (s *jsonScanner) at(c byte) bool { return s.pos < len(s.data) && s.data[s.pos] == c }

func (s *jsonScanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

package object

import (
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// rewriteYAML writes JSON as YAML. The converter passes numbers through floating point;
// where a document has one that doesn't survive that, the answer is the JSON itself,
// which is YAML too.
func (s *serializer) rewriteYAML(text []byte, w io.Writer) error {
	text = escapeForYAML(text)
	converted, err := yaml.JSONToYAML(text)
	if err != nil {
		return fmt.Errorf("convert to YAML: %w", err)
	}
	if s.kind.hasDocuments() && !sameAsJSON(converted, text) {
		converted = text
	}
	_, err = w.Write(converted)
	return err
}

// escapeForYAML escapes the characters that JSON allows in a string as they are, and
// YAML does not.
func escapeForYAML(text []byte) []byte {
	escaped := make([]byte, 0, len(text))
	for len(text) > 0 {
		character, width := utf8.DecodeRune(text)
		if isYAMLText(character) {
			escaped = append(escaped, text[:width]...)
		} else {
			escaped = fmt.Appendf(escaped, "\\u%04x", character)
		}
		text = text[width:]
	}
	return escaped
}

func isYAMLText(c rune) bool {
	switch {
	case c == 0x7f, c >= 0x80 && c < 0xa0 && c != 0x85, c == 0xfeff, c == 0xfffe, c == 0xffff:
		return false
	}
	return true
}

func (k *Kind) hasDocuments() bool { return slices.ContainsFunc(k.plan.leaves, (*planField).isJSON) }

func sameAsJSON(converted, text []byte) bool {
	back, err := yaml.YAMLToJSON(converted)
	if err != nil {
		return false
	}
	return meansTheSame(string(back), string(text))
}

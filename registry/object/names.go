package object

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Key texts become Kubernetes names by an encoding that a person can predict and
// that is reversible in both directions; docs/objects.md describes it for users.
//
// A text that already is a legal name stays as it is. Every other text begins with
// a marker, then small letters and digits stand for themselves, and a hyphen
// introduces an escape:
//
//	-a … -z      the same letter in the other case
//	-00 … -7f    an ASCII character, two hexadecimal digits
//	-8hhhh       a character of the basic plane, four digits
//	-9hhhhhh     any other character, six digits
//
// The marker says what letters without an escape are: small (x--) or capital (u--).
const (
	smallMarker   = "x--"
	capitalMarker = "u--"
	// emptyName stands for the empty text: a marker alone would end in a hyphen, and
	// a lone digit is never escaped.
	emptyName = smallMarker + "0"
)

const (
	maxNameLength      = validation.DNS1123SubdomainMaxLength
	maxNamespaceLength = validation.DNS1123LabelMaxLength
)

// encodeName returns the name of a key, of one text or of several joined by dots.
func encodeName(texts []string) (string, error) {
	name, err := joinName(texts)
	if err != nil {
		return "", err
	}
	if len(name) > maxNameLength {
		return "", fmt.Errorf("the key %s makes a name of %d characters, more than the %d that Kubernetes allows: not representable",
			describeKey(texts), len(name), maxNameLength)
	}
	return name, nil
}

func joinName(texts []string) (string, error) {
	if len(texts) == 1 {
		if isSubdomain(texts[0]) && !hasMarker(texts[0]) {
			return texts[0], nil
		}
		return encodeLabel(texts[0])
	}
	labels := make([]string, len(texts))
	for i, text := range texts {
		label, err := encodeLabel(text)
		if err != nil {
			return "", err
		}
		labels[i] = label
	}
	return strings.Join(labels, "."), nil
}

// decodeName returns the key texts that a name stands for. Names that no key
// encodes to are refused.
func decodeName(name string, count int) ([]string, error) {
	if len(name) > maxNameLength {
		return nil, fmt.Errorf("a name has at most %d characters", maxNameLength)
	}
	labels := []string{name}
	if count > 1 {
		labels = strings.Split(name, ".")
	}
	if len(labels) != count {
		return nil, fmt.Errorf("name %q must consist of %d parts joined by dots, one for each key column", name, count)
	}
	texts := make([]string, count)
	for i, label := range labels {
		text, err := decodeLabel(label)
		if err != nil {
			return nil, fmt.Errorf("name %q: %w", name, err)
		}
		texts[i] = text
	}
	again, err := joinName(texts)
	if err != nil {
		return nil, err
	}
	if again != name {
		return nil, fmt.Errorf("name %q is not how a key is spelled: the key %s has the name %q", name, describeKey(texts), again)
	}
	return texts, nil
}

// encodeNamespace returns the namespace of a key text.
func encodeNamespace(text string) (string, error) {
	namespace, err := encodeLabel(text)
	if err != nil {
		return "", err
	}
	if len(namespace) > maxNamespaceLength {
		return "", fmt.Errorf("the namespace text %q makes a name of %d characters, more than the %d that Kubernetes allows: not representable",
			text, len(namespace), maxNamespaceLength)
	}
	return namespace, nil
}

// decodeNamespace returns the key text that a namespace stands for.
func decodeNamespace(namespace string) (string, error) {
	if len(namespace) > maxNamespaceLength {
		return "", fmt.Errorf("a namespace has at most %d characters", maxNamespaceLength)
	}
	text, err := decodeLabel(namespace)
	if err != nil {
		return "", fmt.Errorf("namespace %q: %w", namespace, err)
	}
	again, err := encodeLabel(text)
	if err != nil {
		return "", err
	}
	if again != namespace {
		return "", fmt.Errorf("namespace %q is not how a key is spelled: the text %q has the namespace %q", namespace, text, again)
	}
	return text, nil
}

// encodeLabel encodes one key text without dots.
func encodeLabel(text string) (string, error) {
	if text == "" {
		return emptyName, nil
	}
	if isLabel(text) && !hasMarker(text) {
		return text, nil
	}
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("the key text %q is not valid UTF-8: not representable", text)
	}
	capitals := prefersCapitals(text)
	var label strings.Builder
	label.WriteString(marker(capitals))
	for _, character := range text {
		writeEscaped(&label, character, capitals)
	}
	return label.String(), nil
}

func writeEscaped(label *strings.Builder, character rune, capitals bool) {
	switch {
	case character >= '0' && character <= '9':
		label.WriteRune(character)
	case character >= 'a' && character <= 'z':
		if capitals {
			label.WriteByte('-')
		}
		label.WriteRune(character)
	case character >= 'A' && character <= 'Z':
		if !capitals {
			label.WriteByte('-')
		}
		label.WriteRune(character + 'a' - 'A')
	case character < 0x80:
		fmt.Fprintf(label, "-%02x", character)
	case character < 0x10000:
		fmt.Fprintf(label, "-8%04x", character)
	default:
		fmt.Fprintf(label, "-9%06x", character)
	}
}

func decodeLabel(label string) (string, error) {
	if label == emptyName {
		return "", nil
	}
	if !hasMarker(label) {
		return label, nil
	}
	capitals := strings.HasPrefix(label, capitalMarker)
	var text strings.Builder
	for rest := label[len(smallMarker):]; rest != ""; {
		character, width, err := readEscaped(rest, capitals)
		if err != nil {
			return "", err
		}
		text.WriteRune(character)
		rest = rest[width:]
	}
	return text.String(), nil
}

// readEscaped returns the first character of an encoded text and how many bytes it
// takes there.
func readEscaped(text string, capitals bool) (rune, int, error) {
	if text[0] != '-' {
		return inCase(text[0], capitals), 1, nil
	}
	if len(text) == 1 {
		return 0, 0, fmt.Errorf("a hyphen must be followed by a letter or hexadecimal digits")
	}
	if text[1] >= 'a' && text[1] <= 'z' {
		return inCase(text[1], !capitals), 2, nil
	}
	start, width := 1, 3
	switch text[1] {
	case '8':
		start, width = 2, 6
	case '9':
		start, width = 2, 8
	}
	if len(text) < width {
		return 0, 0, fmt.Errorf("the escape %q is cut short", text)
	}
	value, err := strconv.ParseUint(text[start:width], 16, 32)
	if err != nil || !utf8.ValidRune(rune(value)) {
		return 0, 0, fmt.Errorf("the escape %q is not a character", text[:width])
	}
	return rune(value), width, nil
}

func inCase(letter byte, capital bool) rune {
	if capital && letter >= 'a' && letter <= 'z' {
		return rune(letter - 'a' + 'A')
	}
	return rune(letter)
}

// prefersCapitals reports whether a text has more capital letters than small ones.
func prefersCapitals(text string) bool {
	balance := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= 'A' && c <= 'Z':
			balance++
		case c >= 'a' && c <= 'z':
			balance--
		}
	}
	return balance > 0
}

func marker(capitals bool) string {
	if capitals {
		return capitalMarker
	}
	return smallMarker
}

func hasMarker(text string) bool {
	return strings.HasPrefix(text, smallMarker) || strings.HasPrefix(text, capitalMarker)
}

// isLabel reports whether a text has the form of a DNS label, of any length.
func isLabel(text string) bool {
	if text == "" || text[0] == '-' || text[len(text)-1] == '-' {
		return false
	}
	for i := 0; i < len(text); i++ {
		if c := text[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// isSubdomain reports whether a text consists of labels joined by dots.
func isSubdomain(text string) bool {
	for {
		label, rest, more := strings.Cut(text, ".")
		if !isLabel(label) {
			return false
		}
		if !more {
			return true
		}
		text = rest
	}
}

func describeKey(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	return strings.Join(quoted, ", ")
}

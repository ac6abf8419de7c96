package v1alpha1

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Scalar is a string, number or boolean as it stands in the mapping file. Numbers
// keep their spelling, so that 64-bit integers and decimals stay exact.
type Scalar struct {
	// Text is the value as written, without quotes.
	Text string
	// Kind says what was written: a string, a number or a boolean.
	Kind ScalarKind
}

// ScalarKind is the JSON type of a [Scalar].
type ScalarKind uint8

const (
	StringScalar ScalarKind = iota
	NumberScalar
	BooleanScalar
)

// MarshalJSON implements json.Marshaler.
func (s Scalar) MarshalJSON() ([]byte, error) {
	if s.Kind == StringScalar {
		return json.Marshal(s.Text)
	}
	return []byte(s.Text), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Scalar) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case len(data) > 0 && data[0] == '"':
		s.Kind = StringScalar
		return json.Unmarshal(data, &s.Text)
	case string(data) == "true" || string(data) == "false":
		*s = Scalar{Text: string(data), Kind: BooleanScalar}
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil || number == "" {
		return fmt.Errorf("must be a string, a number or a boolean, not %s", data)
	}
	*s = Scalar{Text: number.String(), Kind: NumberScalar}
	return nil
}

// String returns the value as written.
func (s Scalar) String() string { return s.Text }

// shown returns what an error message shows as the value: quoted only where it is a string.
func (s Scalar) shown() any {
	if s.Kind == StringScalar {
		return s.Text
	}
	return json.Number(s.Text)
}

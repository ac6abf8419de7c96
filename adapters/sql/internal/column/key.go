package column

import (
	"fmt"
	"strings"
)

// NewKey returns the codec for a key column: its values are always strings.
func NewKey(declared Declaration, info Info) (*Codec, error) {
	family, err := familyOf(info, declared.Location)
	if err != nil {
		return nil, err
	}
	if len(declared.Values) > 0 || len(declared.NullValues) > 0 {
		return nil, fmt.Errorf("values and nullValues cannot be used in a key")
	}
	if err := keyable(family, info); err != nil {
		return nil, err
	}
	if _, isBinary := family.(binaryFamily); isBinary && (declared.Type == "" || declared.Type == String) {
		declared.Type = Hex
	}
	codec, err := New(declared, info)
	if err != nil {
		return nil, err
	}
	if !stringTyped(declared.Type) {
		return nil, fmt.Errorf("a key cannot be of type %s: leave the type out", declared.Type)
	}
	return codec, nil
}

func stringTyped(t Type) bool {
	switch t {
	case Integer, Number, Float, Boolean, Bytes, Set, JSON:
		return false
	}
	return true
}

// keyable refuses the columns whose order or equality in SQL differs from that of
// their values.
func keyable(f family, info Info) error {
	switch f.(type) {
	case floatFamily, enumFamily, setFamily, bitFamily, timestampFamily, timeFamily, jsonFamily:
		return fmt.Errorf("%s columns cannot be part of a key", strings.ToUpper(info.DataType))
	}
	if strings.HasSuffix(info.DataType, "text") || strings.HasSuffix(info.DataType, "blob") {
		return fmt.Errorf("%s columns cannot be part of a key: no index covers them whole", strings.ToUpper(info.DataType))
	}
	return nil
}

// NewComparand returns a codec that only spells column values as the mapping file
// does, for conditions and fixed assignments. It refuses columns that cannot be
// compared exactly.
func NewComparand(info Info) (*Codec, error) {
	family, err := familyOf(info, nil)
	if err != nil {
		return nil, err
	}
	if _, ok := family.(floatFamily); ok {
		return nil, fmt.Errorf("%s columns cannot be compared exactly", strings.ToUpper(info.DataType))
	}
	return &Codec{Info: info, family: family}, nil
}

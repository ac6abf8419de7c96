package column

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// mapValues prepares the declared mapping between column values and shown values.
func (c *Codec) mapValues(declared Declaration) error {
	if len(declared.Values) == 0 {
		return nil
	}
	c.forward = make(map[string]adapters.Value, len(declared.Values))
	c.backward = make(map[string]string, len(declared.Values))
	for _, stored := range slices.Sorted(maps.Keys(declared.Values)) {
		canonical, err := c.family.canonical(stored)
		if err != nil {
			return fmt.Errorf("values: %q: %w", stored, err)
		}
		shown, err := shownValue(declared.Type, declared.Values[stored])
		if err != nil {
			return fmt.Errorf("values: %s: %w", stored, err)
		}
		if other, taken := c.backward[identity(shown)]; taken {
			return fmt.Errorf("values: %s and %s are both shown as %s: writing could not tell them apart", other, stored, shown)
		}
		c.forward[canonical], c.backward[identity(shown)] = shown, canonical
	}
	return c.refuseHidden()
}

// refuseHidden refuses a shown value that is also the spelling of another column
// value that is not mapped itself: both would be shown alike.
func (c *Codec) refuseHidden() error {
	for _, canonical := range slices.Sorted(maps.Keys(c.forward)) {
		shown := c.forward[canonical]
		text, err := c.family.canonical(shown.String())
		if err != nil {
			continue
		}
		if _, mapped := c.forward[text]; !mapped && c.possible(text) {
			return fmt.Errorf("values: %s is shown as %s, which is also a value of the column: map that one too", canonical, shown)
		}
	}
	return nil
}

// possible tells whether the column is known to be able to hold a text. Only closed
// sets are: a free text that nobody writes does no harm.
func (c *Codec) possible(text string) bool {
	enum, ok := c.family.(enumFamily)
	return ok && slices.Contains(enum.members, text)
}

func shownValue(t Type, text string) (adapters.Value, error) {
	switch t {
	case Boolean:
		switch text {
		case "true":
			return adapters.Bool(true), nil
		case "false":
			return adapters.Bool(false), nil
		}
		return adapters.Null, fmt.Errorf("%q is neither true nor false", text)
	case Integer:
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return adapters.Null, fmt.Errorf("%q is not an integer", text)
		}
		return adapters.Int(number), nil
	case Number, Float, Bytes, Set, JSON:
		return adapters.Null, fmt.Errorf("cannot be used with the type %s", t)
	}
	return adapters.String(text), nil
}

// mapNulls prepares the column values that mean absent.
func (c *Codec) mapNulls(declared Declaration) error {
	for i, text := range declared.NullValues {
		canonical, err := c.family.canonical(text)
		if err != nil {
			return fmt.Errorf("nullValues: %q: %w", text, err)
		}
		if i == 0 {
			c.nulls, c.absent = map[string]bool{}, canonical
		}
		if _, mapped := c.forward[canonical]; mapped {
			return fmt.Errorf("nullValues: %s is mapped by values too", text)
		}
		c.nulls[canonical] = true
	}
	return nil
}

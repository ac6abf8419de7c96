package catalog

import (
	"slices"
	"testing"
)

func TestMembers(t *testing.T) {
	for columnType, want := range map[string][]string{
		"enum('a','b c')":                 {"a", "b c"},
		"enum('it''s','','comma,','(')":   {"it's", "", "comma,", "("},
		`set('back\\slash','two\nlines')`: {`back\slash`, "two\nlines"},
		"enum('größe','漢字')":              {"größe", "漢字"},
	} {
		if got := members(columnType); !slices.Equal(got, want) {
			t.Errorf("%s has the members %q, want %q", columnType, got, want)
		}
	}
}

package adapters

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseRevisionReadsWhatStringWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		revision := Revision(rapid.Uint64Range(1, uint64(MaxRevision)).Draw(t, "revision"))
		parsed, err := ParseRevision(revision.String())
		if err != nil || parsed != revision {
			t.Fatalf("ParseRevision(%q) = %v, %v", revision.String(), parsed, err)
		}
	})
}

func TestParseRevisionRefuses(t *testing.T) {
	tests := map[string]string{
		"":                     "not a decimal integer",
		"0":                    "outside 1 to",
		"-1":                   "not a decimal integer",
		"+1":                   "not a decimal integer",
		"1.0":                  "not a decimal integer",
		"0x10":                 "not a decimal integer",
		" 1":                   "not a decimal integer",
		"9223372036854775808":  "outside 1 to",
		"18446744073709551615": "outside 1 to",
		"18446744073709551616": "not a decimal integer",
	}
	for text, want := range tests {
		revision, err := ParseRevision(text)
		if err == nil || revision != 0 || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseRevision(%q) = %v, %v; want an error with %q", text, revision, err, want)
		}
	}
}

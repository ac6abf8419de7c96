package object

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
)

// keyText draws what keys really look like, and what they could.
func keyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z0-9]{1,8}(-[a-z0-9]{1,4})?(\.[a-z0-9]{1,4})?`),
		rapid.StringMatching(`[A-Z]{1,4}[-_/ ]?[0-9]{0,5}`),
		rapid.StringMatching(`(x--|u--|x--0|u--0)[-a-z0-9]{0,6}`),
		rapid.StringMatching(`[-.a-zA-Z0-9]{0,8}`),
		rapid.StringN(0, 12, -1),
		rapid.SampledFrom([]string{"", "0", "-", ".", "..", "a.", ".a", "a..b", "x--", "u--", "x--0", "Ä", "日本", "😀", "\x00", "%00"}),
	)
}

func TestNamesAreReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(keyText(), 1, 3).Draw(t, "key")
		name, err := encodeName(texts)
		if err != nil {
			if length := len(strings.Join(texts, "")); length < 30 {
				t.Fatalf("key %q of %d bytes is not representable: %v", texts, length, err)
			}
			return
		}
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			t.Fatalf("key %q has the name %q: %v", texts, name, problems)
		}
		back, err := decodeName(name, len(texts))
		if err != nil {
			t.Fatalf("key %q has the name %q, which is refused: %v", texts, name, err)
		}
		if !slices.Equal(back, texts) {
			t.Fatalf("key %q has the name %q, which stands for %q", texts, name, back)
		}
	})
}

func TestNamespacesAreReversible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := keyText().Draw(t, "text")
		namespace, err := encodeNamespace(text)
		if err != nil {
			if len(text) < 7 {
				t.Fatalf("%q is not representable: %v", text, err)
			}
			return
		}
		if problems := validation.IsDNS1123Label(namespace); len(problems) > 0 {
			t.Fatalf("%q has the namespace %q: %v", text, namespace, problems)
		}
		if back, err := decodeNamespace(namespace); err != nil || back != text {
			t.Fatalf("%q has the namespace %q, which stands for %q, %v", text, namespace, back, err)
		}
	})
}

func TestAcceptedNamesAreHowTheirKeysAreSpelled(t *testing.T) {
	names := rapid.OneOf(
		rapid.StringMatching(`(x--|u--)?[-a-z0-9]{0,12}`),
		rapid.StringMatching(`(x--|u--)(-[0-9a-f]{1,7}|[a-z0-9]|-[a-z]){0,4}`),
		rapid.StringMatching(`[-.a-z0-9]{1,20}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		if len(validation.IsDNS1123Subdomain(name)) > 0 {
			return
		}
		count := rapid.IntRange(1, 3).Draw(t, "count")
		texts, err := decodeName(name, count)
		if err != nil {
			return
		}
		if again, err := encodeName(texts); err != nil || again != name {
			t.Fatalf("name %q stands for %q, whose name is %q, %v", name, texts, again, err)
		}
	})
}

func TestNamesArePredictable(t *testing.T) {
	for _, test := range []struct {
		key  []string
		name string
	}{
		{[]string{"c-1001"}, "c-1001"},
		{[]string{"42"}, "42"},
		{[]string{"mail.example.com"}, "mail.example.com"},
		{[]string{"DE4711"}, "u--de4711"},
		{[]string{"ABC-123"}, "u--abc-2d123"},
		{[]string{"Acme Corp"}, "x---acme-20-corp"},
		{[]string{"foo_bar"}, "x--foo-5fbar"},
		{[]string{"Zoë"}, "x---zo-800eb"},
		{[]string{"😀"}, "x---901f600"},
		{[]string{""}, "x--0"},
		{[]string{"x--0"}, "x--x-2d-2d0"},
		{[]string{"1001", "2"}, "1001.2"},
		{[]string{"a.b", "C"}, "x--a-2eb.u--c"},
		{[]string{"", ""}, "x--0.x--0"},
		{[]string{"-"}, "x---2d"},
		{[]string{"."}, "x---2e"},
	} {
		name, err := encodeName(test.key)
		if err != nil || name != test.name {
			t.Errorf("key %q has the name %q, %v; wanted %q", test.key, name, err, test.name)
		}
		key, err := decodeName(test.name, len(test.key))
		if err != nil || !slices.Equal(key, test.key) {
			t.Errorf("name %q stands for %q, %v; wanted %q", test.name, key, err, test.key)
		}
	}
}

func TestNamesThatNoKeyHas(t *testing.T) {
	for _, test := range []struct {
		name  string
		count int
		want  string
	}{
		{"x--a", 1, `has the name "a"`},
		{"x---41", 1, `has the name "u--a"`},
		{"u--0", 1, `has the name "0"`},
		{"x---2", 1, "cut short"},
		{"x---8", 1, "cut short"},
		{"x---8d800", 1, "not a character"},
		{"x---9110000", 1, "not a character"},
		{"x---7g", 1, "not a character"},
		{"a", 2, "2 parts"},
		{"a.b.c", 2, "2 parts"},
		{strings.Repeat("a", 254), 1, "at most 253"},
	} {
		if key, err := decodeName(test.name, test.count); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("name %q: got %q, %v; wanted an error with %q", test.name, key, err, test.want)
		}
	}
}

func TestKeysThatAreNotRepresentable(t *testing.T) {
	if _, err := encodeName([]string{strings.Repeat("A", 251)}); err == nil {
		t.Error("a name of 254 characters is accepted")
	}
	if name, err := encodeName([]string{strings.Repeat("A", 250)}); err != nil || len(name) != 253 {
		t.Errorf("a name of 253 characters is refused: %q, %v", name, err)
	}
	if _, err := encodeName([]string{"\xff"}); err == nil {
		t.Error("invalid UTF-8 is accepted")
	}
	if _, err := encodeNamespace(strings.Repeat("a", 64)); err == nil {
		t.Error("a namespace of 64 characters is accepted")
	}
}

func FuzzDecodeName(f *testing.F) {
	for _, seed := range []string{"a", "x--0", "u--abc-2d123", "x---zo-800eb", "1001.2", "x---901f600", "x---8d800"} {
		f.Add(seed, 1)
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, name string, count int) {
		if count < 1 || count > 4 {
			return
		}
		texts, err := decodeName(name, count)
		if err != nil {
			return
		}
		if again, err := encodeName(texts); err != nil || again != name {
			t.Fatalf("name %q stands for %q, whose name is %q, %v", name, texts, again, err)
		}
	})
}

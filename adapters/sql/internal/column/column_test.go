package column

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func mustCodec(t *testing.T, declared Declaration, info Info) *Codec {
	t.Helper()
	codec, err := New(declared, info)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func char() Info    { return Info{DataType: "varchar", ColumnType: "varchar(20)", Nullable: true} }
func integer() Info { return Info{DataType: "int", ColumnType: "int(11)", Nullable: true} }

func TestValues(t *testing.T) {
	codec := mustCodec(t, Declaration{Values: map[string]string{"A": "Active", "I": "Inactive"}}, char())
	for stored, shown := range map[string]string{"A": "Active", "I": "Inactive", "X": "X", "": ""} {
		value, err := codec.Decode([]byte(stored))
		if err != nil || value.Text() != shown {
			t.Errorf("%q is shown as %v, %v, want %q", stored, value, err, shown)
		}
		argument, err := codec.Encode(adapters.String(shown))
		if err != nil || argument != stored {
			t.Errorf("%q is stored as %v, %v, want %q", shown, argument, err, stored)
		}
	}
}

func TestValuesOfOtherTypes(t *testing.T) {
	flag := mustCodec(t, Declaration{Type: Boolean, Values: map[string]string{"Y": "true", "N": "false"}}, char())
	for stored, shown := range map[string]adapters.Value{"Y": adapters.Bool(true), "N": adapters.Bool(false)} {
		if value, err := flag.Decode([]byte(stored)); err != nil || !value.Equal(shown) {
			t.Errorf("%q is shown as %v, %v", stored, value, err)
		}
		if argument, err := flag.Encode(shown); err != nil || argument != stored {
			t.Errorf("%v is stored as %v, %v", shown, argument, err)
		}
	}
	if value, err := flag.Decode([]byte("?")); err != nil || !value.IsNull() {
		t.Errorf("a value that is neither is shown as %v, %v, want absent", value, err)
	}
	level := mustCodec(t, Declaration{Type: String, Values: map[string]string{"01": "low"}}, integer())
	if value, err := level.Decode(int64(1)); err != nil || value.Text() != "low" {
		t.Errorf("1 is shown as %v, %v, want low", value, err)
	}
	if argument, err := level.Encode(adapters.String("low")); err != nil || argument != int64(1) {
		t.Errorf("low is stored as %v, %v", argument, err)
	}
}

func TestNullValues(t *testing.T) {
	codec := mustCodec(t, Declaration{Type: Integer, NullValues: []string{"0", "-1"}}, integer())
	for _, stored := range []int64{0, -1} {
		if value, err := codec.Decode(stored); err != nil || !value.IsNull() {
			t.Errorf("%d is shown as %v, %v, want absent", stored, value, err)
		}
		if argument, err := codec.Encode(adapters.Int(stored)); problemOf(err) != adapters.UnsupportedValue {
			t.Errorf("the sentinel %d was accepted: %v, %v", stored, argument, err)
		}
	}
	if argument, err := codec.Encode(adapters.Null); err != nil || argument != int64(0) {
		t.Errorf("absent is stored as %v, %v, want 0", argument, err)
	}
	decimal := mustCodec(t, Declaration{NullValues: []string{"0"}}, Info{DataType: "decimal", ColumnType: "decimal(5,2)", Precision: 5, Scale: 2})
	if value, err := decimal.Decode([]byte("0.00")); err != nil || !value.IsNull() {
		t.Errorf("0.00 is shown as %v, %v, want absent", value, err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	sentinel := mustCodec(t, Declaration{Type: DateTime, NullValues: []string{"2030-05-28 21:32:15"}, Location: berlin},
		Info{DataType: "datetime", ColumnType: "datetime"})
	if value, err := sentinel.Decode([]byte("2030-05-28 21:32:15")); err != nil || !value.IsNull() {
		t.Errorf("the sentinel is shown as %v, %v", value, err)
	}
	if _, err := sentinel.Encode(adapters.String("2030-05-28T19:32:15Z")); problemOf(err) != adapters.UnsupportedValue {
		t.Errorf("the sentinel was accepted: %v", err)
	}
}

func problemOf(err error) adapters.Reason {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem.Reason
	}
	return 255
}

func TestWrongDeclarations(t *testing.T) {
	enum := Info{DataType: "enum", ColumnType: "enum('A','I')", Members: []string{"A", "I"}}
	for title, test := range map[string]struct {
		declared Declaration
		info     Info
		words    string
	}{
		"two values shown alike":     {Declaration{Values: map[string]string{"A": "x", "B": "x"}}, char(), "A and B"},
		"shown like another member":  {Declaration{Values: map[string]string{"A": "I"}}, enum, "map that one too"},
		"no member":                  {Declaration{Values: map[string]string{"Z": "x"}}, enum, `"A", "I"`},
		"no boolean":                 {Declaration{Type: Boolean, Values: map[string]string{"Y": "yes"}}, char(), "neither true nor false"},
		"no number":                  {Declaration{Type: Integer, NullValues: []string{"none"}}, integer(), "not an integer"},
		"null value mapped too":      {Declaration{Values: map[string]string{"A": "x"}, NullValues: []string{"A"}}, char(), "mapped by values too"},
		"flag without its values":    {Declaration{Type: Boolean}, char(), "values"},
		"unsigned beyond the signed": {Declaration{Type: Integer}, Info{DataType: "bigint", ColumnType: "bigint(20) unsigned", Unsigned: true}, "string or decimal"},
		"wall clock without a zone":  {Declaration{Type: DateTime}, Info{DataType: "datetime", ColumnType: "datetime"}, "timeZone"},
		"geometry":                   {Declaration{}, Info{DataType: "point", ColumnType: "point"}, "POINT"},
	} {
		if _, err := New(test.declared, test.info); err == nil || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: %v, want %q", title, err, test.words)
		}
	}
}

// TestWallClocks holds the remembered stretches of a zone against looking it up anew.
func TestWallClocks(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"} {
		location, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		clock := &zoneClock{location: location}
		rapid.Check(t, func(t *rapid.T) {
			seconds := rapid.Int64Range(-3e9, 6e9).Draw(t, "wall clock")
			wall := time.Unix(seconds, 0).UTC()
			want := earliest(wall, location)
			text, err := clock.appendInstant(nil, []byte(wall.Format(datetimeLayout)+".250"))
			if err != nil || string(text) != want.UTC().Format("2006-01-02T15:04:05")+".250Z" {
				t.Fatalf("%s in %s is %s, %v, want %s", wall, name, text, err, want.UTC())
			}
			found, _ := instants(wall, location)
			for _, instant := range found {
				if shown := instant.In(location).Format(datetimeLayout); shown != wall.Format(datetimeLayout) {
					t.Fatalf("%s shows %s, not %s", instant, shown, wall)
				}
			}
			// What can be written is read back as it was.
			instant := time.Unix(seconds, 0).UTC()
			written, err := wallClock(instant, location)
			if err == nil && !earliest(written, location).Equal(instant) {
				t.Fatalf("%s is written as %s and read as %s", instant, written, earliest(written, location))
			}
		})
	}
}

// TestCanonicalText: what bind accepts is spelled one way only.
func TestCanonicalText(t *testing.T) {
	families := map[string]Info{
		"int":      integer(),
		"unsigned": {DataType: "bigint", Unsigned: true},
		"decimal":  {DataType: "decimal", Precision: 8, Scale: 3},
		"year":     {DataType: "year"},
		"bit":      {DataType: "bit", Precision: 12},
		"datetime": {DataType: "datetime", Fraction: 3},
		"time":     {DataType: "time", Fraction: 2},
		"date":     {DataType: "date"},
		"set":      {DataType: "set", Members: []string{"x", "y", "z"}},
		"uuid":     {DataType: "uuid"},
		"inet6":    {DataType: "inet6"},
		"double":   {DataType: "double"},
	}
	for name, info := range families {
		t.Run(name, func(t *testing.T) {
			family, err := familyOf(info, time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				text := rapid.StringMatching(`-?[0-9a-fxyz:., +-]{0,24}`).Draw(t, "text")
				canonical, err := family.canonical(text)
				if err != nil {
					return
				}
				again, err := family.canonical(canonical)
				if err != nil || again != canonical {
					t.Fatalf("%q is spelled %q, and that %q, %v", text, canonical, again, err)
				}
			})
		})
	}
}

// TestAppendIsDecode: the two ways of reading agree.
func TestAppendIsDecode(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		declared Declaration
		info     Info
		sources  []string
	}{
		{Declaration{}, char(), []string{"", "text", "\xff broken"}},
		{Declaration{}, Info{DataType: "decimal", Precision: 8, Scale: 3}, []string{"0.000", "00042.500", "-1.000", "12.345"}},
		{Declaration{Type: DateTime, Location: berlin}, Info{DataType: "datetime", Fraction: 3}, []string{"2024-01-01 00:00:00.000", "0000-00-00 00:00:00.000", "2024-00-00 00:00:00.000"}},
		{Declaration{Type: DateTime}, Info{DataType: "timestamp", Fraction: 3}, []string{"2024-01-01 00:00:00.000", "0000-00-00 00:00:00.000", "1704067200.250"}},
		{Declaration{Type: Date}, Info{DataType: "date"}, []string{"2024-01-01", "0000-00-00", "2024-01-00"}},
		{Declaration{Type: Bytes}, Info{DataType: "blob"}, []string{"", "\x00\xff"}},
	} {
		codec := mustCodec(t, test.declared, test.info)
		for _, source := range test.sources {
			decoded, err := codec.Decode([]byte(source))
			appended, isNull, appendErr := codec.Append([]byte("before"), []byte(source))
			value := codec.Wrap(string(appended[len("before"):]))
			if isNull {
				value = adapters.Null
			}
			if !codec.CanAppend() || !decoded.Equal(value) || (err == nil) != (appendErr == nil) {
				t.Errorf("%s: %q is decoded as %v, %v and appended as %v, %v", test.info.DataType, source, decoded, err, value, appendErr)
			}
		}
	}
}

// TestDriftIsNoticed: a driver value of another form is an error, never a guess.
func TestDriftIsNoticed(t *testing.T) {
	forms := []any{int64(1), float32(1), float64(1), []byte("text")}
	for dataType, legal := range map[string][]int{
		"int": {0}, "varchar": {3}, "double": {1, 2}, "decimal": {}, "date": {3}, "year": {0}, "blob": {3}, "enum": {3},
	} {
		family, err := familyOf(Info{DataType: dataType, Precision: 5}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, form := range forms {
			_, err := family.text(form)
			want := false
			for _, place := range legal {
				want = want || place == i
			}
			if (err == nil) != want {
				t.Errorf("%s from a %T: %v", dataType, form, err)
			}
		}
	}
}

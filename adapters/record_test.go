package adapters

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// anyValue generates values of every kind, nested ones to a small depth.
func anyValue(depth int) *rapid.Generator[Value] {
	plain := []*rapid.Generator[Value]{
		rapid.Just(Null),
		rapid.Map(rapid.Bool(), Bool),
		rapid.Map(rapid.Int64(), Int),
		rapid.Map(rapid.Float64(), Float),
		rapid.Map(rapid.String(), String),
		rapid.Map(rapid.String(), Bytes),
		rapid.Map(rapid.String(), JSON),
	}
	if depth == 0 {
		return rapid.OneOf(plain...)
	}
	items := rapid.SliceOfN(anyValue(depth-1), 0, 3)
	return rapid.OneOf(append(plain, rapid.Map(items, List), rapid.Map(items, Map), rapid.Map(items, Message))...)
}

func anyKey() *rapid.Generator[Key] {
	return rapid.Map(rapid.SliceOfN(anyValue(2), 0, 3), func(values []Value) Key { return values })
}

func TestKeyIDIsEqualForEqualKeysOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyKey().Draw(t, "a"), anyKey().Draw(t, "b")
		if a.Equal(b) != (a.ID() == b.ID()) {
			t.Fatalf("%v and %v: Equal is %v, and the IDs are %q and %q", a, b, a.Equal(b), a.ID(), b.ID())
		}
	})
}

// The property above rarely draws keys that almost collide; these do.
func TestKeyIDTellsNeighboursApart(t *testing.T) {
	keys := []Key{
		nil,
		{Null},
		{Null, Null},
		{String("")},
		{String(""), String("")},
		{String("ab")},
		{String("a"), String("b")},
		{String("a\x04\x01b")},
		{Bytes("ab")},
		{JSON("ab")},
		{Bool(false)},
		{Bool(true)},
		{Int(0)},
		{Int(1)},
		{Float(0)},
		{Float(math.Copysign(0, -1))},
		{List(nil)},
		{List([]Value{Null})},
		{Map(nil)},
		{Message(nil)},
		{List([]Value{String("a"), String("b")})},
		{List([]Value{String("a")}), String("b")},
	}
	seen := map[string]int{}
	for i, key := range keys {
		if other, taken := seen[key.ID()]; taken {
			t.Errorf("the keys %d and %d (%v) have the same ID", other, i, key)
		}
		seen[key.ID()] = i
	}
}

func TestEqualIsAnEquivalence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyValue(2).Draw(t, "a"), anyValue(2).Draw(t, "b")
		if !a.Equal(a) {
			t.Fatalf("%v is not equal to itself", a)
		}
		if a.Equal(b) != b.Equal(a) {
			t.Fatalf("%v and %v: Equal depends on the order", a, b)
		}
	})
}

func TestFloatsAreComparedByTheirBits(t *testing.T) {
	if !Float(math.NaN()).Equal(Float(math.NaN())) {
		t.Error("NaN is not equal to itself")
	}
	if Float(0).Equal(Float(math.Copysign(0, -1))) {
		t.Error("0 is equal to -0")
	}
}

func TestValuesGiveBackTheirContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, float := rapid.Int64().Draw(t, "int"), rapid.Float64().Draw(t, "float")
		text, flag := rapid.String().Draw(t, "text"), rapid.Bool().Draw(t, "bool")
		if got := Int(whole).Int(); got != whole {
			t.Errorf("Int(%d).Int() = %d", whole, got)
		}
		if got := Float(float).Float(); math.Float64bits(got) != math.Float64bits(float) {
			t.Errorf("Float(%v).Float() = %v", float, got)
		}
		if got := Bool(flag).Bool(); got != flag {
			t.Errorf("Bool(%v).Bool() = %v", flag, got)
		}
		for _, value := range []Value{String(text), Bytes(text), JSON(text)} {
			if value.Text() != text {
				t.Errorf("a value of kind %d made of %q has the text %q", value.Kind(), text, value.Text())
			}
		}
	})
}

func TestValueString(t *testing.T) {
	tests := []struct {
		value Value
		want  string
	}{
		{Null, "null"},
		{Bool(true), "true"},
		{Int(-42), "-42"},
		{Float(0.1), "0.1"},
		{String("text"), "text"},
		{Bytes("\x00\xff"), "00ff"},
		{JSON(`{"a":1}`), `{"a":1}`},
		{List([]Value{Int(1), String("b")}), "[1 b]"},
	}
	for _, test := range tests {
		if got := test.value.String(); got != test.want {
			t.Errorf("String() = %q, want %q", got, test.want)
		}
	}
	if got := (Key{String("eu"), Int(7)}).String(); got != "eu,7" {
		t.Errorf("Key.String() = %q, want eu,7", got)
	}
}

func TestRecordEqualLooksAtKeyAndValues(t *testing.T) {
	record := Record{Key: Key{String("a")}, Values: []Value{Int(1)}}
	same := Record{Key: Key{String("a")}, Values: []Value{Int(1)}}
	if !record.Equal(same) {
		t.Error("records with the same content are not equal")
	}
	for _, other := range []Record{
		{Key: Key{String("b")}, Values: record.Values},
		{Key: record.Key, Values: []Value{Int(2)}},
		{Key: record.Key, Values: []Value{Int(1), Null}},
		{Key: record.Key},
	} {
		if record.Equal(other) {
			t.Errorf("%v is equal to %v", record, other)
		}
	}
}

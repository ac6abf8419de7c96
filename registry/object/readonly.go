package object

import (
	"encoding/json"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// ResetReadOnly gives the fields that only the backend writes the values that they
// have in old, or none where old is nil, as for a new object. It returns the paths of
// the fields that had another value.
//
// It also keeps what an answer doesn't show and a client therefore cannot send back: the
// spelling of JSON documents that mean the same as before, and the fractions of the
// creation timestamp. And it removes what no record can say: empty nested objects.
func (k *Kind) ResetReadOnly(o, old *Object) []string {
	given := k.plan.draftOf(o.Body)
	kept := k.plan.newDraft()
	if old != nil {
		kept = k.plan.draftOf(old.Body)
		o.GenerateName = old.GenerateName
		o.Created = old.Created
	} else {
		k.fillKeyFields(o, kept)
	}
	var reset []string
	for i, leaf := range k.plan.leaves {
		if given.leaves[i] == kept.leaves[i] {
			continue
		}
		switch {
		case leaf.readOnly():
			if given.leaves[i] != "" || old != nil {
				reset = append(reset, leaf.path)
			}
		case leaf.valueType != adapters.JSONType || !sameJSON(given.leaves[i], kept.leaves[i]):
			continue
		}
		given.leaves[i] = kept.leaves[i]
	}
	for _, m := range k.plan.messages {
		given.present[m.index] = m.alwaysPresent
	}
	if body := given.body(); body != o.Body {
		o.Body = body
	}
	return reset
}

// sameJSON reports whether two fields hold documents that mean the same.
func sameJSON(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	_, first, _ := readField(a)
	_, second, _ := readField(b)
	return meansTheSame(first, second)
}

// meansTheSame reports whether two JSON documents differ in white space, escapes, the
// order of members and the spelling of numbers only.
func meansTheSame(a, b string) bool {
	var one, other any
	return decodeExactly(a, &one) && decodeExactly(b, &other) && equalJSON(one, other)
}

func decodeExactly(document string, into *any) bool {
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	return decoder.Decode(into) == nil
}

func equalJSON(a, b any) bool {
	switch one := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok || len(one) != len(other) {
			return false
		}
		for key, value := range one {
			if counterpart, ok := other[key]; !ok || !equalJSON(value, counterpart) {
				return false
			}
		}
		return true
	case []any:
		other, ok := b.([]any)
		if !ok || len(one) != len(other) {
			return false
		}
		for i := range one {
			if !equalJSON(one[i], other[i]) {
				return false
			}
		}
		return true
	case json.Number:
		other, ok := b.(json.Number)
		return ok && sameNumber(one, other)
	}
	return a == b
}

// sameNumber reports whether two numbers are the same to a client: integers exactly,
// all others as floating point.
func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	if _, err := a.Int64(); err == nil {
		if _, err := b.Int64(); err == nil {
			return false
		}
	}
	first, firstErr := a.Float64()
	second, secondErr := b.Float64()
	return firstErr == nil && secondErr == nil && first == second
}

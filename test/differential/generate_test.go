package differential

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
)

// A small world, so that operations meet each other.
var (
	namespaces = []string{"blue", "green"}
	names      = []string{"a", "b", "b1"}
	tiers      = []string{"", "x", "y"}
	nodes      = []string{"", "n1", "n2"}
	uids       = []string{"uid-1", "uid-2"}
)

// forgedTokens are continue tokens that no store has given out, in clear text or not.
var forgedTokens = []string{
	"garbage!",
	"Z2FyYmFnZQ",
	"eyJ2IjoidjIiLCJydiI6MSwic3RhcnQiOiJhIn0",                      // another version
	"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0",      // revision 0
	"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0",                      // no start
	"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLi4veCJ9", // outside
	"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYmx1ZS9iXHUwMDAwIn0",
}

// profile says which operations occur.
type profile int

const (
	everything profile = iota
	// withCompaction cuts the history. It leaves out what the etcd3 store without a watch
	// cache does differently: there, the beginning of a watch that has no revision is a
	// matter of luck, and updates look at etcd first, not at a cache.
	withCompaction
)

// sequences generates sequences of operations.
func sequences(profile profile) *rapid.Generator[[]operation] {
	disturbed := profile == everything
	weighted := []*rapid.Generator[operation]{
		asOperation(creates()), asOperation(creates()), asOperation(creates()),
		asOperation(updates(disturbed)), asOperation(updates(disturbed)), asOperation(updates(disturbed)),
		asOperation(removes(disturbed)), asOperation(removes(disturbed)),
		asOperation(gets()),
		asOperation(lists(profile)), asOperation(lists(profile)),
		asOperation(mores()), asOperation(mores()),
		asOperation(opens(profile)), asOperation(opens(profile)),
		rapid.Just[operation](count{}),
		rapid.Just[operation](head{}),
	}
	if profile == withCompaction {
		weighted = append(weighted, rapid.Map(rapid.IntRange(0, 4), func(back int) operation { return compact{back: back} }))
	}
	// Slices of slices, because single ones are short on average.
	batches := rapid.SliceOfN(rapid.SliceOfN(rapid.OneOf(weighted...), 1, 6), 1, 12)
	return rapid.Map(batches, func(batches [][]operation) []operation { return slices.Concat(batches...) })
}

func asOperation[O operation](generator *rapid.Generator[O]) *rapid.Generator[operation] {
	return rapid.Map(generator, func(o O) operation { return o })
}

func places() *rapid.Generator[place] {
	return rapid.Custom(func(t *rapid.T) place {
		return place{rapid.SampledFrom(namespaces).Draw(t, "namespace"), rapid.SampledFrom(names).Draw(t, "name")}
	})
}

func contents() *rapid.Generator[content] {
	return rapid.Custom(func(t *rapid.T) content {
		return content{
			tier: rapid.SampledFrom(tiers).Draw(t, "tier"),
			node: rapid.SampledFrom(nodes).Draw(t, "node"),
			note: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "note"),
		}
	})
}

func creates() *rapid.Generator[create] {
	return rapid.Custom(func(t *rapid.T) create {
		return create{
			at:        places().Draw(t, "at"),
			uid:       rapid.SampledFrom(uids).Draw(t, "uid"),
			content:   contents().Draw(t, "content"),
			versioned: rarely(t, "versioned"),
		}
	})
}

func updates(disturbed bool) *rapid.Generator[update] {
	return rapid.Custom(func(t *rapid.T) update {
		o := update{
			at:             places().Draw(t, "at"),
			ignoreNotFound: rapid.Bool().Draw(t, "ignore not found"),
			conditions:     allConditions().Draw(t, "conditions"),
			decision:       decisions().Draw(t, "decision"),
			hint:           hints().Draw(t, "hint"),
			content:        contents().Draw(t, "content"),
			unchanged:      rarely(t, "unchanged"),
		}
		if !disturbed {
			o.hint = hintNone
		} else if rarely(t, "disturbance") {
			o.meanwhile = disturbances(o.at).Draw(t, "meanwhile")
		}
		return o
	})
}

func removes(disturbed bool) *rapid.Generator[remove] {
	return rapid.Custom(func(t *rapid.T) remove {
		o := remove{
			at:         places().Draw(t, "at"),
			conditions: allConditions().Draw(t, "conditions"),
			decision:   decisions().Draw(t, "decision"),
			hint:       hints().Draw(t, "hint"),
		}
		if !disturbed {
			o.hint = hintNone
		} else if rarely(t, "disturbance") {
			o.meanwhile = disturbances(o.at).Draw(t, "meanwhile")
		}
		return o
	})
}

// disturbances are the writes of somebody else to the same object.
func disturbances(at place) *rapid.Generator[operation] {
	return rapid.Custom(func(t *rapid.T) operation {
		if rapid.Bool().Draw(t, "removed") {
			return remove{at: at, conditions: conditions{version: noVersion}}
		}
		return update{at: at, ignoreNotFound: true, conditions: conditions{version: noVersion}, content: contents().Draw(t, "content")}
	})
}

func allConditions() *rapid.Generator[conditions] {
	return rapid.Custom(func(t *rapid.T) conditions {
		return conditions{
			uid:     rapid.SampledFrom(append([]string{"", "", ""}, uids...)).Draw(t, "uid"),
			version: rapid.SampledFrom([]int{noVersion, noVersion, noVersion, 0, 1}).Draw(t, "version"),
		}
	})
}

func decisions() *rapid.Generator[decision] {
	return rapid.SampledFrom([]decision{decideYes, decideYes, decideYes, decideByNode, decideNo})
}

func hints() *rapid.Generator[hint] {
	return rapid.SampledFrom([]hint{hintNone, hintNone, hintLast, hintPrevious})
}

func moments() *rapid.Generator[moment] {
	return rapid.Custom(func(t *rapid.T) moment {
		kind := rapid.SampledFrom([]momentKind{momentUnset, momentUnset, momentAny, momentAny, momentEvent, momentEvent, momentEvent, momentMalformed}).Draw(t, "kind")
		if kind != momentEvent {
			return moment{kind: kind}
		}
		return moment{kind: kind, back: rapid.IntRange(0, 6).Draw(t, "back")}
	})
}

func gets() *rapid.Generator[get] {
	return rapid.Custom(func(t *rapid.T) get {
		return get{at: places().Draw(t, "at"), moment: moments().Draw(t, "moment"), ignoreNotFound: rapid.Bool().Draw(t, "ignore not found")}
	})
}

func scopes() *rapid.Generator[scope] {
	return rapid.Custom(func(t *rapid.T) scope {
		at := places().Draw(t, "at")
		switch rapid.IntRange(0, 3).Draw(t, "breadth") {
		case 0:
			return scope(at)
		case 1:
			return scope{namespace: at.namespace}
		default:
			return scope{}
		}
	})
}

// selections never exclude the scope: a watch that selects nothing would never end.
func selections(within scope) *rapid.Generator[selection] {
	return rapid.Custom(func(t *rapid.T) selection {
		chosen := selection{
			tier: rapid.SampledFrom([]string{"", "", "", "x"}).Draw(t, "tier"),
			node: rapid.SampledFrom([]string{"", "", "", "n1"}).Draw(t, "node"),
		}
		if rarely(t, "by name") {
			chosen.name = within.name
			if within.name == "" {
				chosen.name = rapid.SampledFrom(names).Draw(t, "name")
			}
		}
		return chosen
	})
}

// lists at revision 0 have no limit where the watch cache is compared with: it ignores
// the limit there, as the bridge and the etcd3 store don't, and the two of upstream may
// already differ in what was written.
func lists(profile profile) *rapid.Generator[list] {
	return rapid.Custom(func(t *rapid.T) list {
		o := list{
			scope:  scopes().Draw(t, "scope"),
			limit:  rapid.Int64Range(0, 3).Draw(t, "limit"),
			moment: moments().Draw(t, "moment"),
		}
		o.selection = selections(o.scope).Draw(t, "selection")
		if profile == everything && o.moment.kind == momentAny {
			o.limit = 0
		}
		// Requests with a match and without a usable revision never reach the storage.
		if o.moment.kind == momentEvent {
			o.match = rapid.SampledFrom([]metav1.ResourceVersionMatch{"", metav1.ResourceVersionMatchExact, metav1.ResourceVersionMatchNotOlderThan}).Draw(t, "match")
		}
		if o.moment.kind == momentAny && rapid.Bool().Draw(t, "not older than any") {
			o.match = metav1.ResourceVersionMatchNotOlderThan
		}
		if o.scope.recursive() && rarely(t, "forged") {
			o.token = rapid.SampledFrom(forgedTokens).Draw(t, "token")
		}
		return o
	})
}

func mores() *rapid.Generator[more] {
	return rapid.Custom(func(t *rapid.T) more {
		o := more{back: rapid.IntRange(0, 2).Draw(t, "back"), limit: rapid.Int64Range(0, 2).Draw(t, "limit")}
		if rarely(t, "with revision") {
			o.moment = moments().Draw(t, "moment")
		}
		return o
	})
}

func opens(profile profile) *rapid.Generator[open] {
	return rapid.Custom(func(t *rapid.T) open {
		o := open{
			scope:     scopes().Draw(t, "scope"),
			moment:    moments().Draw(t, "moment"),
			list:      rarely(t, "list first"),
			bookmarks: rapid.Bool().Draw(t, "bookmarks"),
		}
		o.selection = selections(o.scope).Draw(t, "selection")
		if profile == withCompaction && (o.list || o.moment.kind == momentUnset || o.moment.kind == momentAny) {
			o.list, o.moment = false, moment{kind: momentEvent}
		}
		return o
	})
}

// rarely is true once in six times, and false in the simplest case.
func rarely(t *rapid.T, label string) bool { return rapid.IntRange(0, 5).Draw(t, label) == 5 }

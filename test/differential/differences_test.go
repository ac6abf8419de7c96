package differential

import (
	"fmt"
	"slices"
	"strings"
)

// What is not compared:
//
//   - A watch from the revision just before the compacted one. etcd still has the event
//     at the compacted revision, but not the object before it, and ends such a watch
//     with an internal error or serves it, by the kind of the event. The bridge answers
//     410: what is compacted is gone.
//   - With compaction, the beginning of watches without a revision, and how often an
//     update or deletion looks at an object that somebody else changes meanwhile: the
//     etcd3 store by itself differs there from the one with the watch cache in front,
//     which TestSequences compares with.
//   - A limit at revision 0 with the watch cache, which ignores it. The bridge honours
//     it, as the etcd3 store does: TestCompactedSequences compares that.
//   - Revisions beyond the present one, which take three seconds each to be refused:
//     TestFutureRevisions.
//   - The text of messages, and bookmarks that come at times of a store's choosing.

// deliberate is a difference by design.
type deliberate struct {
	// what is different, and why.
	what, why string
	// applies says whether this is such a case: the bridge's answer and upstream's.
	applies func(operation operation, got, want string) bool
}

// deliberates are all differences by design.
var deliberates = []deliberate{
	{
		what:    "the order of the events by which a watch tells the initial state",
		why:     "a watch without a revision starts with the present objects; the watch cache tells some of them in the order of their last change, the bridge always in the order of their names, as the etcd3 store does",
		applies: sameInitialEvents,
	},
	{
		what:    "watches that etcd ends with an internal error right after a compaction",
		why:     "etcd then sometimes cannot find the object before an event, and the etcd3 store ends the watch (\"event received with PrevKv=nil\"); the bridge has the object and goes on",
		applies: goesOnWhereEtcdFails,
	},
}

// agrees reports whether the bridge's answer is the same as one of the others', or
// differs from one by design.
func agrees(operation operation, got string, accepted []outcome, find func(outcome) string) bool {
	return slices.ContainsFunc(accepted, func(other outcome) bool {
		want := find(other)
		return got == want || slices.ContainsFunc(deliberates, func(d deliberate) bool { return d.applies(operation, got, want) })
	})
}

func describeDifference(i int, operation operation, got string, accepted []outcome, find func(outcome) string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d: %s\n  bridge:\n%s\n", i, operation, indent(got))
	for _, other := range accepted {
		fmt.Fprintf(&text, "  %s:\n%s\n", other.name, indent(find(other)))
	}
	return text.String()
}

// sameInitialEvents reports whether two watches differ in the order of their first
// ADDED events only.
func sameInitialEvents(operation operation, got, want string) bool {
	opened, isWatch := operation.(open)
	if !isWatch || opened.moment.kind == momentEvent && !opened.list {
		return false
	}
	return slices.Equal(sortInitial(got), sortInitial(want))
}

// goesOnWhereEtcdFails reports whether etcd's watch ended with an internal error, and
// the bridge's has seen the same up to there.
func goesOnWhereEtcdFails(operation operation, got, want string) bool {
	const failure = "ERROR 500 InternalError"
	_, isWatch := operation.(open)
	seen, _, failed := strings.Cut(want, failure)
	return isWatch && failed && strings.HasPrefix(got, seen) && !strings.Contains(got, "ERROR")
}

// sortInitial sorts the ADDED events at the beginning. No key occurs twice in them,
// unless an object was deleted and created again, which the other events then show.
func sortInitial(text string) []string {
	lines := strings.Split(text, "\n")
	end := slices.IndexFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "ADDED ") })
	if end < 0 {
		end = len(lines)
	}
	slices.Sort(lines[:end])
	return lines
}

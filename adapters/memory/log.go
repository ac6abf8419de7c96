package memory

import (
	"slices"
	"sort"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// log remembers the latest commits, oldest first. Each is the group of changes that
// one Sink.Apply call delivers.
type log struct {
	groups [][]adapters.Change
	// size is the number of changes in groups, and limit the most it may be.
	size, limit int
	// compacted is the highest revision that the log cannot continue before: a reader
	// that has seen it, or more, can go on.
	compacted adapters.Revision
	// last is the revision of the last change ever appended.
	last adapters.Revision
}

func (l *log) append(group []adapters.Change) {
	l.groups = append(l.groups, group)
	l.size += len(group)
	l.last = lastRevision(group)
	for l.size > l.limit {
		l.drop()
	}
}

// compact forgets everything up to and including revision.
func (l *log) compact(revision adapters.Revision) {
	for len(l.groups) > 0 && lastRevision(l.groups[0]) <= revision {
		l.drop()
	}
	l.compacted = max(l.compacted, revision)
}

func (l *log) drop() {
	l.compacted = max(l.compacted, lastRevision(l.groups[0]))
	l.size -= len(l.groups[0])
	l.groups[0] = nil
	l.groups = l.groups[1:]
}

// after returns copies of the changes after revision, which must not be below
// compacted. A group that revision lies within is continued.
func (l *log) after(revision adapters.Revision) [][]adapters.Change {
	first := sort.Search(len(l.groups), func(i int) bool { return lastRevision(l.groups[i]) > revision })
	var groups [][]adapters.Change
	for _, group := range l.groups[first:] {
		rest := sort.Search(len(group), func(i int) bool { return group[i].Revision > revision })
		groups = append(groups, slices.Clone(group[rest:]))
	}
	return groups
}

func lastRevision(group []adapters.Change) adapters.Revision {
	return group[len(group)-1].Revision
}

package soak

import "fmt"

// step is one event of a watch.
type step struct {
	revision uint64
	bookmark bool
	// endOfInitial marks the bookmark that ends the initial events.
	endOfInitial bool
}

// watchOrder checks the revisions of one watch.
type watchOrder struct {
	// position is the highest revision so far.
	position uint64
	// initial says that the initial state is still being sent, in any order.
	initial bool
}

// next returns what is wrong with the next event.
func (o *watchOrder) next(s step) string {
	switch {
	case o.initial && s.endOfInitial:
		highest := o.position
		o.initial, o.position = false, s.revision
		if s.revision < highest {
			return fmt.Sprintf("the initial state is of revision %d and has an object of %d", s.revision, highest)
		}
	case o.initial:
		o.position = max(o.position, s.revision)
	case s.bookmark:
		if s.revision < o.position {
			return fmt.Sprintf("a bookmark at %d follows %d", s.revision, o.position)
		}
		o.position = s.revision
	default:
		if s.revision <= o.position {
			return fmt.Sprintf("an event at %d follows %d", s.revision, o.position)
		}
		o.position = s.revision
	}
	return ""
}

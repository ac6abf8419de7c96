package differential

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// revisions maps the revisions of one run to their place in its history: 0 is the
// revision before the first event, n that of the nth event.
type revisions struct {
	known []uint64
}

// observe notes the revision of an event, made by an operation of the run itself.
func (r *revisions) observe(revision string) error {
	parsed, err := strconv.ParseUint(revision, 10, 64)
	if err != nil {
		return fmt.Errorf("revision %q of a written object: %w", revision, err)
	}
	if slices.Contains(r.known, parsed) {
		return nil
	}
	if last := r.known[len(r.known)-1]; parsed <= last {
		return fmt.Errorf("revision %d of a write is not above %d, the one before", parsed, last)
	}
	r.known = append(r.known, parsed)
	return nil
}

// ordinal is the place of a revision, or a text that no other store will agree with.
func (r *revisions) ordinal(revision string) string {
	if revision == "" || revision == "0" {
		return strconv.Quote(revision)
	}
	parsed, err := strconv.ParseUint(revision, 10, 64)
	if err != nil {
		return "unparseable " + strconv.Quote(revision)
	}
	place, found := slices.BinarySearch(r.known, parsed)
	if found {
		return strconv.Itoa(place)
	}
	return fmt.Sprintf("%d (between event %d and the next)", parsed, place-1)
}

// back is the revision n events before the last.
func (r *revisions) back(n int) uint64 {
	return r.known[max(0, len(r.known)-1-n)]
}

// isNew reports whether a revision lies after all events observed so far.
func (r *revisions) isNew(revision string) bool {
	parsed, err := strconv.ParseUint(revision, 10, 64)
	return err == nil && parsed > r.back(0)
}

// moment names a revision in an operation, without naming a store.
type moment struct {
	kind momentKind
	back int
}

type momentKind int

const (
	momentUnset momentKind = iota
	momentAny
	momentEvent
	momentMalformed
	// momentFuture is beyond the last event, by as much as back says.
	momentFuture
)

func (m moment) String() string {
	switch m.kind {
	case momentUnset:
		return `""`
	case momentAny:
		return `"0"`
	case momentMalformed:
		return `"nonsense"`
	case momentFuture:
		return fmt.Sprintf("last+%d", m.back)
	default:
		return fmt.Sprintf("last-%d", m.back)
	}
}

func (m moment) resolve(r *revisions) string {
	switch m.kind {
	case momentUnset:
		return ""
	case momentAny:
		return "0"
	case momentMalformed:
		return "nonsense"
	case momentFuture:
		return strconv.FormatUint(r.back(0)+uint64(m.back), 10)
	default:
		return strconv.FormatUint(r.back(m.back), 10)
	}
}

// firstRevision is the revision of an empty store.
func firstRevision(ctx context.Context, s *subject) (uint64, error) {
	revision, err := s.store.GetCurrentResourceVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("%s: current revision: %w", s.name, err)
	}
	return revision, nil
}

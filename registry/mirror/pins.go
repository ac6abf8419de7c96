package mirror

import (
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// pins are the snapshots kept for paged lists, bounded in number and age.
type pins struct {
	limit      int
	age        time.Duration
	byRevision map[adapters.Revision]*pin
}

type pin struct {
	snapshot *Snapshot
	used     time.Time
}

func newPins(limit int, age time.Duration) pins {
	return pins{limit: limit, age: age, byRevision: map[adapters.Revision]*pin{}}
}

func (p *pins) get(revision adapters.Revision, now time.Time) *Snapshot {
	found, ok := p.byRevision[revision]
	if !ok {
		return nil
	}
	found.used = now
	return found.snapshot
}

func (p *pins) add(snapshot *Snapshot, now time.Time) {
	p.byRevision[snapshot.revision] = &pin{snapshot: snapshot, used: now}
	p.expire(now)
	for len(p.byRevision) > p.limit {
		delete(p.byRevision, p.leastRecentlyUsed())
	}
}

// nearest returns the pinned snapshot closest above revision, or nil.
func (p *pins) nearest(revision adapters.Revision) *Snapshot {
	var nearest *Snapshot
	for at, pinned := range p.byRevision {
		if at > revision && (nearest == nil || at < nearest.revision) {
			nearest = pinned.snapshot
		}
	}
	return nearest
}

func (p *pins) expire(now time.Time) {
	for revision, pinned := range p.byRevision {
		if now.Sub(pinned.used) > p.age {
			delete(p.byRevision, revision)
		}
	}
}

func (p *pins) dropBefore(revision adapters.Revision) {
	for at := range p.byRevision {
		if at < revision {
			delete(p.byRevision, at)
		}
	}
}

func (p *pins) leastRecentlyUsed() adapters.Revision {
	var oldest adapters.Revision
	var used time.Time
	for revision, pinned := range p.byRevision {
		if oldest == 0 || pinned.used.Before(used) || pinned.used.Equal(used) && revision < oldest {
			oldest, used = revision, pinned.used
		}
	}
	return oldest
}

// Pin keeps a snapshot for later reads at its revision, see [Config].Pinned.
func (m *Mirror) Pin(snapshot *Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if snapshot.revision >= m.history.floor {
		m.pins.add(snapshot, m.config.Now())
	}
}

// maxUndo bounds how many events a read at a past revision undoes. The history is
// longer only while watchers are behind.
const maxUndo = 200_000

// At returns the state at exactly this revision: the present one, a pinned one, or
// one that is computed by undoing history. It fails with [adapters.Expired] where
// none of these reaches back that far, with [ErrFuture] for a revision to come, and
// with [ErrNotSynced].
func (m *Mirror) At(revision adapters.Revision) (*Snapshot, error) {
	base, undo, err := m.prepareAt(revision)
	if err != nil || base.revision == revision {
		return base, err
	}
	past := base.tree.branch()
	for i := len(undo) - 1; i >= 0; i-- {
		if event := undo[i]; event.Before != nil {
			past.set(event.Before)
		} else {
			past.delete(event.After.Key)
		}
	}
	snapshot := &Snapshot{tree: past.snapshot(), revision: revision}
	m.Pin(snapshot)
	return snapshot, nil
}

// prepareAt returns a state at or after revision, and the events between the two.
func (m *Mirror) prepareAt(revision adapters.Revision) (*Snapshot, []*Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	present, err := m.presentLocked()
	if err != nil {
		return nil, nil, err
	}
	if revision > present.revision {
		return nil, nil, ErrFuture
	}
	if revision == present.revision {
		return present, nil, nil
	}
	if pinned := m.pins.get(revision, m.config.Now()); pinned != nil {
		return pinned, nil, nil
	}
	if revision < m.history.floor {
		return nil, nil, expired("revision %s is before the history, which reaches back to %s", revision, m.history.floor)
	}
	base := m.pins.nearest(revision)
	if base == nil {
		base = present
	}
	first, end := m.history.after(revision), m.history.after(base.revision)
	if end-first > maxUndo {
		return nil, nil, expired("revision %s is too many events ago", revision)
	}
	undo := make([]*Event, 0, end-first)
	for sequence := first; sequence < end; sequence++ {
		undo = append(undo, m.history.at(sequence))
	}
	return base, undo, nil
}

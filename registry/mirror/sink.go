package mirror

import (
	"fmt"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// maxLocked bounds how many changes are performed at once under the lock.
const maxLocked = 512

// sink receives what one call of Adapter.Sync delivers.
type sink struct {
	mirror *Mirror
	// abort ends the Sync because the adapter breaks its contract.
	abort func(error)
	// aside is the full state being received, nil while there is none.
	aside  *state
	reason string
	// newest is the highest revision of a record in it.
	newest adapters.Revision
	// delivered is true once anything was delivered.
	delivered bool
	// broken is why nothing more is accepted.
	broken error
}

// Reset implements adapters.Sink.
func (s *sink) Reset(reason string) {
	if s.broken != nil {
		return
	}
	s.touch()
	s.mirror.beginResync()
	s.reason = reason
	s.aside, s.newest = newState(s.mirror.seed), 0
}

// Load implements adapters.Sink.
func (s *sink) Load(records []adapters.VersionedRecord) {
	if s.broken != nil {
		return
	}
	if s.aside == nil {
		s.fail("Load was called without Reset")
		return
	}
	s.touch()
	m := s.mirror
	for i := range records {
		record := &records[i].Record
		if records[i].Revision == 0 {
			s.fail("Load delivered the record " + record.Key.String() + " without a revision")
			return
		}
		s.newest = max(s.newest, records[i].Revision)
		p := project(m.config.Projector, m.seed, record.Key, record, records[i].Revision)
		s.aside.put(p, records[i].Revision)
	}
}

// Loaded implements adapters.Sink.
func (s *sink) Loaded(at adapters.State) {
	if s.broken != nil {
		return
	}
	if s.aside == nil {
		s.fail("Loaded was called without Reset")
		return
	}
	if at.At == 0 || at.At > adapters.MaxRevision || at.Since > at.At || s.newest > at.At {
		s.fail(fmt.Sprintf("Loaded was called with the revisions At %s and Since %s, after a record of revision %s", at.At, at.Since, s.newest))
		return
	}
	if at.Since == 0 {
		at.Since = at.At
	}
	s.mirror.replace(s.aside, at, s.reason)
	s.aside = nil
	s.touch()
}

// Apply implements adapters.Sink.
func (s *sink) Apply(changes []adapters.Change) {
	if s.broken != nil {
		return
	}
	if s.aside != nil {
		s.amend(changes)
		return
	}
	m := s.mirror
	for len(changes) > 0 {
		chunk := changes[:min(len(changes), maxLocked)]
		changes = changes[len(chunk):]
		projections := make([]projection, len(chunk))
		for i, change := range chunk {
			projections[i] = project(m.config.Projector, m.seed, change.Key, change.After, change.Revision)
		}
		if err := m.apply(chunk, projections); err != nil {
			s.fail(err.Error())
			return
		}
	}
	s.delivered = true
}

// amend performs changes of the full state being received.
func (s *sink) amend(changes []adapters.Change) {
	s.touch()
	m := s.mirror
	for i := range changes {
		change := &changes[i]
		s.aside.put(project(m.config.Projector, m.seed, change.Key, change.After, change.Revision), change.Revision)
	}
}

// Progress implements adapters.Sink.
func (s *sink) Progress(revision adapters.Revision) {
	if s.broken != nil {
		return
	}
	if s.aside != nil {
		s.fail("Progress was called before Loaded")
		return
	}
	s.delivered = true
	s.mirror.advance(revision)
}

// Unwell implements adapters.Sink.
func (s *sink) Unwell(err error) {
	if s.broken == nil {
		s.mirror.setUnwell(err)
	}
}

func (s *sink) touch() {
	s.delivered = true
	s.mirror.touch()
}

func (s *sink) fail(what string) {
	s.broken = adapters.Errorf(adapters.Internal, "the adapter breaks its contract: %s", what)
	s.abort(s.broken)
}

// replace makes a full state the present one. All history before it is cut.
func (m *Mirror) replace(aside *state, at adapters.State, reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.synced {
		m.feed.resyncs++
	}
	m.feed.resetReason = reason
	m.state = aside
	m.synced, m.resyncing = true, false
	m.generation++
	m.revision = at.At
	m.present = nil
	m.history.restart(at.Since)
	m.pins = newPins(m.config.Pinned, m.config.PinnedAge)
	m.slowest, m.slowestAge = m.history.next(), 0
	m.reportLocked(reason)
	m.signalLocked()
}

func (m *Mirror) reportLocked(reason string) {
	m.config.Logger.Info("full state loaded", "reason", reason, "revision", m.revision.String(), "objects", m.state.tree.len())
	if n := len(m.state.hidden); n > 0 {
		m.config.Logger.Warn("records that cannot be represented are not served", "count", n, "example", m.state.hiddenExample())
	}
	if m.state.shadow > 0 {
		m.config.Logger.Warn("records are not served because another record has the same name",
			"count", m.state.shadow, "example", m.state.shadowExample())
	}
}

// apply performs changes that belong together.
func (m *Mirror) apply(changes []adapters.Change, projections []projection) error {
	now := m.config.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.synced {
		return fmt.Errorf("Apply was called before a full state")
	}
	defer m.signalLocked()
	m.wellLocked(now)
	for i, p := range projections {
		revision := changes[i].Revision
		if revision <= m.revision || revision > adapters.MaxRevision {
			return fmt.Errorf("revision %s was delivered after %s", revision, m.revision)
		}
		before, after := m.state.put(p, revision)
		m.revision = revision
		m.present = nil
		if before != nil || after != nil {
			m.history.append(&Event{Revision: revision, Before: before, After: after, at: now.UnixNano()})
		}
	}
	m.history.trim(m.config.History, m.config.HistoryForWatchers, now, m.neededLocked)
	return nil
}

// advance moves the revision without a change.
func (m *Mirror) advance(revision adapters.Revision) {
	now := m.config.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wellLocked(now)
	m.pins.expire(now)
	m.history.trim(m.config.History, m.config.HistoryForWatchers, now, m.neededLocked)
	if !m.synced || revision <= m.revision || revision > adapters.MaxRevision {
		return
	}
	m.revision = revision
	m.present = nil
	m.signalLocked()
}

func (m *Mirror) beginResync() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.resyncing = true
}

func (m *Mirror) touch() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wellLocked(m.config.Now())
}

func (m *Mirror) wellLocked(now time.Time) {
	m.feed.freshAt = now
	if m.feed.unwell == nil {
		return
	}
	m.config.Logger.Info("following the backend again", "unwell", now.Sub(m.feed.unwellSince).String())
	m.feed.unwell, m.feed.unwellSince = nil, time.Time{}
	m.signalLocked()
}

func (m *Mirror) setUnwell(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.feed.unwell == nil {
		m.feed.unwellSince = m.config.Now()
		m.config.Logger.Warn("cannot follow the backend", "error", err)
	}
	m.feed.unwell, m.feed.lastError = err, err
	m.signalLocked()
}

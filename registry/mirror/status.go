package mirror

import (
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Status is what readiness, metrics and operators want to know of a mirror.
type Status struct {
	// Synced is true once a full state has arrived. It stays true.
	Synced bool
	// Revision is the present one, zero before the first full state.
	Revision adapters.Revision
	// Objects and Bytes count what is served.
	Objects int
	Bytes   int64
	// Events and HistoryBytes count the history.
	Events       int
	HistoryBytes int64
	// Floor is the lowest revision that a watch can resume from.
	Floor    adapters.Revision
	Watchers int
	Pinned   int
	// Resyncs counts full states after the first, and ResetReason says why the last
	// one was needed.
	Resyncs     int
	ResetReason string
	// Unwell is why the feed cannot follow the backend at the moment, nil while it
	// can, and UnwellSince since when.
	Unwell      error
	UnwellSince time.Time
	// FreshAt is when the feed last delivered anything: the state is at least as new.
	FreshAt time.Time
	// LastError is the last reason for which the feed ended or was unwell.
	LastError error
	// Unrepresentable counts the records that no object can stand for.
	Unrepresentable        int
	UnrepresentableExample string
	// Duplicates counts the records that are not served because another record has the
	// same object key.
	Duplicates       int
	DuplicateExample string
}

// Status returns the present status.
func (m *Mirror) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Status{
		Synced:                 m.synced,
		Revision:               m.revision,
		Objects:                m.state.tree.len(),
		Bytes:                  m.state.bytes,
		Events:                 m.history.count,
		HistoryBytes:           m.history.bytes,
		Floor:                  m.history.floor,
		Watchers:               len(m.watchers),
		Pinned:                 len(m.pins.byRevision),
		Resyncs:                m.feed.resyncs,
		ResetReason:            m.feed.resetReason,
		Unwell:                 m.feed.unwell,
		UnwellSince:            m.feed.unwellSince,
		FreshAt:                m.feed.freshAt,
		LastError:              m.feed.lastError,
		Unrepresentable:        len(m.state.hidden),
		UnrepresentableExample: m.state.hiddenExample(),
		Duplicates:             m.state.shadow,
		DuplicateExample:       m.state.shadowExample(),
	}
}

// Unwell returns when the feed last delivered anything, and why it cannot follow the
// backend at the moment. The error is nil while it can.
func (m *Mirror) Unwell() (freshAt time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.feed.freshAt, m.feed.unwell
}

// Synced reports whether a full state has arrived.
func (m *Mirror) Synced() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.synced
}

// Revision returns the present revision, zero before the first full state.
func (m *Mirror) Revision() adapters.Revision {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.revision
}

// Size returns the number of objects and the size of their images.
func (m *Mirror) Size() (objects int, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.tree.len(), m.state.bytes
}

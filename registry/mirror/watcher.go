package mirror

import (
	"context"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// maxBatch bounds how many events a watcher takes at once.
const maxBatch = 128

// Watcher reads the events after a revision, in order, each once, at its own pace.
// It is used by one goroutine and must be stopped.
type Watcher struct {
	mirror     *Mirror
	generation uint64
	buffer     []*Event

	// Guarded by the mirror's lock.

	// cursor is the sequence number of the next event to read.
	cursor uint64
	// position is the revision up to which everything has been read.
	position adapters.Revision
	// progress is the last answered request for progress.
	progress uint64
	notify   bool
	// moved is true where the position has moved by itself since the last batch.
	moved bool
	// readAt is when something was last read.
	readAt time.Time
}

// Batch is what a watcher has read.
type Batch struct {
	// Events, in order. They are valid until the next call of Next.
	Events []*Event
	// Position is the revision up to which everything has been read.
	Position adapters.Revision
	// Progress is true where the position is asked for, see [WatchOptions].
	Progress bool
	// Alarm is true where Next returned because its alarm fired.
	Alarm bool
}

// WatchOptions says what a watcher wants to be woken for besides events.
type WatchOptions struct {
	// ProgressNotify asks for a batch with Progress set, after all events before it,
	// whenever [Mirror.RequestProgress] is called or the revision moves by itself.
	ProgressNotify bool
}

// Watch returns a watcher that reads the events after revision. One beyond the
// present revision is legal: the watcher is silent until it has been passed. It fails
// with [adapters.Expired] where history doesn't reach back that far, and with
// [ErrNotSynced].
func (m *Mirror) Watch(after adapters.Revision, options WatchOptions) (*Watcher, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.synced {
		return nil, ErrNotSynced
	}
	if after < m.history.floor {
		return nil, expired("revision %s is before the history, which reaches back to %s", after, m.history.floor)
	}
	return m.watchLocked(after, options), nil
}

// WatchPresent returns the present state and a watcher of the events after it. It
// fails with [ErrNotSynced].
func (m *Mirror) WatchPresent(options WatchOptions) (*Snapshot, *Watcher, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	present, err := m.presentLocked()
	if err != nil {
		return nil, nil, err
	}
	return present, m.watchLocked(present.revision, options), nil
}

func (m *Mirror) watchLocked(after adapters.Revision, options WatchOptions) *Watcher {
	watcher := &Watcher{
		mirror:     m,
		generation: m.generation,
		cursor:     m.history.after(after),
		position:   after,
		progress:   m.progressAsks,
		notify:     options.ProgressNotify,
		readAt:     m.config.Now(),
	}
	m.slowest = min(m.slowest, watcher.cursor)
	m.watchers[watcher] = struct{}{}
	return watcher
}

// RequestProgress makes every watcher with ProgressNotify return its position.
func (m *Mirror) RequestProgress() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progressAsks++
	m.signalLocked()
}

// Stop ends the watcher. It may be called more than once.
func (w *Watcher) Stop() {
	w.mirror.mu.Lock()
	defer w.mirror.mu.Unlock()
	delete(w.mirror.watchers, w)
}

// Next waits for something to read. It returns as well when alarm fires, which may be
// nil. It fails with the context's error, with [ErrClosed], and with
// [adapters.Expired] where the history has moved past the watcher or was cut.
func (w *Watcher) Next(ctx context.Context, alarm <-chan time.Time) (Batch, error) {
	for {
		batch, moved, err := w.take()
		if err != nil || moved == nil {
			return batch, err
		}
		select {
		case <-ctx.Done():
			return Batch{}, context.Cause(ctx)
		case <-alarm:
			batch, _, err := w.take()
			batch.Alarm = true
			return batch, err
		case <-moved:
		}
	}
}

// take returns what there is to read, or a channel that is closed when there may be
// something.
func (w *Watcher) take() (Batch, <-chan struct{}, error) {
	m := w.mirror
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Batch{}, nil, ErrClosed
	}
	if w.generation != m.generation {
		return Batch{}, nil, expired("the history was cut: %s", m.feed.resetReason)
	}
	if w.cursor < m.history.first {
		return Batch{}, nil, expired("the watcher is too slow: the history has moved past revision %s", w.position)
	}
	w.readAt = m.config.Now()
	w.read()
	progress := w.progressDue()
	batch := Batch{Events: w.buffer, Position: w.position, Progress: progress}
	if len(w.buffer) == 0 && !progress {
		return batch, m.waitLocked(), nil
	}
	return batch, nil, nil
}

// read takes the next events. Those at or before the position belong to a time that
// the reader of a future revision claims to know already.
func (w *Watcher) read() {
	history := &w.mirror.history
	w.buffer = w.buffer[:0]
	for w.cursor < history.next() && len(w.buffer) < maxBatch {
		event := history.at(w.cursor)
		w.cursor++
		if event.Revision <= w.position {
			continue
		}
		w.position = event.Revision
		w.buffer = append(w.buffer, event)
	}
	if w.cursor == history.next() {
		w.moved = len(w.buffer) == 0 && w.mirror.revision > w.position
		w.position = max(w.position, w.mirror.revision)
	}
}

// progressDue reports whether the position is asked for and everything before the
// request has been read.
func (w *Watcher) progressDue() bool {
	if !w.notify || w.cursor < w.mirror.history.next() || !w.moved && w.progress == w.mirror.progressAsks {
		return false
	}
	w.moved = false
	w.progress = w.mirror.progressAsks
	return true
}

// neededLocked returns the sequence number of the oldest event that an active watcher
// has still to read. Looking at every watcher costs something, so the answer is kept for
// as many calls as there are watchers.
func (m *Mirror) neededLocked() uint64 {
	if m.history.first < m.slowest {
		return m.slowest
	}
	if m.slowestAge--; m.slowestAge > 0 {
		return m.slowest
	}
	m.slowest = m.history.next()
	stalled := m.config.Now().Add(-m.config.WatcherStall)
	for watcher := range m.watchers {
		if watcher.generation == m.generation && watcher.readAt.After(stalled) {
			m.slowest = min(m.slowest, watcher.cursor)
		}
	}
	m.slowestAge = len(m.watchers)
	return m.slowest
}

package mirror

import (
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

var (
	// ErrNotSynced says that the first full state has not arrived yet.
	ErrNotSynced = errors.New("the first synchronization with the backend is not finished")
	// ErrClosed says that Run has ended.
	ErrClosed = errors.New("the mirror is closed")
	// ErrFuture says that a revision is beyond the present one; see [Mirror.WaitFor].
	ErrFuture = errors.New("the revision is beyond the present one")
)

// Config says what is mirrored, and how much of the past is kept. Zero values of the
// optional fields are replaced by defaults.
type Config struct {
	// Name of the resource, for logs. Required.
	Name string
	// Adapter to follow. Required.
	Adapter adapters.Adapter
	// Projector turns its records into images. Required.
	Projector Projector

	// History bounds the events kept for watches that resume and for reads at a past
	// revision: by default 50,000 events, 64 MiB, 30 minutes.
	History Bounds
	// HistoryForWatchers bounds the events kept for watchers that are behind: by
	// default 4,000,000 events, 1 GiB, 1 hour. One that falls out of these is cut off.
	HistoryForWatchers Bounds
	// WatcherStall is how long a watcher that reads nothing counts as merely behind:
	// 1 minute by default.
	WatcherStall time.Duration
	// Pinned is how many snapshots are kept for paged lists: 64 by default.
	Pinned int
	// PinnedAge is how long an unused one is kept: 5 minutes by default.
	PinnedAge time.Duration

	// RetryMin and RetryMax bound the time between two attempts to follow the
	// adapter: 200 ms and 30 s by default.
	RetryMin, RetryMax time.Duration
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if c.Name == "" || c.Adapter == nil || c.Projector == nil {
		return c, errors.New("mirror: Config.Name, Config.Adapter and Config.Projector are required")
	}
	c.History = c.History.orDefault(Bounds{Events: 50_000, Bytes: 64 << 20, Age: 30 * time.Minute})
	c.HistoryForWatchers = c.HistoryForWatchers.orDefault(Bounds{Events: 4_000_000, Bytes: 1 << 30, Age: time.Hour})
	if c.WatcherStall <= 0 {
		c.WatcherStall = time.Minute
	}
	if c.Pinned <= 0 {
		c.Pinned = 64
	}
	if c.PinnedAge <= 0 {
		c.PinnedAge = 5 * time.Minute
	}
	if c.RetryMin <= 0 {
		c.RetryMin = 200 * time.Millisecond
	}
	if c.RetryMax < c.RetryMin {
		c.RetryMax = max(30*time.Second, c.RetryMin)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = c.Logger.With("resource", c.Name)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// Mirror is the image of one resource. [Mirror.Run] makes it follow the backend; all
// other methods are safe for concurrent use and never wait for the backend.
type Mirror struct {
	config Config
	seed   maphash.Seed

	mu      sync.Mutex
	running bool
	closed  bool
	synced  bool
	// resyncing is true while a full state is on its way: what is there may be of a
	// history that is over, whatever its revision.
	resyncing bool
	// generation counts full states. What was read under another one is history that
	// does not continue.
	generation uint64
	revision   adapters.Revision
	state      *state
	// present is the snapshot of state, nil until somebody asks for it.
	present  *Snapshot
	history  history
	pins     pins
	watchers map[*Watcher]struct{}
	// slowest is a lower bound of all watchers' cursors.
	slowest uint64
	// slowestAge counts down to when slowest is computed again.
	slowestAge   int
	progressAsks uint64
	// moved is closed when anything changes; nil while nobody waits.
	moved chan struct{}
	feed  feedCondition
}

// feedCondition says how well the feed follows the backend.
type feedCondition struct {
	unwell      error
	unwellSince time.Time
	freshAt     time.Time
	resyncs     int
	resetReason string
	lastError   error
}

// New returns a mirror that has nothing yet.
func New(config Config) (*Mirror, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	seed := maphash.MakeSeed()
	return &Mirror{
		config:   config,
		seed:     seed,
		state:    newState(seed),
		pins:     newPins(config.Pinned, config.PinnedAge),
		watchers: map[*Watcher]struct{}{},
	}, nil
}

// Present returns the present state. It fails with [ErrNotSynced].
func (m *Mirror) Present() (*Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.presentLocked()
}

func (m *Mirror) presentLocked() (*Snapshot, error) {
	if !m.synced {
		return nil, ErrNotSynced
	}
	if m.present == nil {
		m.present = &Snapshot{tree: m.state.tree.snapshot(), revision: m.revision}
	}
	return m.present, nil
}

// Event returns the event with exactly this revision, or nil where the history has none.
func (m *Mirror) Event(revision adapters.Revision) *Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	sequence := m.history.after(revision - 1)
	if sequence == m.history.next() {
		return nil
	}
	if event := m.history.at(sequence); event.Revision == revision {
		return event
	}
	return nil
}

// Compact forgets the history up to and including revision, as if it had grown too
// long: reads and watches from before it fail with [adapters.Expired].
func (m *Mirror) Compact(revision adapters.Revision) {
	m.mu.Lock()
	defer m.mu.Unlock()
	revision = min(revision, m.revision)
	m.history.compact(revision)
	m.pins.dropBefore(revision)
}

// Compacted returns the revision up to which history has been forgotten, or zero
// where nothing has been since the last full state.
func (m *Mirror) Compacted() adapters.Revision {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.history.compacted
}

// signalLocked wakes everybody who waits.
func (m *Mirror) signalLocked() {
	if m.moved != nil {
		close(m.moved)
		m.moved = nil
	}
}

// waitLocked returns a channel that is closed at the next change.
func (m *Mirror) waitLocked() <-chan struct{} {
	if m.moved == nil {
		m.moved = make(chan struct{})
	}
	return m.moved
}

func expired(format string, arguments ...any) error {
	return adapters.Errorf(adapters.Expired, format, arguments...)
}

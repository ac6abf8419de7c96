package memory

import (
	"context"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

var (
	_ adapters.Writer  = (*Adapter)(nil)
	_ adapters.Expirer = (*Adapter)(nil)
)

// Config describes a table in memory. Only Schema is required.
type Config struct {
	// Schema of the records.
	Schema adapters.Schema
	// Unique names fields whose values no two records may share. Null is exempt.
	Unique []string
	// GeneratedKey makes Create number the records by itself: "1", "2", … The schema
	// then has one key field.
	GeneratedKey bool
	// OnStore changes a record on its way into the table, as column defaults and
	// triggers do. It must keep the key.
	OnStore func(adapters.Record) adapters.Record
	// HistoryLimit is how many changes the log keeps. It defaults to 10,000.
	HistoryLimit int
	// LoadSize is how many records one Sink.Load call delivers. It defaults to 500.
	LoadSize int
	// WithoutBeforeImages makes the feed keep back what was there before a change.
	WithoutBeforeImages bool
	// Now is the clock of Expire. It defaults to time.Now.
	Now func() time.Time
}

// Adapter is a table in memory. Its revision counter starts at 1; the first change
// has revision 2.
type Adapter struct {
	config Config

	mu          sync.Mutex
	table       table
	log         log
	expirations map[string]expiration
	// revision is the last one given out.
	revision adapters.Revision
	// generated is the last number given out as a key.
	generated uint64
	// moved is closed, and replaced, whenever the revision moves or the next
	// expiration changes.
	moved chan struct{}
}

// New returns an empty table. It panics if config is contradictory, which only a
// programming error can make it.
func New(config Config) *Adapter {
	if config.HistoryLimit == 0 {
		config.HistoryLimit = 10_000
	}
	if config.LoadSize == 0 {
		config.LoadSize = 500
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.GeneratedKey && len(config.Schema.Key) != 1 {
		panic("memory: Config.GeneratedKey needs a Schema with exactly one key field")
	}
	return &Adapter{
		config:      config,
		table:       newTable(config),
		log:         log{limit: config.HistoryLimit, compacted: 1},
		expirations: map[string]expiration{},
		revision:    1,
		moved:       make(chan struct{}),
	}
}

// Capabilities implements adapters.Adapter. Revisions are not stable: they end with
// the process.
func (a *Adapter) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		ExactHistory: true,
		BeforeImages: !a.config.WithoutBeforeImages,
		AtomicWrites: true,
	}
}

// Head implements adapters.Adapter.
func (a *Adapter) Head(ctx context.Context) (adapters.Revision, error) {
	if err := contextError(ctx, "reading the head"); err != nil {
		return 0, err
	}
	a.lock()
	defer a.mu.Unlock()
	return a.revision, nil
}

// Get implements adapters.Adapter.
func (a *Adapter) Get(ctx context.Context, key adapters.Key) (adapters.Record, error) {
	if err := contextError(ctx, "reading a record"); err != nil {
		return adapters.Record{}, err
	}
	a.lock()
	defer a.mu.Unlock()
	stored, ok := a.table.get(key)
	if !ok {
		return adapters.Record{}, notFound(key)
	}
	return stored.Record, nil
}

// Records returns everything in the table, in key order.
func (a *Adapter) Records() []adapters.Record {
	a.lock()
	defer a.mu.Unlock()
	all := a.table.all()
	records := make([]adapters.Record, len(all))
	for i, stored := range all {
		records[i] = stored.Record
	}
	return records
}

// IncreaseRevision moves the revision without a change of this resource, as a write
// to another table of the same backend does. It returns the new revision.
func (a *Adapter) IncreaseRevision() adapters.Revision {
	a.lock()
	defer a.mu.Unlock()
	a.revision++
	a.wake()
	return a.revision
}

// Compact forgets the log up to and including revision: a Sync from before it begins
// with the full state. A Sync under way that has delivered revision is not disturbed.
// Revisions beyond the present one count as the present one.
func (a *Adapter) Compact(revision adapters.Revision) {
	a.lock()
	defer a.mu.Unlock()
	a.log.compact(min(revision, a.revision))
}

// lock enters the table and first performs the expirations that are due, so that
// nobody ever sees a record that has outlived its time.
func (a *Adapter) lock() {
	a.mu.Lock()
	a.expireDue()
}

// wake tells every feed to look again. The caller holds the lock.
func (a *Adapter) wake() {
	close(a.moved)
	a.moved = make(chan struct{})
}

// contextError returns the error for a call whose context has ended before it began.
func contextError(ctx context.Context, step string) error {
	if ctx.Err() == nil {
		return nil
	}
	return adapters.Errorf(adapters.Timeout, "%s: nothing was done: %w", step, context.Cause(ctx))
}

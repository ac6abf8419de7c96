package poll

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// table is a source in memory whose reads take time, one page at a time.
type table struct {
	mu   sync.Mutex
	rows map[string]string
	// failure of every call, if any.
	failure error
	// pageSize and pageTime of Read; getTime of Get.
	pageSize          int
	pageTime, getTime time.Duration
	// reads counts what was begun, and gets what Get was asked.
	reads, gets int
	// paged is called before a page is read, without the lock.
	paged func(page int)
}

func newTable(names ...string) *table {
	t := &table{rows: map[string]string{}, pageSize: 2}
	for _, name := range names {
		t.rows[name] = "initial"
	}
	return t
}

func record(name, value string) adapters.Record {
	return adapters.Record{Key: adapters.Key{adapters.String(name)}, Values: []adapters.Value{adapters.String(value)}}
}

func keyOf(name string) adapters.Key { return adapters.Key{adapters.String(name)} }

func (t *table) set(name, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[name] = value
}

func (t *table) remove(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, name)
}

func (t *table) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failure = err
}

func (t *table) counts() (reads, gets int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reads, t.gets
}

func (t *table) Read(ctx context.Context, page func([]adapters.Record) error) error {
	t.mu.Lock()
	t.reads++
	t.mu.Unlock()
	after, number := "", 0
	for {
		if t.paged != nil {
			t.paged(number)
		}
		records, err := t.page(after)
		if err != nil {
			return err
		}
		if t.pageTime > 0 {
			time.Sleep(t.pageTime)
		}
		if len(records) > 0 {
			after = records[len(records)-1].Key[0].Text()
			if err := page(records); err != nil {
				return err
			}
		}
		if len(records) < t.pageSize {
			return ctx.Err()
		}
		number++
	}
}

func (t *table) page(after string) ([]adapters.Record, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failure != nil {
		return nil, t.failure
	}
	var names []string
	for name := range t.rows {
		if name > after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var records []adapters.Record
	for _, name := range names[:min(t.pageSize, len(names))] {
		records = append(records, record(name, t.rows[name]))
	}
	return records, nil
}

func (t *table) Get(_ context.Context, key adapters.Key) (adapters.Record, error) {
	t.mu.Lock()
	t.gets++
	value, ok := t.rows[key[0].Text()]
	failure := t.failure
	t.mu.Unlock()
	if t.getTime > 0 {
		time.Sleep(t.getTime)
	}
	switch {
	case failure != nil:
		return adapters.Record{}, failure
	case !ok:
		return adapters.Record{}, adapters.Errorf(adapters.NotFound, "no %s", key)
	}
	return record(key[0].Text(), value), nil
}

func (t *table) Ping(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failure
}

// recorder is a sink that checks the order of what it is told.
type recorder struct {
	t *testing.T

	mu       sync.Mutex
	state    map[string]string
	loading  bool
	position adapters.Revision
	changes  []adapters.Change
	resets   []string
	unwell   error
	progress int
	// block is received from before every Apply, where it is set.
	block chan struct{}
}

func newRecorder(t *testing.T) *recorder {
	return &recorder{t: t, state: map[string]string{}}
}

func (r *recorder) Reset(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state, r.loading, r.unwell = map[string]string{}, true, nil
	r.resets = append(r.resets, reason)
}

func (r *recorder) Load(records []adapters.VersionedRecord) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, loaded := range records {
		name := loaded.Record.Key[0].Text()
		if _, twice := r.state[name]; twice || !r.loading {
			r.t.Errorf("%s was loaded twice, or without Reset", name)
		}
		r.state[name] = loaded.Record.Values[0].Text()
	}
}

func (r *recorder) Loaded(state adapters.State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loading = false
	r.advance(state.At, true)
}

func (r *recorder) Apply(changes []adapters.Change) {
	if r.block != nil {
		<-r.block
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unwell = nil
	if r.loading {
		r.t.Error("a change was delivered while loading")
	}
	for _, change := range changes {
		r.advance(change.Revision, true)
		name := change.Key[0].Text()
		_, exists := r.state[name]
		if change.After == nil {
			if !exists {
				r.t.Errorf("the deletion of %s was delivered, which did not exist", name)
			}
			delete(r.state, name)
		} else {
			if r.state[name] == change.After.Values[0].Text() && exists {
				r.t.Errorf("a change of %s was delivered that changes nothing", name)
			}
			r.state[name] = change.After.Values[0].Text()
		}
		r.changes = append(r.changes, change)
	}
}

func (r *recorder) Progress(revision adapters.Revision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress++
	r.unwell = nil
	r.advance(revision, false)
}

func (r *recorder) Unwell(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unwell = err
}

func (r *recorder) advance(revision adapters.Revision, strictly bool) {
	if revision < r.position || strictly && revision == r.position {
		r.t.Errorf("revision %s was delivered after %s", revision, r.position)
	}
	r.position = revision
}

func (r *recorder) read(name string) (string, adapters.Revision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state[name], r.position
}

// run follows the feed until the returned function is called.
func run(t *testing.T, feed *Feed, from adapters.Revision, sink adapters.Sink) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- feed.Sync(ctx, from, sink) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Sync returned %v", err)
		}
	}
}

package poll

import (
	"context"
	"sync"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// load delivers the full state, again and again until it succeeds. It returns false
// when ctx ended before.
func (f *Feed) load(ctx context.Context, reason string, sink adapters.Sink) bool {
	retry := f.pace
	for {
		err := f.loadOnce(ctx, reason, sink)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		f.fail(err)
		sink.Unwell(err)
		retry.failed()
		if !f.turn(ctx, &retry) {
			return false
		}
	}
}

// loadOnce reads and delivers the full state once. Changes by operations wait in
// the queue meanwhile, with revisions above that of the state.
func (f *Feed) loadOnce(ctx context.Context, reason string, sink adapters.Sink) error {
	revision := f.beginLoad(reason)
	defer f.endSnapshot()
	reset := sync.OnceFunc(func() { sink.Reset(reason) })
	var scratch page
	err := f.source.Read(ctx, func(records []adapters.Record) error {
		loaded, err := f.include(records, revision, &scratch)
		if err != nil {
			return err
		}
		reset()
		sink.Load(loaded)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if err := f.resolve(ctx); err != nil {
		return err
	}
	reset()
	f.endLoad()
	sink.Loaded(adapters.State{At: revision, Since: revision})
	return nil
}

func (f *Feed) beginLoad(reason string) adapters.Revision {
	f.beginSnapshot()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loaded, f.broken = false, reason
	clear(f.entries)
	revision := f.clock.next()
	f.queue.restart(revision)
	return revision
}

func (f *Feed) endLoad() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loaded, f.broken = true, ""
}

// fail tells everybody who waits for a comparison that there is none at the moment.
func (f *Feed) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finish(f.waiting, err)
	f.waiting = nil
}

// include makes one page of the running snapshot part of the state.
func (f *Feed) include(records []adapters.Record, revision adapters.Revision, scratch *page) ([]adapters.VersionedRecord, error) {
	scratch.prepare(records)
	f.mu.Lock()
	defer f.mu.Unlock()
	loaded := make([]adapters.VersionedRecord, 0, len(records))
	for i, record := range records {
		id := scratch.ids[i]
		if f.ignores(id, record.Key) {
			continue
		}
		if _, exists := f.entries[id]; exists {
			return nil, errDuplicate(record.Key)
		}
		f.entries[id] = f.running.mark(entry{key: record.Key, hash: scratch.hashes[i]})
		loaded = append(loaded, adapters.VersionedRecord{Record: record, Revision: revision})
	}
	return loaded, nil
}

func errDuplicate(key adapters.Key) error {
	return adapters.Errorf(adapters.Unavailable,
		"two rows have the key %s: declare key columns that are unique together", key)
}

package poll

import (
	"context"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// keyLock is held by one operation on a key at a time.
type keyLock struct {
	// slot has one element while the lock is held.
	slot chan struct{}
	held bool
	// users counts who holds the lock or waits for it; the last one removes it.
	users int
	// observed is the sequence at which the last operation that fed the key began.
	observed uint64
}

// Operation is one read or write of one key by the bridge itself. While it lasts, no
// other operation on that key runs, and no comparison reports the key. Whoever
// began it must call End.
type Operation struct {
	feed  *Feed
	id    string
	key   adapters.Key
	lock  *keyLock
	begin uint64
	ended bool
}

// Begin waits for other operations on key and starts one. It must come before the
// record is read or locked in the backend, so that what the operation observes is
// not older than its beginning.
func (f *Feed) Begin(ctx context.Context, key adapters.Key) (*Operation, error) {
	id := key.ID()
	f.mu.Lock()
	lock := f.locks[id]
	if lock == nil {
		lock = &keyLock{slot: make(chan struct{}, 1)}
		f.locks[id] = lock
	}
	lock.users++
	f.mu.Unlock()

	select {
	case lock.slot <- struct{}{}:
	case <-ctx.Done():
		f.mu.Lock()
		f.leave(id, lock)
		f.mu.Unlock()
		return nil, timeout(ctx, "waiting for another operation on the same record")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	lock.held = true
	f.sequence++
	return &Operation{feed: f, id: id, key: key, lock: lock, begin: f.sequence}, nil
}

// Feed delivers what the operation found or committed: the record, or nil where
// there is none. It returns the revision of the change, or zero where the feed knew
// the state already.
func (o *Operation) Feed(after *adapters.Record) adapters.Revision {
	var sum hash
	if after != nil {
		sum = new(hasher).sum(*after)
	}
	f := o.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	o.lock.observed = o.begin
	f.touch(o)
	return f.observe(o.id, o.key, after, sum)
}

// End lets the next operation on the key start.
func (o *Operation) End() {
	if o.ended {
		return
	}
	o.ended = true
	f := o.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	o.lock.held = false
	<-o.lock.slot
	f.leave(o.id, o.lock)
}

func (f *Feed) leave(id string, lock *keyLock) {
	lock.users--
	if lock.users == 0 {
		delete(f.locks, id)
	}
}

// observe compares a state with what the feed knows and queues the difference.
// f.mu is held.
func (f *Feed) observe(id string, key adapters.Key, after *adapters.Record, sum hash) adapters.Revision {
	if !f.loaded && f.running == nil {
		// Whatever is read later covers it.
		return f.clock.next()
	}
	change := adapters.Change{Key: key, After: after}
	if after == nil && !f.remove(id) || after != nil && !f.update(id, key, sum) {
		return 0
	}
	change.Revision = f.clock.next()
	f.queueChanges([]adapters.Change{change})
	if !f.syncing && f.queue.changes > queueLimit {
		f.loaded, f.broken = false, "too many changes while the table was not followed"
		f.queue.restart(f.clock.last)
	}
	return change.Revision
}

// update makes sum the known state of a key, and tells whether that is a change.
// f.mu is held.
func (f *Feed) update(id string, key adapters.Key, sum hash) bool {
	known, exists := f.entries[id]
	changed := !exists || known.hash != sum
	if !exists {
		known.key = key
	}
	known.hash = sum
	f.entries[id] = f.running.mark(known)
	return changed
}

// remove forgets a key, and tells whether that is a change. f.mu is held.
func (f *Feed) remove(id string) bool {
	known, exists := f.entries[id]
	if exists {
		delete(f.entries, id)
		f.running.forget(known)
	}
	return exists
}

// queueChanges queues changes as one delivery. f.mu is held, and has been since the
// changes got their revisions: the queue is in the order of revisions.
func (f *Feed) queueChanges(changes []adapters.Change) {
	if len(changes) > 0 {
		f.queue.push(delivery{changes: changes})
	}
}

// HeadOf implements [adapters.KeyHead]: it reads the record and feeds it. Callers
// that wait for the same key share one read that began after they called.
func (f *Feed) HeadOf(ctx context.Context, key adapters.Key) (adapters.Revision, error) {
	f.mu.Lock()
	followed, called := f.syncing && f.loaded, f.sequence
	f.mu.Unlock()
	if !followed {
		return f.Head(ctx)
	}
	operation, err := f.Begin(ctx, key)
	if err != nil {
		return 0, err
	}
	defer operation.End()
	if revision, ok := operation.observedAfter(called); ok {
		return revision, nil
	}
	if err := operation.read(ctx); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clock.last > f.queue.pushed {
		f.queue.push(delivery{progress: f.clock.last})
	}
	return f.clock.last, nil
}

// observedAfter returns the present revision if another operation on the key began
// after the sequence and has fed what it found.
func (o *Operation) observedAfter(sequence uint64) (adapters.Revision, bool) {
	o.feed.mu.Lock()
	defer o.feed.mu.Unlock()
	return o.feed.clock.last, o.lock.observed > sequence
}

// read reads the record and feeds it.
func (o *Operation) read(ctx context.Context) error {
	record, err := o.feed.source.Get(ctx, o.key)
	switch {
	case adapters.Is(err, adapters.NotFound):
		o.Feed(nil)
	case err != nil:
		return err
	default:
		o.Feed(&record)
	}
	return nil
}

package poll

import (
	"context"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// snapshot is one reading of the whole state. The feed's mutex guards it.
type snapshot struct {
	// begin is the sequence at which the reading began.
	begin uint64
	// seen counts the entries that the snapshot has accounted for.
	seen int
	// touched are the keys that operations fed since begin. What the snapshot says
	// about them may be older.
	touched map[string]bool
	// doubtful are the keys of which the snapshot knows nothing newer than begin.
	doubtful map[string]adapters.Key
}

// mark notes that the snapshot has accounted for an entry. Works on nil.
func (s *snapshot) mark(e entry) entry {
	if s != nil && e.seen != s.begin {
		e.seen = s.begin
		s.seen++
	}
	return e
}

// forget is mark's counterpart for an entry that is deleted. Works on nil.
func (s *snapshot) forget(e entry) {
	if s != nil && e.seen == s.begin {
		s.seen--
	}
}

func (f *Feed) beginSnapshot() *snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sequence++
	f.running = &snapshot{begin: f.sequence, touched: map[string]bool{}, doubtful: map[string]adapters.Key{}}
	return f.running
}

func (f *Feed) endSnapshot() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = nil
}

// touch notes that an operation feeds a key while a snapshot is being read. f.mu is held.
func (f *Feed) touch(o *Operation) {
	if f.running == nil {
		return
	}
	f.running.touched[o.id] = true
	if o.begin < f.running.begin {
		f.running.doubtful[o.id] = o.key
		return
	}
	delete(f.running.doubtful, o.id)
}

// ignores tells whether the snapshot must not be believed about a key. f.mu is held.
func (f *Feed) ignores(id string, key adapters.Key) bool {
	if f.running.touched[id] {
		return true
	}
	if lock := f.locks[id]; lock != nil && lock.held {
		f.running.doubtful[id] = key
		return true
	}
	return false
}

// examine compares one page of the running snapshot with the entries, and queues
// the changes. It fails where two records have one key.
func (f *Feed) examine(records []adapters.Record, scratch *page) error {
	scratch.prepare(records)
	f.mu.Lock()
	defer f.mu.Unlock()
	var changes []adapters.Change
	for i, record := range records {
		id := scratch.ids[i]
		known, exists := f.entries[id]
		if f.ignores(id, record.Key) {
			if exists {
				f.entries[id] = f.running.mark(known)
			}
			continue
		}
		if exists && known.seen == f.running.begin {
			return errDuplicate(record.Key)
		}
		if f.update(id, record.Key, scratch.hashes[i]) {
			// A copy, because the page belongs to the reader.
			after := record
			changes = append(changes, adapters.Change{Revision: f.clock.next(), Key: record.Key, After: &after})
		}
	}
	f.queueChanges(changes)
	return nil
}

// absent queues the deletions of what the whole snapshot did not have.
func (f *Feed) absent() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running.seen == len(f.entries) {
		return
	}
	var changes []adapters.Change
	for id, known := range f.entries {
		if known.seen == f.running.begin || f.ignores(id, known.key) {
			continue
		}
		delete(f.entries, id)
		changes = append(changes, adapters.Change{Revision: f.clock.next(), Key: known.key})
	}
	f.queueChanges(changes)
}

// resolve reads the keys again that the snapshot could not judge.
func (f *Feed) resolve(ctx context.Context) error {
	for {
		key, ok := f.nextDoubtful()
		if !ok {
			return nil
		}
		operation, err := f.Begin(ctx, key)
		if err != nil {
			return err
		}
		err = operation.read(ctx)
		operation.End()
		if err != nil {
			return err
		}
	}
}

func (f *Feed) nextDoubtful() (adapters.Key, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range f.running.doubtful {
		return key, true
	}
	return nil, false
}

// page is scratch memory for what is computed from records outside the lock.
type page struct {
	hasher hasher
	ids    []string
	hashes []hash
}

func (p *page) prepare(records []adapters.Record) {
	p.ids, p.hashes = p.ids[:0], p.hashes[:0]
	for i := range records {
		p.ids = append(p.ids, records[i].Key.ID())
		p.hashes = append(p.hashes, p.hasher.sum(records[i]))
	}
}

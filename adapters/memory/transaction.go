package memory

import (
	"slices"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Transaction changes records as the legacy application would: without asking what
// the bridge believes, several at once, read-only fields included. Its methods must
// only be called inside the function given to [Adapter.Transaction].
type Transaction struct {
	adapter *Adapter
	changes []adapters.Change
	// replaced remembers, for each change, the record before it with its revision.
	replaced []adapters.VersionedRecord
}

// Transaction runs do and commits its changes together: the feed delivers them in one
// call, each with a revision of its own. If do returns an error, nothing has happened
// and the error is returned. The revision is that of the last change, zero where
// there was none. The table is locked meanwhile: do must not call the adapter.
func (a *Adapter) Transaction(do func(tx *Transaction) error) (adapters.Revision, error) {
	a.lock()
	defer a.mu.Unlock()
	tx := &Transaction{adapter: a}
	if err := do(tx); err != nil {
		tx.rollback()
		return 0, err
	}
	return tx.commit(), nil
}

// Get returns the record as the transaction sees it.
func (t *Transaction) Get(key adapters.Key) (adapters.Record, error) {
	stored, ok := t.adapter.table.get(key)
	if !ok {
		return adapters.Record{}, notFound(key)
	}
	return stored.Record, nil
}

// Insert adds a record. Its errors are those of adapters.Writer.
func (t *Transaction) Insert(record adapters.Record) error {
	_, err := t.insert(record)
	return err
}

// Update replaces the record with the same key, whatever it is at the moment.
func (t *Transaction) Update(record adapters.Record) error {
	stored, err := t.Get(record.Key)
	if err != nil {
		return err
	}
	_, err = t.replace(stored, record)
	return err
}

// Delete removes the record with this key.
func (t *Transaction) Delete(key adapters.Key) error {
	stored, err := t.Get(key)
	if err != nil {
		return err
	}
	t.remove(stored)
	return nil
}

// ChangeKey moves the record to another key: a deletion and a creation.
func (t *Transaction) ChangeKey(from, to adapters.Key) error {
	stored, err := t.Get(from)
	if err != nil {
		return err
	}
	t.remove(stored)
	_, err = t.insert(adapters.Record{Key: to, Values: stored.Values})
	return err
}

func (t *Transaction) insert(record adapters.Record) (adapters.Record, error) {
	record = t.adapter.onStore(record)
	if err := t.adapter.table.checkShape(record); err != nil {
		return adapters.Record{}, err
	}
	if _, taken := t.adapter.table.get(record.Key); taken {
		return adapters.Record{}, exists(record.Key)
	}
	if err := t.adapter.table.check(record); err != nil {
		return adapters.Record{}, err
	}
	t.store(nil, record)
	return record, nil
}

func (t *Transaction) replace(stored, record adapters.Record) (adapters.Record, error) {
	record = t.adapter.onStore(record)
	if err := t.adapter.table.check(record); err != nil {
		return adapters.Record{}, err
	}
	if record.Equal(stored) {
		return stored, nil
	}
	t.store(&stored, record)
	return record, nil
}

func (t *Transaction) store(before *adapters.Record, after adapters.Record) {
	t.note(adapters.Change{Key: after.Key, Before: before, After: &after})
	t.adapter.table.put(adapters.VersionedRecord{Record: after})
}

func (t *Transaction) remove(stored adapters.Record) {
	t.note(adapters.Change{Key: stored.Key, Before: &stored})
	t.adapter.table.remove(stored.Key)
}

func (t *Transaction) note(change adapters.Change) {
	stored, _ := t.adapter.table.get(change.Key)
	t.changes = append(t.changes, change)
	t.replaced = append(t.replaced, stored)
}

// commit gives the changes their revisions and returns the last one.
func (t *Transaction) commit() adapters.Revision {
	a := t.adapter
	changes := slices.Clone(adapters.MergeChanges(t.changes))
	t.restoreRevisions(changes)
	if len(changes) == 0 {
		return 0
	}
	for i := range changes {
		change := &changes[i]
		a.revision++
		change.Revision = a.revision
		delete(a.expirations, change.Key.ID())
		if stored, ok := a.table.get(change.Key); ok {
			a.table.put(adapters.VersionedRecord{Record: stored.Record, Revision: a.revision})
		}
		if a.config.WithoutBeforeImages {
			change.Before = nil
		}
	}
	a.log.append(changes)
	a.wake()
	return a.revision
}

// restoreRevisions gives the records that are as they were before the transaction the
// revision that they had.
func (t *Transaction) restoreRevisions(changes []adapters.Change) {
	done := map[string]bool{}
	for _, change := range changes {
		done[change.Key.ID()] = true
	}
	for i, change := range t.changes {
		id := change.Key.ID()
		if _, there := t.adapter.table.get(change.Key); there && !done[id] {
			t.adapter.table.put(t.replaced[i])
		}
		done[id] = true
	}
}

// rollback puts everything back, in reverse order.
func (t *Transaction) rollback() {
	for i := len(t.changes) - 1; i >= 0; i-- {
		change := t.changes[i]
		t.adapter.table.remove(change.Key)
		if change.Before != nil {
			t.adapter.table.put(t.replaced[i])
		}
	}
}

func (a *Adapter) onStore(record adapters.Record) adapters.Record {
	if a.config.OnStore == nil {
		return record
	}
	return a.config.OnStore(record)
}

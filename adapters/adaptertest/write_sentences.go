package adaptertest

import (
	"fmt"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// writeSentences are about the adapter's own writes.
var writeSentences = []sentence{
	{"A receipt carries the revision at which the feed delivers the change", testReceipts},
	{"A write that changes nothing has no revision and no change", testNoChange},
	{"Create of a taken key is Exists", testExists},
	{"Update and Delete of what is not there are NotFound", testNotFound},
	{"Update and Delete of what has changed are Conflict", testConflict},
	{"Concurrent compare-and-write loses no update", testNoLostUpdate},
	{"Concurrent creations of one key succeed once", testOneCreation},
	{"A value taken by another record is a Conflict that names the field", testUnique},
	{"A missing value is Invalid and names the field", testRequired},
	{"The backend generates keys where it says so", testGeneratedKey},
	{"Read-only fields are read and never written", testReadOnly},
	{"Expire deletes the record unless it has changed", testExpire},
}

func testReceipts(s *suite) {
	for _, schema := range []adapters.Schema{textKey, compositeKey} {
		b := s.open(Resource{Schema: schema})
		writer := b.writer()
		feed := b.follow()
		at := key("a")
		if len(schema.Key) == 2 {
			at = key("eu", "a")
		}
		created := b.create(keyedRow(at, "name", 1))
		s.wantChange(feed, created, false)
		updated, err := writer.Update(s.Context(), created.Record, with(created.Record, 2))
		s.noError(err, "updating")
		s.wantChange(feed, updated, false)
		if got := updated.Record.Values[1].Int(); got != 2 {
			s.Errorf("the receipt of an update to 2 says %d", got)
		}
		deleted, err := writer.Delete(s.Context(), updated.Record)
		s.noError(err, "deleting")
		s.wantChange(feed, deleted, true)
		if !deleted.Record.Equal(updated.Record) {
			s.Errorf("the receipt of the deletion says %v, want %v", deleted.Record, updated.Record)
		}
		b.wantDelivered(feed)
	}
}

// wantChange waits for the change that a receipt promises.
func (s *suite) wantChange(feed *feed, receipt adapters.Receipt, deletion bool) {
	s.Helper()
	if receipt.Revision == 0 {
		s.Fatalf("the write of %s has no revision", receipt.Record.Key)
	}
	feed.await(receipt.Revision)
	for _, change := range feed.recorder.changes() {
		if change.Revision != receipt.Revision {
			continue
		}
		if !change.Key.Equal(receipt.Record.Key) || (change.After == nil) != deletion {
			s.Errorf("revision %s was promised for %s and delivered %v", receipt.Revision, receipt.Record.Key, change)
		}
		if change.After != nil && !change.After.Equal(receipt.Record) {
			s.Errorf("revision %s delivered %v, and the receipt says %v", receipt.Revision, *change.After, receipt.Record)
		}
		return
	}
	s.Errorf("revision %s of the receipt for %s was never delivered", receipt.Revision, receipt.Record.Key)
}

func testNoChange(s *suite) {
	b := s.open(Resource{Schema: textKey})
	writer := b.writer()
	feed := b.follow()
	created := b.create(row("a", "name", 1))
	receipt, err := writer.Update(s.Context(), created.Record, created.Record)
	s.noError(err, "updating a record to itself")
	if receipt.Revision != 0 || !receipt.Record.Equal(created.Record) {
		s.Errorf("an update to the same record returned %v, want revision 0 and the record", receipt)
	}
	b.wantDelivered(feed)
	if changes := feed.recorder.changes(); len(changes) != 1 {
		s.Errorf("one creation and one update to the same were delivered as %v", changes)
	}
	_, err = writer.Update(s.Context(), row("a", "stale", 0), row("a", "stale", 0))
	s.wantCode(err, "an update of a stale record to itself", adapters.Conflict)
}

func testExists(s *suite) {
	b := s.open(Resource{Schema: textKey})
	writer := b.writer()
	b.foreignInsert(row("a", "foreign", 1))
	_, err := writer.Create(s.Context(), row("a", "own", 2))
	s.wantCode(err, "Create", adapters.Exists)
	b.wantStored(row("a", "foreign", 1))
}

func testNotFound(s *suite) {
	b := s.open(Resource{Schema: textKey})
	writer := b.writer()
	created := b.create(row("a", "name", 1))
	b.foreignDelete(key("a"))
	gone := []adapters.Code{adapters.NotFound, adapters.Conflict}
	_, err := writer.Update(s.Context(), created.Record, with(created.Record, 2))
	s.wantCode(err, "Update", gone...)
	_, err = writer.Delete(s.Context(), created.Record)
	s.wantCode(err, "Delete", gone...)
	b.wantStored()
}

func testConflict(s *suite) {
	b := s.open(Resource{Schema: textKey})
	writer := b.writer()
	created := b.create(row("a", "name", 1))
	b.foreignUpdate(row("a", "foreign", 1))
	_, err := writer.Update(s.Context(), created.Record, with(created.Record, 2))
	s.wantCode(err, "Update", adapters.Conflict)
	_, err = writer.Delete(s.Context(), created.Record)
	s.wantCode(err, "Delete", adapters.Conflict)
	b.wantStored(row("a", "foreign", 1))
}

func testNoLostUpdate(s *suite) {
	b := s.open(Resource{Schema: textKey})
	writer := b.writer()
	s.needs(b.Adapter.Capabilities().AtomicWrites, "the backend cannot compare and write in one step")
	feed := b.follow()
	b.create(row("a", "counter", 0))
	const writers, increments = 8, 5
	var running sync.WaitGroup
	for range writers {
		running.Go(func() {
			for range increments {
				if err := b.increment(writer, key("a")); err != nil {
					s.Errorf("incrementing: %v", err)
					return
				}
			}
		})
	}
	running.Wait()
	b.wantStored(row("a", "counter", writers*increments))
	b.wantDelivered(feed)
}

// increment adds one to a record, again and again while others are quicker.
func (b *backend) increment(writer adapters.Writer, key adapters.Key) error {
	ctx, deadline := b.suite.Context(), time.Now().Add(b.suite.harness.Timeout)
	for {
		present, err := b.Adapter.Get(ctx, key)
		if err != nil {
			return err
		}
		_, err = writer.Update(ctx, present, with(present, present.Values[1].Int()+1))
		if err == nil {
			return nil
		}
		nothingDone := adapters.Is(err, adapters.Conflict) || adapters.Is(err, adapters.Unavailable) || adapters.Is(err, adapters.Overloaded)
		if !nothingDone || time.Now().After(deadline) {
			return err
		}
	}
}

func testOneCreation(s *suite) {
	b := s.open(Resource{Schema: textKey})
	writer := b.writer()
	const writers = 8
	results := make(chan error, writers)
	for i := range int64(writers) {
		go func() {
			_, err := writer.Create(s.Context(), row("a", "name", i))
			results <- err
		}()
	}
	succeeded := 0
	for range writers {
		err := <-results
		if err == nil {
			succeeded++
			continue
		}
		s.wantCode(err, "a concurrent Create", adapters.Exists)
	}
	if succeeded != 1 {
		s.Errorf("%d of %d creations of one key succeeded, want 1", succeeded, writers)
	}
}

func testUnique(s *suite) {
	b := s.open(Resource{Schema: textKey, Unique: []string{"name"}})
	writer := b.writer()
	b.foreignInsert(row("a", "taken", 1))
	free := b.create(row("b", "free", 1))
	_, err := writer.Create(s.Context(), row("c", "taken", 1))
	s.wantFieldError(err, "Create", adapters.Conflict, "name", adapters.DuplicateValue)
	_, err = writer.Update(s.Context(), free.Record, row("b", "taken", 1))
	s.wantFieldError(err, "Update", adapters.Conflict, "name", adapters.DuplicateValue)
	b.wantStored(row("a", "taken", 1), row("b", "free", 1))
}

func testRequired(s *suite) {
	b := s.open(Resource{Schema: textKey})
	writer := b.writer()
	created := b.create(row("a", "name", 1))
	nameless := adapters.Record{Key: key("b"), Values: []adapters.Value{adapters.Null, adapters.Int(1), adapters.Null}}
	_, err := writer.Create(s.Context(), nameless)
	s.wantFieldError(err, "Create", adapters.Invalid, "name", adapters.RequiredValue)
	nameless.Key = key("a")
	_, err = writer.Update(s.Context(), created.Record, nameless)
	s.wantFieldError(err, "Update", adapters.Invalid, "name", adapters.RequiredValue)
	b.wantStored(created.Record)
}

func (s *suite) wantFieldError(err error, step string, code adapters.Code, field string, reason adapters.Reason) {
	s.Helper()
	s.wantCode(err, step, code)
	for _, problem := range fieldErrors(err) {
		if problem.Field == field && problem.Reason == reason && problem.Detail != "" {
			return
		}
	}
	s.Errorf("%s returned %v, want one that names the field %s with reason %d and a detail", step, err, field, reason)
}

func testGeneratedKey(s *suite) {
	b := s.open(Resource{Schema: textKey, GeneratedKey: true})
	b.writer()
	feed := b.follow()
	seen := map[string]bool{}
	for i := range int64(3) {
		keyless := row("", fmt.Sprint("name", i), i)
		keyless.Key = nil
		receipt := b.create(keyless)
		if len(receipt.Record.Key) != 1 || receipt.Record.Key.String() == "" || seen[receipt.Record.Key.ID()] {
			s.Errorf("the receipt has the key %q, want one that is new", receipt.Record.Key)
		}
		seen[receipt.Record.Key.ID()] = true
		s.wantChange(feed, receipt, false)
	}
	b.wantDelivered(feed)
}

func testReadOnly(s *suite) {
	b := s.open(Resource{Schema: readOnly})
	writer := b.writer()
	feed := b.follow()
	values := func(name string, balance adapters.Value) adapters.Record {
		return adapters.Record{Key: key("a"), Values: []adapters.Value{adapters.String(name), balance}}
	}
	created := b.create(values("created", adapters.Int(99)))
	if balance := created.Record.Values[1]; balance.Equal(adapters.Int(99)) {
		s.Error("Create wrote a read-only field")
	}
	b.foreignUpdate(values("foreign", adapters.Int(5)))
	present, err := b.Adapter.Get(s.Context(), key("a"))
	s.noError(err, "getting")
	if !present.Equal(values("foreign", adapters.Int(5))) {
		s.Errorf("Get returned %v, want the read-only field as the legacy application left it", present)
	}
	updated, err := writer.Update(s.Context(), present, values("updated", adapters.Int(77)))
	s.noError(err, "updating")
	if want := values("updated", adapters.Int(5)); !updated.Record.Equal(want) {
		s.Errorf("Update stored %v, want %v", updated.Record, want)
	}
	b.wantDelivered(feed)
}

func testExpire(s *suite) {
	b := s.open(Resource{Schema: textKey})
	expirer, ok := b.Adapter.(adapters.Expirer)
	s.needs(ok, "the adapter cannot let records expire")
	writer := b.writer()
	feed := b.follow()
	gone, kept := b.create(row("gone", "name", 1)), b.create(row("kept", "name", 1))
	feed.await(kept.Revision)
	for _, receipt := range []adapters.Receipt{kept, gone} {
		s.noError(expirer.Expire(s.Context(), receipt.Record.Key, receipt.Revision, 200*time.Millisecond), "setting an expiration")
	}
	_, err := writer.Update(s.Context(), kept.Record, with(kept.Record, 2))
	s.noError(err, "updating")
	feed.until("the expiration", func(r *recorder) bool {
		_, there := r.state[gone.Record.Key.ID()]
		return !there
	})
	b.wantStored(with(kept.Record, 2))
	b.wantDelivered(feed)
}

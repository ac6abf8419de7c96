package adaptertest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// orderSentences are about what is delivered, in which order, and how late.
var orderSentences = []sentence{
	{"Changes are delivered in commit order with increasing revisions", testOrder},
	{"Changes committed together are delivered in one Apply", testGroups},
	{"A change of a key is a deletion and a creation", testKeyChange},
	{"What is rolled back is never delivered", testRollback},
	{"A record that comes back is created again", testRecreation},
	{"Head covers every commit that finished before", testHead},
	{"HeadOf covers every commit to the record", testHeadOf},
	{"A change or progress mark at the head follows without further commits", testProgress},
	{"Revisions that were delivered belong to the history", testCheckRevision},
}

func testOrder(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Adapter.Capabilities().ExactHistory, "without an exact history, changes close to each other may be delivered as one")
	feed := b.follow()
	const changes = 50
	b.foreignInsert(row("a", "name", 0))
	for i := range int64(changes) {
		b.foreignUpdate(row("a", "name", i+1))
	}
	b.wantDelivered(feed)
	delivered := feed.recorder.changes()
	if len(delivered) != changes+1 {
		s.Fatalf("%d changes were delivered, want %d", len(delivered), changes+1)
	}
	for i, change := range delivered {
		if got := change.After.Values[1].Int(); got != int64(i) {
			s.Errorf("change %d leaves the amount %d, want %d", i, got, i)
		}
	}
}

func testGroups(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Adapter.Capabilities().ExactHistory, "without an exact history, commits are not delivered one by one")
	b.foreignInsert(row("a", "updated", 0), row("b", "deleted", 0), row("c", "moved", 0))
	feed := b.follow()
	b.foreign(func(tx ForeignTransaction) error {
		return errors.Join(
			tx.Insert(row("d", "inserted", 1)),
			tx.Update(row("a", "updated", 1)),
			tx.Delete(key("b")),
			tx.ChangeKey(key("c"), key("e")))
	})
	b.wantDelivered(feed)
	if groups := feed.recorder.applied(); len(groups) != 1 || len(groups[0]) != 5 {
		s.Errorf("one commit of 5 changes was delivered as %v", groups)
	}
}

func (r *recorder) applied() [][]adapters.Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([][]adapters.Change(nil), r.groups...)
}

func testKeyChange(s *suite) {
	for _, schema := range []adapters.Schema{textKey, compositeKey} {
		b := s.open(Resource{Schema: schema})
		from, to := key("old"), key("new")
		if len(schema.Key) == 2 {
			from, to = key("eu", "1"), key("us", "1") // one part stays
		}
		b.foreignInsert(keyedRow(from, "moved", 7))
		feed := b.follow()
		b.foreign(func(tx ForeignTransaction) error { return tx.ChangeKey(from, to) })
		b.wantDelivered(feed)
		s.wantSame("the feed", feed.recorder.present(), byKey([]adapters.Record{keyedRow(to, "moved", 7)}))
		deleted, created := 0, 0
		for _, change := range feed.recorder.changes() {
			if change.After == nil && change.Key.Equal(from) {
				deleted++
			}
			if change.After != nil && change.Key.Equal(to) {
				created++
			}
		}
		if deleted != 1 || created != 1 {
			s.Errorf("the key change was delivered as %v, want one deletion and one creation", feed.recorder.changes())
		}
	}
}

var errRollback = errors.New("rolled back on purpose")

func testRollback(s *suite) {
	b := s.open(Resource{Schema: textKey})
	b.foreignInsert(row("a", "first", 1))
	feed := b.follow()
	err := b.Foreign.Transaction(s.Context(), func(tx ForeignTransaction) error {
		return errors.Join(tx.Update(row("a", "never", 2)), tx.Insert(row("b", "never", 1)), errRollback)
	})
	if !errors.Is(err, errRollback) {
		s.Fatalf("the transaction returned %v, want the error it was given", err)
	}
	b.foreignInsert(row("c", "after", 1))
	b.wantDelivered(feed)
	for _, change := range feed.recorder.changes() {
		if !change.Key.Equal(key("c")) {
			s.Errorf("a change was delivered that was rolled back: %v", change)
		}
	}
}

func testRecreation(s *suite) {
	b := s.open(Resource{Schema: textKey})
	feed := b.follow()
	for i := range int64(3) {
		b.foreignInsert(row("a", "again", i))
		b.wantDelivered(feed)
		b.foreignDelete(key("a"))
		b.wantDelivered(feed)
	}
	if changes := feed.recorder.changes(); len(changes) != 6 {
		s.Errorf("3 creations and 3 deletions were delivered as %d changes", len(changes))
	}
}

func testHead(s *suite) {
	testCoverage(s, func(b *backend, _ adapters.Key) (adapters.Revision, error) { return b.Adapter.Head(s.Context()) })
}

func testHeadOf(s *suite) {
	testCoverage(s, func(b *backend, key adapters.Key) (adapters.Revision, error) {
		heads, ok := b.Adapter.(adapters.KeyHead)
		s.needs(ok, "the adapter has no HeadOf")
		return heads.HeadOf(s.Context(), key)
	})
}

// testCoverage lets several writers ask after each commit how far the feed must have
// come, and looks whether their commit is there then.
func testCoverage(s *suite, ask func(b *backend, key adapters.Key) (adapters.Revision, error)) {
	b := s.open(Resource{Schema: textKey})
	if _, err := ask(b, key("none")); err != nil {
		s.Fatalf("asking for the head: %v", err)
	}
	feed := b.follow()
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range int64(10) {
				record := row(fmt.Sprintf("w%d", w), "name", i)
				err := b.Foreign.Transaction(s.Context(), func(tx ForeignTransaction) error {
					if i == 0 {
						return tx.Insert(record)
					}
					return tx.Update(record)
				})
				if err != nil {
					s.Errorf("writing %s: %v", record.Key, err)
					return
				}
				head, err := ask(b, record.Key)
				if err != nil {
					s.Errorf("asking for the head: %v", err)
					return
				}
				reached := feed.recorder.wait(s.harness.Timeout, func(r *recorder) bool { return r.position >= head && !r.inLoad })
				if !reached {
					s.Errorf("the feed did not reach the head %s", head)
					return
				}
				if got := feed.recorder.present()[record.Key.ID()]; !got.Equal(record) {
					s.Errorf("at the head %s the feed has %v, and %v was committed before", head, got, record)
				}
			}
		})
	}
	writers.Wait()
}

func testProgress(s *suite) {
	b := s.open(Resource{Schema: textKey})
	feed := b.follow()
	feed.await(b.head())
	if b.MoveRevision == nil {
		return
	}
	for range 3 {
		b.MoveRevision(s.T)
		feed.await(b.head())
	}
	if changes := feed.recorder.changes(); len(changes) != 0 {
		s.Errorf("changes were delivered and nothing had changed: %v", changes)
	}
}

func testCheckRevision(s *suite) {
	b := s.open(Resource{Schema: textKey})
	checker, ok := b.Adapter.(adapters.RevisionChecker)
	s.needs(ok, "the adapter accepts every revision")
	feed := b.follow()
	b.foreignInsert(row("a", "first", 1), row("b", "second", 2))
	b.wantDelivered(feed)
	revisions := []adapters.Revision{b.head(), feed.recorder.states[0].At}
	for _, change := range feed.recorder.changes() {
		revisions = append(revisions, change.Revision)
	}
	for _, revision := range revisions {
		if err := checker.CheckRevision(s.Context(), revision); err != nil {
			s.Errorf("revision %s was delivered, and CheckRevision returned %v", revision, err)
		}
	}
}

package adaptertest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// syncSentences are about where a Sync starts and how it ends.
var syncSentences = []sentence{
	{"Sync from zero delivers the full state", testFullState},
	{"The full state of an empty resource is empty", testEmptyState},
	{"A large full state is complete", testLargeState},
	{"The full state and the changes after it leave no gap", testLoadUnderWrites},
	{"Sync from an earlier delivery goes on after it", testResume},
	{"Sync from a revision of no history begins with the full state", testUnknownRevision},
	{"Sync returns nil when its context has ended", testContextEnd},
	{"Sync ends in the middle of a delivery that blocks", testContextEndWhileBlocked},
	{"Sync can be repeated", testRepeatedSync},
	{"A slow sink delays nobody", testSlowSink},
}

func testFullState(s *suite) {
	for _, schema := range []adapters.Schema{textKey, compositeKey} {
		b := s.open(Resource{Schema: schema})
		var records []adapters.Record
		for i := range 3 {
			parts := []string{"eu", fmt.Sprint("c", i)}[2-len(schema.Key):]
			records = append(records, keyedRow(key(parts...), "name", int64(i)))
		}
		b.foreignInsert(records...)
		feed := b.follow()
		s.wantSame("the full state", feed.recorder.present(), byKey(records))
		if resets := feed.recorder.resetCount(); resets != 1 {
			s.Errorf("Reset was called %d times, want once", resets)
		}
	}
}

func testEmptyState(s *suite) {
	b := s.open(Resource{Schema: textKey})
	feed := b.follow()
	s.wantSame("the full state", feed.recorder.present(), nil)
	b.foreignInsert(row("a", "first", 1))
	b.wantDelivered(feed)
}

func testLargeState(s *suite) {
	b := s.open(Resource{Schema: compositeKey})
	const records = 3000
	b.foreign(func(tx ForeignTransaction) error {
		for i := range records {
			// Neighbours in key order share the first part over a chunk's length and more.
			if err := tx.Insert(keyedRow(key(fmt.Sprint("r", i/1100), fmt.Sprintf("%05d", i)), "name", int64(i))); err != nil {
				return err
			}
		}
		return nil
	})
	feed := b.follow()
	if got := len(feed.recorder.present()); got != records {
		s.Errorf("the full state has %d records, want %d", got, records)
	}
	b.wantDelivered(feed)
}

func testLoadUnderWrites(s *suite) {
	b := s.open(Resource{Schema: textKey})
	b.foreign(func(tx ForeignTransaction) error {
		for i := range 1000 {
			if err := tx.Insert(row(fmt.Sprintf("%04d", i), "before", 0)); err != nil {
				return err
			}
		}
		return nil
	})
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			err := b.Foreign.Transaction(s.Context(), func(tx ForeignTransaction) error {
				return tx.Update(row(fmt.Sprintf("%04d", (i*371)%1000), "during", int64(i+1)))
			})
			if err != nil {
				s.Errorf("updating while the full state is read: %v", err)
				return
			}
		}
	})
	feed := b.start(b.Adapter, 0, newRecorder(s, b, nil))
	loaded := feed.recorder.wait(s.harness.Timeout, func(r *recorder) bool { return len(r.states) > 0 })
	close(stop)
	writer.Wait()
	if !loaded {
		s.Fatal("the full state was not delivered while another writer wrote")
	}
	b.wantDelivered(feed)
}

func testResume(s *suite) {
	b := s.open(Resource{Schema: textKey})
	b.foreignInsert(row("a", "kept", 1), row("b", "deleted", 1))
	first := b.follow()
	b.wantDelivered(first)
	first.stop()
	b.foreignInsert(row("c", "added", 1))
	b.foreignUpdate(row("a", "changed", 2))
	b.foreignDelete(key("b"))

	second := b.resume(b.Adapter, first)
	b.wantDelivered(second)
	if !b.Adapter.Capabilities().ExactHistory {
		return // it may begin with the full state
	}
	if second.recorder.resetCount() != 0 {
		s.Error("an adapter with an exact history began with the full state")
	}
	if changes := second.recorder.changes(); len(changes) != 3 {
		s.Errorf("%d changes were delivered, want 3: %v", len(changes), changes)
	}
}

func testUnknownRevision(s *suite) {
	b := s.open(Resource{Schema: textKey})
	b.foreignInsert(row("a", "first", 1))
	sink := newRecorder(s, b, nil)
	sink.position = adapters.MaxRevision - 1
	feed := b.start(b.Adapter, sink.position, sink)
	feed.until("the full state", func(r *recorder) bool { return len(r.states) > 0 })
	b.wantDelivered(feed)
}

func testContextEnd(s *suite) {
	b := s.open(Resource{Schema: textKey})
	feed := b.follow()
	feed.stop()
	b.foreignInsert(row("a", "later", 1)) // the ended feed's recorder objects to being told
	another := b.follow()
	b.wantDelivered(another)
	another.stop()

	// A context that has ended before the call.
	sink := newRecorder(s, b, nil)
	if err := b.Adapter.Sync(cancelled(s.Context()), 0, sink); err != nil {
		s.Errorf("Sync with an ended context returned %v, want nil", err)
	}
}

// blocker makes a recorder block at a call until its context ends.
func blocker(ctx context.Context, at string) (before func(call string), blocked <-chan struct{}) {
	reached := make(chan struct{})
	var once sync.Once
	return func(call string) {
		if call != at {
			return
		}
		once.Do(func() { close(reached) })
		<-ctx.Done()
	}, reached
}

func testContextEndWhileBlocked(s *suite) {
	for _, call := range []string{"Reset", "Load", "Loaded", "Apply"} {
		b := s.open(Resource{Schema: textKey})
		b.foreignInsert(row("a", "first", 1))
		ctx, cancel := context.WithCancel(s.Context())
		sink := newRecorder(s, b, nil)
		var blocked <-chan struct{}
		sink.before, blocked = blocker(ctx, call)
		ended := make(chan error, 1)
		go func() { ended <- b.Adapter.Sync(ctx, 0, sink) }()
		if call == "Apply" {
			loaded := sink.wait(s.harness.Timeout, func(r *recorder) bool { return len(r.states) > 0 })
			if !loaded {
				s.Error("the full state was not delivered")
			}
			b.foreignInsert(row("b", "second", 2))
		}
		s.awaitSignal(blocked, "Sink."+call)
		cancel()
		select {
		case err := <-ended:
			sink.ended.Store(true)
			if err != nil {
				s.Errorf("Sync returned %v after its context had ended within %s, want nil", err, call)
			}
		case <-time.After(s.harness.Timeout):
			s.Fatalf("Sync did not return after its context had ended within %s", call)
		}
	}
}

func (s *suite) awaitSignal(signal <-chan struct{}, what string) {
	s.Helper()
	select {
	case <-signal:
	case <-time.After(s.harness.Timeout):
		s.Fatalf("%s did not come in %s", what, s.harness.Timeout)
	}
}

func testRepeatedSync(s *suite) {
	b := s.open(Resource{Schema: textKey})
	for i := range int64(3) {
		b.foreignInsert(row(fmt.Sprint(i), "name", i))
		feed := b.follow()
		b.wantDelivered(feed)
		feed.stop()
	}
}

func testSlowSink(s *suite) {
	b := s.open(Resource{Schema: textKey})
	reached, release := make(chan struct{}), make(chan struct{})
	var once, released sync.Once
	free := func() { released.Do(func() { close(release) }) }
	sink := newRecorder(s, b, nil)
	sink.before = func(call string) {
		if call == "Apply" {
			once.Do(func() { close(reached) })
			<-release
		}
	}
	feed := b.start(b.Adapter, 0, sink)
	s.Cleanup(free) // before the feed is stopped
	feed.until("the full state", func(r *recorder) bool { return len(r.states) > 0 })
	b.foreignInsert(row("first", "blocks", 0))
	s.awaitSignal(reached, "Sink.Apply")
	for i := range int64(20) {
		b.foreignInsert(row(fmt.Sprint(i), "foreign", i))
	}
	head := b.head()
	free()
	feed.await(head)
	b.wantDelivered(feed)
}

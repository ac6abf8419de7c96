package mirror

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
)

// loaded returns a mirror with an empty state at revision 1, fed by the test.
func loaded(t testing.TB, config Config) (*Mirror, *sink) {
	m, feed := newFed(t, config)
	feed.Reset("start")
	feed.Loaded(adapters.State{At: 1})
	return m, feed
}

// changes returns one change for each revision from first to last.
func changes(first, last adapters.Revision) []adapters.Change {
	var made []adapters.Change
	for revision := first; revision <= last; revision++ {
		record := textRecord("k", revision.String())
		made = append(made, adapters.Change{Revision: revision, Key: record.Key, After: &record})
	}
	return made
}

func watchFrom(t testing.TB, m *Mirror, revision adapters.Revision, options WatchOptions) *Watcher {
	t.Helper()
	watcher, err := m.Watch(revision, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watcher.Stop)
	return watcher
}

// TestTransactionBeyondTheBounds: a transaction far larger than the history does not
// throw off watchers that read, and is forgotten when they have.
func TestTransactionBeyondTheBounds(t *testing.T) {
	m, feed := loaded(t, Config{History: Bounds{Events: 10}, HistoryForWatchers: Bounds{Events: 100_000}})
	watcher := watchFrom(t, m, 1, WatchOptions{})
	feed.Apply(changes(2, 20_001))
	for next := adapters.Revision(2); next <= 20_001; {
		batch, err := watcher.Next(t.Context(), nil)
		if err != nil {
			t.Fatalf("at revision %s: %v", next, err)
		}
		for _, event := range batch.Events {
			if event.Revision != next {
				t.Fatalf("revision %s came instead of %s", event.Revision, next)
			}
			next++
		}
	}
	feed.Apply(changes(20_002, 20_002))
	feed.Apply(changes(20_003, 20_003))
	if status := m.Status(); status.Events > 11 || status.HistoryBytes > 11*(eventOverhead+10) {
		t.Errorf("%d events and %d bytes are kept after everybody has read", status.Events, status.HistoryBytes)
	}
}

// TestSlowWatcherIsCutOff: beyond the higher bounds, and when it doesn't read at all.
func TestSlowWatcherIsCutOff(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m, feed := loaded(t, Config{
		History: Bounds{Events: 10}, HistoryForWatchers: Bounds{Events: 50}, Now: func() time.Time { return now },
	})
	slow, other := watchFrom(t, m, 1, WatchOptions{}), watchFrom(t, m, 1, WatchOptions{})
	feed.Apply(changes(2, 51))
	if m.Status().Events != 50 {
		t.Errorf("%d events are kept for the watchers", m.Status().Events)
	}
	feed.Apply(changes(52, 52))
	if _, err := slow.Next(t.Context(), nil); !adapters.Is(err, adapters.Expired) {
		t.Errorf("a watcher beyond the bounds: %v", err)
	}
	stalled := watchFrom(t, m, 52, WatchOptions{})
	other.Stop()
	now = now.Add(2 * time.Minute)
	feed.Apply(changes(53, 90))
	feed.Apply(changes(91, 91))
	feed.Apply(changes(92, 92))
	feed.Apply(changes(93, 93))
	if _, err := stalled.Next(t.Context(), nil); !adapters.Is(err, adapters.Expired) {
		t.Errorf("a watcher that has read nothing for two minutes: %v", err)
	}
}

// TestHistoryBounds: bytes and age count as well.
func TestHistoryBounds(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m, feed := loaded(t, Config{History: Bounds{Bytes: 10 * (eventOverhead + 2), Age: time.Minute}, Now: func() time.Time { return now }})
	feed.Apply(changes(10, 40))
	if status := m.Status(); status.Events != 10 || status.Floor != 30 {
		t.Errorf("%d events are kept from %s on", status.Events, status.Floor)
	}
	now = now.Add(61 * time.Second)
	feed.Progress(41)
	if status := m.Status(); status.Events != 0 || status.Floor != 40 || status.HistoryBytes != 0 {
		t.Errorf("%d events are kept from %s on after a minute", status.Events, status.Floor)
	}
	if m.Compacted() != 40 {
		t.Errorf("compacted at %s", m.Compacted())
	}
}

// TestPinnedSnapshots: what a paged list began on outlives the history, for a while.
func TestPinnedSnapshots(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	m, feed := loaded(t, Config{History: Bounds{Events: 1}, Pinned: 2, PinnedAge: time.Minute, Now: func() time.Time { return now }})
	for revision := adapters.Revision(2); revision < 6; revision++ {
		feed.Apply(changes(revision, revision))
		present, err := m.Present()
		if err != nil {
			t.Fatal(err)
		}
		m.Pin(present)
		now = now.Add(time.Second)
	}
	feed.Apply(changes(6, 9))
	for revision, want := range map[adapters.Revision]bool{2: false, 3: false, 4: true, 5: true} {
		snapshot, err := m.At(revision)
		if (err == nil) != want || err == nil && snapshot.Get("k").Image != revision.String() {
			t.Errorf("At(%s): %v, %v", revision, snapshot, err)
		}
	}
	now = now.Add(2 * time.Minute)
	feed.Progress(10)
	if _, err := m.At(5); !adapters.Is(err, adapters.Expired) {
		t.Errorf("after two minutes: %v", err)
	}
}

// TestProgress: asked for or by itself, it comes after all events before it.
func TestProgress(t *testing.T) {
	m, feed := loaded(t, Config{})
	watcher, deaf := watchFrom(t, m, 1, WatchOptions{ProgressNotify: true}), watchFrom(t, m, 1, WatchOptions{})
	feed.Apply(changes(2, 3))
	m.RequestProgress()
	batch, err := watcher.Next(within(t), nil)
	if err != nil || len(batch.Events) != 2 || !batch.Progress || batch.Position != 3 {
		t.Errorf("asked for: %+v, %v", batch, err)
	}
	feed.Progress(9)
	batch, err = watcher.Next(within(t), nil)
	if err != nil || len(batch.Events) != 0 || !batch.Progress || batch.Position != 9 {
		t.Errorf("by itself: %+v, %v", batch, err)
	}
	if _, err := deaf.Next(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	alarm := make(chan time.Time, 1)
	alarm <- time.Time{}
	if batch, err := deaf.Next(within(t), alarm); err != nil || !batch.Alarm || batch.Progress || batch.Position != 9 {
		t.Errorf("an alarm: %+v, %v", batch, err)
	}
}

// TestConcurrentUse lets writers, readers and watchers loose on one mirror; each watcher
// must end with the table.
func TestConcurrentUse(t *testing.T) {
	table := memory.New(memory.Config{Schema: textSchema})
	m := run(t, table, Config{History: Bounds{Events: 100}})
	if err := m.WaitSynced(within(t)); err != nil {
		t.Fatal(err)
	}
	const writes, writers, watchers = 300, 3, 8
	var reading, writing sync.WaitGroup
	ctx, stop := context.WithCancel(within(t))
	results := make(chan map[string]string, watchers)
	end := make(chan struct{})
	for range watchers {
		snapshot, watcher, err := m.WatchPresent(WatchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		reading.Go(func() {
			defer watcher.Stop()
			results <- replay(ctx, t, snapshot, watcher, end)
		})
	}
	reading.Go(func() { readAtRandom(ctx, t, m) })
	for writer := range writers {
		writing.Go(func() {
			for i := range writes {
				writeAtRandom(t, table, fmt.Sprintf("%d-%d", writer, rand.IntN(20)), fmt.Sprint(i))
			}
		})
	}
	writing.Wait()
	head, err := table.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WaitFor(ctx, head); err != nil {
		t.Fatal(err)
	}
	close(end)
	present, err := m.Present()
	if err != nil {
		t.Fatal(err)
	}
	for range watchers {
		if got := <-results; !equalContent(got, contentOf(present)) {
			t.Errorf("a watcher has %v, the state is %v", got, contentOf(present))
		}
	}
	stop()
	reading.Wait()
}

// replay makes a state of a snapshot and the events after it, until it has come to the
// mirror's revision after end is closed.
func replay(ctx context.Context, t *testing.T, snapshot *Snapshot, watcher *Watcher, end <-chan struct{}) map[string]string {
	content := contentOf(snapshot)
	alarm := make(chan time.Time, 1)
	go func() {
		select {
		case <-end:
			alarm <- time.Time{}
		case <-ctx.Done():
		}
	}()
	for {
		batch, err := watcher.Next(ctx, alarm)
		if err != nil {
			t.Errorf("watching: %v", err)
			return content
		}
		for _, event := range batch.Events {
			delete(content, event.Key())
			if event.After != nil {
				content[event.Key()] = event.After.Image.(string)
			}
		}
		select {
		case <-end:
			if batch.Position >= watcher.mirror.Revision() {
				return content
			}
		default:
		}
	}
}

func readAtRandom(ctx context.Context, t *testing.T, m *Mirror) {
	for ctx.Err() == nil {
		present, err := m.Present()
		if err != nil {
			t.Errorf("Present: %v", err)
			return
		}
		if count := len(contentOf(present)); count != present.Len() {
			t.Errorf("a snapshot of %d objects has %d", present.Len(), count)
		}
		past := present.Revision() - min(present.Revision()-1, adapters.Revision(rand.IntN(50)))
		if _, err := m.At(past); err != nil && !adapters.Is(err, adapters.Expired) {
			t.Errorf("At: %v", err)
		}
	}
}

func writeAtRandom(t *testing.T, table *memory.Adapter, key, text string) {
	_, err := table.Transaction(func(tx *memory.Transaction) error {
		record := textRecord(key, text)
		_, err := tx.Get(record.Key)
		switch {
		case adapters.Is(err, adapters.NotFound):
			return tx.Insert(record)
		case rand.IntN(3) == 0:
			return tx.Delete(record.Key)
		default:
			return tx.Update(record)
		}
	})
	if err != nil {
		t.Errorf("write: %v", err)
	}
}

// TestSharedIsSharedAndFreed: readers of an event find what others made of it.
func TestSharedIsSharedAndFreed(t *testing.T) {
	event := &Event{Revision: 1}
	first, second := event.Shared(), event.Shared()
	if first != second {
		t.Fatal("two readers share nothing")
	}
	made := 0
	produce := func() (any, error) { made++; return made, nil }
	failure := errors.New("no")
	if _, err := first.Value("a", func() (any, error) { return nil, failure }); !errors.Is(err, failure) {
		t.Errorf("a failure: %v", err)
	}
	for _, shared := range []*Shared{first, second} {
		if value, err := shared.Value("a", produce); err != nil || value != 1 {
			t.Errorf("Value: %v, %v", value, err)
		}
	}
}

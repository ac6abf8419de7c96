package poll

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

var errDown = adapters.Errorf(adapters.Unavailable, "the server is down")

func TestComparisonDeliversDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := newTable("a", "b", "c", "d", "e"), newRecorder(t)
		defer run(t, New(Config{Source: source}), 0, sink)()
		synctest.Wait()
		if len(sink.state) != 5 || len(sink.resets) != 1 {
			t.Fatalf("loaded %v after %v", sink.state, sink.resets)
		}
		source.set("b", "changed")
		source.set("bb", "new")
		source.remove("d")
		time.Sleep(defaultInterval)
		synctest.Wait()
		if !maps.Equal(sink.state, source.rows) || len(sink.changes) != 3 {
			t.Errorf("the sink has %v after %v, want %v", sink.state, sink.changes, source.rows)
		}
		time.Sleep(5 * defaultInterval)
		synctest.Wait()
		if len(sink.changes) != 3 || len(sink.resets) != 1 {
			t.Errorf("nothing changed, and %v was delivered", sink.changes[3:])
		}
	})
}

func TestComparisonsTakeATwentiethOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTable("a", "b", "c")
		source.pageTime = 500 * time.Millisecond
		defer run(t, New(Config{Source: source, Interval: time.Second}), 0, newRecorder(t))()
		time.Sleep(201 * time.Second)
		if reads, _ := source.counts(); reads < 8 || reads > 12 {
			t.Errorf("%d comparisons of a second each in 200 s, want about 10", reads)
		}
	})
}

func TestHeadSharesComparisons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := newTable("a"), newRecorder(t)
		source.pageTime = 10 * time.Millisecond
		feed := New(Config{Source: source, Interval: time.Hour})
		defer run(t, feed, 0, sink)()
		time.Sleep(time.Second)
		for round := range 20 {
			value := fmt.Sprint("value ", round)
			source.set("a", value)
			heads := make(chan adapters.Revision, 50)
			var callers sync.WaitGroup
			for range cap(heads) {
				callers.Go(func() {
					head, err := feed.Head(t.Context())
					if err != nil {
						t.Errorf("Head returned %v", err)
					}
					heads <- head
				})
			}
			callers.Wait()
			synctest.Wait()
			close(heads)
			for head := range heads {
				if got, at := sink.read("a"); at < head || got != value {
					t.Errorf("at the head %s the sink is at %s with %q, want %q", head, at, got, value)
				}
			}
		}
		if reads, _ := source.counts(); reads > 22 {
			t.Errorf("%d comparisons for 20 rounds", reads)
		}
	})
}

func TestHeadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTable("a")
		source.pageTime = 10 * time.Millisecond
		feed := New(Config{Source: source, Interval: time.Hour})
		defer run(t, feed, 0, newRecorder(t))()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				for ctx.Err() == nil {
					if _, err := feed.Head(ctx); err != nil && ctx.Err() == nil {
						t.Errorf("Head returned %v", err)
					}
				}
			})
		}
		callers.Wait()
		if reads, _ := source.counts(); reads < 50 || reads > 100 {
			t.Errorf("20 callers caused %d comparisons in 10 s, want at most one in 110 ms", reads)
		}
	})
}

func TestHeadOfReadsOneRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := newTable("a", "b", "c"), newRecorder(t)
		source.getTime = time.Millisecond
		feed := New(Config{Source: source, Interval: time.Hour})
		defer run(t, feed, 0, sink)()
		synctest.Wait()
		source.set("b", "changed")
		source.remove("c")
		for name, want := range map[string]string{"a": "initial", "b": "changed", "c": "", "none": ""} {
			head, err := feed.HeadOf(t.Context(), keyOf(name))
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if got, at := sink.read(name); got != want || at < head {
				t.Errorf("at %s the sink has %s = %q, want %q at %s", at, name, got, want, head)
			}
		}
		if reads, gets := source.counts(); reads != 1 || gets != 4 {
			t.Errorf("%d comparisons and %d point reads, want 1 and 4", reads, gets)
		}
	})
}

func TestHeadOfIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTable("a")
		source.getTime = time.Second
		feed := New(Config{Source: source, Interval: time.Hour})
		defer run(t, feed, 0, newRecorder(t))()
		synctest.Wait()
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				if _, err := feed.HeadOf(t.Context(), keyOf("a")); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if _, gets := source.counts(); gets > 3 {
			t.Errorf("100 callers at once caused %d reads", gets)
		}
	})
}

func TestFailuresAreReportedAndMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := newTable("a"), newRecorder(t)
		source.fail(errDown)
		feed := New(Config{Source: source})
		defer run(t, feed, 0, sink)()
		time.Sleep(time.Second)
		synctest.Wait()
		if !errors.Is(sink.unwell, errDown) {
			t.Errorf("Unwell said %v", sink.unwell)
		}
		if _, err := feed.Head(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("Head returned %v", err)
		}
		source.fail(nil)
		time.Sleep(longestRetry)
		synctest.Wait()
		if value, _ := sink.read("a"); value != "initial" || sink.unwell != nil {
			t.Errorf("after the recovery the sink has %q, unwell %v", value, sink.unwell)
		}
		source.fail(errDown)
		time.Sleep(time.Minute)
		synctest.Wait()
		source.set("a", "changed")
		if !errors.Is(sink.unwell, errDown) {
			t.Errorf("Unwell said %v", sink.unwell)
		}
		source.fail(nil)
		time.Sleep(longestRetry)
		synctest.Wait()
		if value, _ := sink.read("a"); value != "changed" || sink.unwell != nil || len(sink.resets) != 1 {
			t.Errorf("after the second recovery the sink has %q, unwell %v, resets %q", value, sink.unwell, sink.resets)
		}
	})
}

func TestSyncContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, first := newTable("a", "b"), newRecorder(t)
		feed := New(Config{Source: source})
		stop := run(t, feed, 0, first)
		synctest.Wait()
		stop()
		source.set("a", "changed")

		_, position := first.read("a")
		stop = run(t, feed, position, first)
		time.Sleep(time.Second)
		stop()
		if value, _ := first.read("a"); value != "changed" || len(first.resets) != 1 {
			t.Errorf("continued with %q after the resets %q", value, first.resets)
		}

		second := newRecorder(t)
		stop = run(t, feed, position, second)
		synctest.Wait()
		stop()
		if len(second.resets) != 1 || second.state["a"] != "changed" {
			t.Errorf("an old position continued: %q, %v", second.resets, second.state)
		}
		if err := feed.CheckRevision(t.Context(), position); err != nil {
			t.Errorf("a delivered revision is %v", err)
		}
		other := New(Config{Source: source, Epoch: 7})
		for _, revision := range []adapters.Revision{position, 1, 1 << 62} {
			if err := other.CheckRevision(t.Context(), revision); !adapters.Is(err, adapters.Expired) {
				t.Errorf("another process's revision %s is %v", revision, err)
			}
		}
	})
}

func TestSecondSyncIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := New(Config{Source: newTable("a")})
		defer run(t, feed, 0, newRecorder(t))()
		synctest.Wait()
		if err := feed.Sync(t.Context(), 0, newRecorder(t)); !adapters.Is(err, adapters.Internal) {
			t.Errorf("a second Sync returned %v", err)
		}
	})
}

// TestOperationsBeatSnapshots feeds keys while a comparison has read an older state of
// them: what the comparison says about them must be ignored.
func TestOperationsBeatSnapshots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := newTable("a", "b", "c", "d"), newRecorder(t)
		source.pageTime = 100 * time.Millisecond
		feed := New(Config{Source: source, Interval: time.Second})
		defer run(t, feed, 0, sink)()
		time.Sleep(300 * time.Millisecond)
		// A page with a and b has been read by then, and not been examined.
		time.Sleep(time.Second + 50*time.Millisecond)
		write := func(name string, after *adapters.Record) adapters.Revision {
			operation, err := feed.Begin(t.Context(), keyOf(name))
			if err != nil {
				t.Fatal(err)
			}
			defer operation.End()
			if after == nil {
				source.remove(name)
			} else {
				source.set(name, after.Values[0].Text())
			}
			return operation.Feed(after)
		}
		changed, created := record("a", "own"), record("aa", "own")
		for name, after := range map[string]*adapters.Record{"a": &changed, "aa": &created, "b": nil} {
			if write(name, after) == 0 {
				t.Errorf("the write of %s has no revision", name)
			}
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !maps.Equal(sink.state, source.rows) || len(sink.changes) != 3 {
			t.Errorf("the sink has %v after %v, want %v", sink.state, sink.changes, source.rows)
		}
	})
}

// TestUnfinishedOperationIsLookedAtAgain covers a write whose outcome is unknown.
func TestUnfinishedOperationIsLookedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := newTable("a", "b", "c"), newRecorder(t)
		feed := New(Config{Source: source, Interval: time.Second})
		defer run(t, feed, 0, sink)()
		synctest.Wait()
		operation, err := feed.Begin(t.Context(), keyOf("a"))
		if err != nil {
			t.Fatal(err)
		}
		source.set("a", "committed and not known")
		time.Sleep(1500 * time.Millisecond)
		if value, _ := sink.read("a"); value != "initial" {
			t.Errorf("a key was reported that an operation worked on: %q", value)
		}
		operation.End()
		operation.End()
		synctest.Wait()
		if value, _ := sink.read("a"); value != "committed and not known" {
			t.Errorf("the sink has %q", value)
		}
	})
}

func TestDuplicateKeysAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecorder(t)
		feed := New(Config{Source: twice{newTable()}})
		defer run(t, feed, 0, sink)()
		synctest.Wait()
		if sink.unwell == nil || !adapters.Is(sink.unwell, adapters.Unavailable) {
			t.Errorf("Unwell said %v", sink.unwell)
		}
	})
}

// twice is a view whose keys are not unique.
type twice struct{ *table }

func (twice) Read(_ context.Context, page func([]adapters.Record) error) error {
	return page([]adapters.Record{record("a", "one"), record("a", "two")})
}

// TestSlowSinkSlowsComparisons bounds the memory of a feed whose sink is slow.
func TestSlowSinkSlowsComparisons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, sink := newTable(), newRecorder(t)
		source.pageSize = 500
		feed := New(Config{Source: source, Interval: time.Second})
		stop := run(t, feed, 0, sink)
		synctest.Wait()
		sink.block = make(chan struct{})
		for i := range 20000 {
			source.set(fmt.Sprintf("%06d", i), "new")
		}
		time.Sleep(10 * time.Second)
		feed.mu.Lock()
		queued := feed.queue.changes
		feed.mu.Unlock()
		if queued > queueRoom+source.pageSize {
			t.Errorf("%d changes are waiting", queued)
		}
		close(sink.block)
		time.Sleep(time.Second)
		synctest.Wait()
		if len(sink.state) != 20000 {
			t.Errorf("%d records arrived", len(sink.state))
		}
		stop()
	})
}

// TestRandomHistories mixes foreign writes, own writes, point reads and comparisons
// of all speeds. For each key the sink must see committed states in their order, and
// whatever was committed before Head or HeadOf was called must be there at the
// revision that it returned.
func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		var failure string
		synctest.Test(t, func(t *testing.T) { failure = randomHistory(t, seed) })
		if failure != "" {
			r.Fatal(failure)
		}
	})
}

func randomHistory(t *testing.T, seed uint64) (failure string) {
	random := rand.New(rand.NewPCG(seed, 1))
	source, sink := newTable(), newRecorder(t)
	source.pageTime = time.Duration(random.IntN(20)) * time.Millisecond
	source.getTime = time.Duration(random.IntN(5)) * time.Millisecond
	source.pageSize = 1 + random.IntN(4)
	feed := New(Config{Source: source, Interval: time.Duration(1+random.IntN(200)) * time.Millisecond})
	defer run(t, feed, 0, sink)()
	var actors sync.WaitGroup
	var mu sync.Mutex
	fail := func(format string, arguments ...any) {
		mu.Lock()
		defer mu.Unlock()
		failure = fmt.Sprintf(format, arguments...)
	}
	for number := range 4 {
		own := rand.New(rand.NewPCG(seed, uint64(number)+2))
		actors.Go(func() {
			// Each actor has keys of its own, so that it knows what is committed.
			for step := range 30 {
				name := fmt.Sprintf("%c%d", 'a'+own.IntN(4), number)
				time.Sleep(time.Duration(own.IntN(30)) * time.Millisecond)
				value := ""
				if own.IntN(3) > 0 {
					value = fmt.Sprintf("%03d", step)
				}
				if own.IntN(2) == 0 {
					ownWrite(t, feed, source, name, value, time.Duration(own.IntN(10))*time.Millisecond)
				} else {
					commit(source, name, value)
				}
				var head adapters.Revision
				var err error
				switch own.IntN(3) {
				case 0:
					head, err = feed.Head(t.Context())
				case 1:
					head, err = feed.HeadOf(t.Context(), keyOf(name))
				default:
					continue
				}
				if err != nil {
					fail("asking for the head: %v", err)
				}
				for {
					got, at := sink.read(name)
					if at >= head && !sink.isLoading() {
						if got != value {
							fail("at the head %s the sink has %s = %q, and %q was committed", head, name, got, value)
						}
						break
					}
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	// Readers whose reads are overtaken by commits.
	readers, stop := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	for number := range 2 {
		own := rand.New(rand.NewPCG(seed, uint64(number)+20))
		reading.Go(func() {
			for readers.Err() == nil {
				if _, err := feed.HeadOf(readers, keyOf(fmt.Sprintf("%c%d", 'a'+own.IntN(4), own.IntN(4)))); err != nil && readers.Err() == nil {
					fail("reading along: %v", err)
				}
				time.Sleep(time.Duration(own.IntN(3)) * time.Millisecond)
			}
		})
	}
	actors.Wait()
	stop()
	reading.Wait()
	if _, err := feed.Head(t.Context()); err != nil {
		fail("the last head: %v", err)
	}
	synctest.Wait()
	if !maps.Equal(sink.state, source.rows) {
		fail("the sink has %v, the table %v", sink.state, source.rows)
	}
	last := map[string]string{}
	for _, change := range sink.changes {
		name := change.Key[0].Text()
		if change.After == nil {
			continue
		}
		value := change.After.Values[0].Text()
		if value <= last[name] {
			fail("%s went from %q back to %q", name, last[name], value)
		}
		last[name] = value
	}
	return failure
}

func (r *recorder) isLoading() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loading || r.position == 0
}

func commit(source *table, name, value string) {
	if value == "" {
		source.remove(name)
		return
	}
	source.set(name, value)
}

// ownWrite commits, and feeds what it committed a while later.
func ownWrite(t *testing.T, feed *Feed, source *table, name, value string, delay time.Duration) {
	operation, err := feed.Begin(t.Context(), keyOf(name))
	if err != nil {
		t.Error(err)
		return
	}
	defer operation.End()
	time.Sleep(delay / 2)
	commit(source, name, value)
	time.Sleep(delay)
	if value == "" {
		operation.Feed(nil)
		return
	}
	after := record(name, value)
	operation.Feed(&after)
}

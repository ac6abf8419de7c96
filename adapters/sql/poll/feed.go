package poll

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Source reads the present state of one resource.
type Source interface {
	// Read hands every record to page, in any number of calls from one goroutine.
	// Each record must have been committed, and be the present one at some moment
	// between the call to Read and the call to page. page may block; nothing of the
	// backend should be held meanwhile. The slice belongs to the reader again when
	// page returns. An error of page ends the reading and is returned.
	Read(ctx context.Context, page func(records []adapters.Record) error) error
	// Get reads one record, or fails with [adapters.NotFound].
	Get(ctx context.Context, key adapters.Key) (adapters.Record, error)
	// Ping fails where the backend cannot be reached.
	Ping(ctx context.Context) error
}

// Config of a [Feed]. Only Source is required.
type Config struct {
	Source Source
	// Epoch of the process, see [NewEpoch].
	Epoch Epoch
	// Interval is the shortest time from the end of one scheduled comparison to the
	// start of the next, 2 s by default. Where comparing takes long, the interval
	// grows, so that scheduled comparisons take at most 5 % of the time.
	Interval time.Duration
	// RequestGap is the shortest time from the end of a comparison to the start of
	// one that [Feed.Head] asks for, 100 ms by default. Where comparing takes
	// longer, the gap is as long as that: at most half of the time goes into
	// comparisons, however many ask.
	RequestGap time.Duration
}

const (
	defaultInterval   = 2 * time.Second
	defaultRequestGap = 100 * time.Millisecond
)

// Feed follows one resource by comparing snapshots. Its methods are safe for
// concurrent use; [Feed.Sync] runs at most once at a time.
type Feed struct {
	source Source
	pace   pace

	mu    sync.Mutex
	clock *clock
	// sequence orders the beginnings of snapshots and operations.
	sequence uint64
	// loaded says that entries is the state that the sink has or will have.
	loaded  bool
	syncing bool
	// broken says why the next Sync cannot continue.
	broken  string
	entries map[string]entry
	locks   map[string]*keyLock
	running *snapshot
	queue   queue
	waiting *attempt

	// asked wakes the goroutine that compares.
	asked chan struct{}
}

// entry is what the feed remembers of a record.
type entry struct {
	key  adapters.Key
	hash hash
	// seen is the sequence of the last snapshot that had the key.
	seen uint64
}

// attempt is a comparison that somebody waits for.
type attempt struct {
	done     chan struct{}
	revision adapters.Revision
	err      error
}

// New returns a feed. It does nothing until its methods are called.
func New(config Config) *Feed {
	return &Feed{
		source:  config.Source,
		pace:    newPace(config),
		clock:   newClock(config.Epoch, time.Now),
		broken:  "first synchronisation",
		entries: map[string]entry{},
		locks:   map[string]*keyLock{},
		queue:   newQueue(),
		asked:   make(chan struct{}, 1),
	}
}

// CheckRevision implements [adapters.RevisionChecker].
func (f *Feed) CheckRevision(_ context.Context, revision adapters.Revision) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock.check(revision)
}

// Sync implements [adapters.Adapter]. A position is known as long as the feed lives
// and no change after it has been delivered.
func (f *Feed) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	reason, err := f.start(from)
	if err != nil {
		return err
	}
	defer f.stop()
	if reason != "" && !f.load(ctx, reason, sink) {
		return nil
	}
	following, cancel := context.WithCancel(ctx)
	var follower sync.WaitGroup
	follower.Go(func() { f.follow(following, reason == "") })
	f.deliver(ctx, sink)
	cancel()
	follower.Wait()
	return nil
}

// start returns why the full state must be delivered, or nothing if delivery can
// continue after from.
func (f *Feed) start(from adapters.Revision) (reason string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.syncing {
		return "", adapters.Errorf(adapters.Internal, "the feed is followed already")
	}
	f.syncing = true
	switch {
	case f.broken != "":
		return f.broken, nil
	case from == 0:
		return "full state requested", nil
	case !f.queue.continues(from):
		return "position " + from.String() + " is not in the history of this process", nil
	}
	return "", nil
}

func (f *Feed) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.syncing = false
	f.finish(f.waiting, errNotFollowed)
	f.waiting = nil
}

// deliver hands the queue to sink until ctx ends.
func (f *Feed) deliver(ctx context.Context, sink adapters.Sink) {
	for {
		f.mu.Lock()
		next, ok := f.queue.pop()
		f.mu.Unlock()
		if !ok {
			select {
			case <-f.queue.filled:
				continue
			case <-ctx.Done():
				return
			}
		}
		next.to(sink)
		if ctx.Err() != nil {
			return
		}
	}
}

// Head implements [adapters.Adapter]: it waits for a comparison that began after the
// call, shared by everybody who waits.
func (f *Feed) Head(ctx context.Context) (adapters.Revision, error) {
	for {
		wanted := f.ask()
		if wanted == nil {
			revision, err := f.headUnfollowed(ctx)
			if revision != 0 || err != nil {
				return revision, err
			}
			continue
		}
		select {
		case <-wanted.done:
			if wanted.err != errNotFollowed {
				return wanted.revision, wanted.err
			}
		case <-ctx.Done():
			return 0, timeout(ctx, "waiting for a comparison with the table")
		}
	}
}

// errNotFollowed ends the wait for a comparison that never came, because Sync ended.
var errNotFollowed = errors.New("the table is not being followed")

// ask returns the comparison that begins next, or nil where nobody compares.
func (f *Feed) ask() *attempt {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.syncing {
		return nil
	}
	if f.waiting == nil {
		f.waiting = &attempt{done: make(chan struct{})}
	}
	notify(f.asked)
	return f.waiting
}

// headUnfollowed answers while no Sync runs: the next one will start from the full
// state, which covers everything before. It returns zero where a Sync has begun
// meanwhile.
func (f *Feed) headUnfollowed(ctx context.Context) (adapters.Revision, error) {
	if err := f.source.Ping(ctx); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.syncing {
		return 0, nil
	}
	if f.broken == "" {
		f.broken = "the head was asked for while the table was not followed"
	}
	return f.clock.next(), nil
}

// finish tells everybody who waits for a how it ended. f.mu is held.
func (f *Feed) finish(a *attempt, err error) {
	if a == nil {
		return
	}
	a.revision, a.err = f.clock.last, err
	close(a.done)
}

// timeout describes the end of ctx while doing something.
func timeout(ctx context.Context, doing string) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return adapters.Errorf(adapters.Timeout, "given up by the caller while %s: %w", doing, ctx.Err())
	}
	return adapters.Errorf(adapters.Timeout, "the deadline passed while %s: %w", doing, ctx.Err())
}

// notify makes the next receive from a channel of capacity one succeed.
func notify(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}

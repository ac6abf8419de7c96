package storage

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/storage"
	utilflowcontrol "k8s.io/apiserver/pkg/util/flowcontrol"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

const (
	// resultBuffer is how many events wait for a client to read them; what comes after
	// waits in the history, which all watches share.
	resultBuffer = 32
	// lastBookmark is how long before its timeout a watch sends a bookmark.
	lastBookmark = 2 * time.Second
)

// watchChannel implements watch.Interface. One goroutine reads the history and sends.
type watchChannel struct {
	store     *Store
	ctx       context.Context
	stop      context.CancelFunc
	results   chan watch.Event
	start     watchStart
	keys      span
	predicate storage.SelectionPredicate
	all       bool
	opts      storage.ListOptions
	deadline  time.Time
	// alarm fires when a bookmark is due, nil where there is none to come.
	alarm *time.Timer
	// marked is the revision of the last bookmark, or where the watch began, and told
	// that of the last event or bookmark.
	marked, told adapters.Revision
}

func newWatchChannel(ctx context.Context, s *Store, start watchStart, keys span, opts storage.ListOptions) *watchChannel {
	ctx, stop := context.WithCancel(ctx)
	c := &watchChannel{
		store:     s,
		ctx:       ctx,
		stop:      stop,
		results:   make(chan watch.Event, resultBuffer),
		start:     start,
		keys:      keys,
		predicate: opts.Predicate,
		all:       opts.Predicate.Empty(),
		opts:      opts,
		marked:    start.after,
		told:      start.after,
	}
	c.deadline, _ = ctx.Deadline()
	return c
}

// Stop implements watch.Interface.
func (c *watchChannel) Stop() { c.stop() }

// ResultChan implements watch.Interface.
func (c *watchChannel) ResultChan() <-chan watch.Event { return c.results }

func (c *watchChannel) run() {
	defer utilruntime.HandleCrashWithContext(c.ctx)
	defer close(c.results)
	defer c.stop()
	defer c.start.events.Stop()
	if !c.sendInitial() {
		return
	}
	utilflowcontrol.WatchInitialized(c.ctx)
	c.follow()
}

// sendInitial sends the state that the watch begins with, and reports whether to go on.
func (c *watchChannel) sendInitial() bool {
	if c.start.initial == nil {
		return true
	}
	ok := true
	c.start.initial.Ascend(c.keys.from, c.keys.to, func(entry *mirror.Entry) bool {
		ok = c.sendAdded(entry)
		return ok
	})
	c.start.initial = nil // what nobody else refers to can be freed
	if ok && wantsInitialEventsEnd(c.opts) {
		return c.sendBookmark(c.start.after, true)
	}
	return ok
}

func (c *watchChannel) sendAdded(entry *mirror.Entry) bool {
	obj, err := c.store.object(entry, entry.Revision)
	if err != nil {
		return c.fail(err)
	}
	if !c.selects(obj) {
		return c.ctx.Err() == nil
	}
	return c.send(watch.Event{Type: watch.Added, Object: obj})
}

// follow sends events and bookmarks until the watch ends.
func (c *watchChannel) follow() {
	c.schedule()
	defer c.unschedule()
	for {
		batch, err := c.start.events.Next(c.ctx, c.alarmed())
		if err != nil {
			c.end(err)
			return
		}
		for _, event := range batch.Events {
			if !c.sendEvent(event) {
				return
			}
		}
		if !c.bookmarkAfter(batch) {
			return
		}
	}
}

// end tells the client why the watch ends, where it doesn't know.
func (c *watchChannel) end(err error) {
	switch {
	case c.ctx.Err() != nil, errors.Is(err, mirror.ErrClosed):
	case adapters.Is(err, adapters.Expired):
		c.fail(apierrors.NewResourceExpired(watchExpired))
	default:
		c.fail(err)
	}
}

// sendEvent sends an event if it concerns the watch, and reports whether to go on.
func (c *watchChannel) sendEvent(event *mirror.Event) bool {
	if !c.keys.contains(event.Key()) {
		return true
	}
	converted, err := c.convert(event)
	if err != nil {
		return c.fail(err)
	}
	if converted == nil {
		return true
	}
	c.told = event.Revision
	return c.send(*converted)
}

// send hands an event to the client, and reports whether to go on.
func (c *watchChannel) send(event watch.Event) bool {
	select {
	case c.results <- event:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// fail sends an error as the last event. It returns false.
func (c *watchChannel) fail(err error) bool {
	c.send(errorEvent(err))
	return false
}

// bookmarkAfter sends a bookmark after a batch where one is due, and reports whether to
// go on.
func (c *watchChannel) bookmarkAfter(batch mirror.Batch) bool {
	if batch.Progress || c.opts.ProgressNotify && batch.Position > c.told {
		return c.sendBookmark(batch.Position, false)
	}
	if !batch.Alarm {
		return true
	}
	c.schedule()
	if batch.Position <= c.marked {
		return true
	}
	return c.sendBookmark(batch.Position, false)
}

func (c *watchChannel) sendBookmark(revision adapters.Revision, initialEventsEnd bool) bool {
	obj, err := c.bookmark(revision, initialEventsEnd)
	if err != nil {
		return c.fail(err)
	}
	c.marked, c.told = revision, revision
	return c.send(watch.Event{Type: watch.Bookmark, Object: obj})
}

func (c *watchChannel) bookmark(revision adapters.Revision, initialEventsEnd bool) (runtime.Object, error) {
	obj := c.store.config.NewFunc()
	if err := c.store.versioner.UpdateObject(obj, uint64(revision)); err != nil {
		return nil, err
	}
	if initialEventsEnd {
		return obj, storage.AnnotateInitialEventsEndBookmark(obj)
	}
	return obj, nil
}

// schedule sets the alarm for the next bookmark: after about the declared period, and
// shortly before the watch times out.
func (c *watchChannel) schedule() {
	c.unschedule()
	c.alarm = nil
	if !c.opts.Predicate.AllowWatchBookmarks {
		return
	}
	now := c.store.config.Now()
	in := wait.Jitter(c.store.config.BookmarkPeriod, 0.25)
	if !c.deadline.IsZero() {
		in = min(in, c.deadline.Add(-lastBookmark).Sub(now))
	}
	if in > 0 {
		c.alarm = time.NewTimer(in)
	}
}

func (c *watchChannel) unschedule() {
	if c.alarm != nil {
		c.alarm.Stop()
	}
}

func (c *watchChannel) alarmed() <-chan time.Time {
	if c.alarm == nil {
		return nil
	}
	return c.alarm.C
}

package poll

import (
	"context"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// follow compares from time to time, and when asked, until ctx ends. It never
// overlaps with itself.
func (f *Feed) follow(ctx context.Context, atOnce bool) {
	pace := f.pace
	pace.start(atOnce)
	for f.turn(ctx, &pace) {
		wanted := f.takeWaiting()
		began := time.Now()
		err := f.compare(ctx)
		if err == nil {
			pace.succeeded(time.Since(began))
		} else {
			pace.failed()
		}
		f.compared(ctx, wanted, err)
	}
}

// takeWaiting returns the comparison that somebody waits for, if any; the one that
// begins now answers it.
func (f *Feed) takeWaiting() *attempt {
	f.mu.Lock()
	defer f.mu.Unlock()
	wanted := f.waiting
	f.waiting = nil
	select {
	case <-f.asked:
	default:
	}
	return wanted
}

// turn waits until the next comparison is due or allowed. It returns false when ctx ended.
func (f *Feed) turn(ctx context.Context, pace *pace) bool {
	timer := time.NewTimer(time.Until(pace.due))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return ctx.Err() == nil
		case <-f.asked:
			if pace.allowed.Before(pace.due) {
				timer.Reset(time.Until(pace.allowed))
			}
		case <-ctx.Done():
			return false
		}
	}
}

// compare reads a snapshot and queues what differs from the entries.
func (f *Feed) compare(ctx context.Context) error {
	f.beginSnapshot()
	defer f.endSnapshot()
	var scratch page
	err := f.source.Read(ctx, func(records []adapters.Record) error {
		if err := f.examine(records, &scratch); err != nil {
			return err
		}
		return f.room(ctx)
	})
	if err != nil {
		return err
	}
	f.absent()
	if err := f.room(ctx); err != nil {
		return err
	}
	return f.resolve(ctx)
}

// room waits until the queue has room for the changes of another page.
func (f *Feed) room(ctx context.Context) error {
	for {
		f.mu.Lock()
		full := f.queue.changes > queueRoom
		f.mu.Unlock()
		if !full {
			return nil
		}
		select {
		case <-f.queue.emptied:
		case <-ctx.Done():
			return timeout(ctx, "waiting for changes to be taken")
		}
	}
}

// compared tells the sink and everybody who waits how a comparison ended.
func (f *Feed) compared(ctx context.Context, wanted *attempt, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.queue.push(delivery{progress: f.clock.last})
		f.finish(wanted, nil)
		return
	}
	if ctx.Err() != nil {
		f.finish(wanted, errNotFollowed)
		return
	}
	f.queue.push(delivery{unwell: err})
	f.finish(wanted, err)
}

package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Sync implements adapters.Adapter. It reads the log at the sink's own pace, so a slow
// sink delays nobody; one that falls behind the log's bound gets the full state again.
// Unlike the contract asks, any number of Syncs may run at a time.
func (a *Adapter) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	position := from
	for ctx.Err() == nil {
		next := a.after(position)
		switch {
		case next.lost != "":
			position = a.load(ctx, next, sink)
		case len(next.groups) > 0:
			position = apply(ctx, next.groups, position, sink)
		case next.head > position:
			sink.Progress(next.head)
			position = next.head
		default:
			next.wait(ctx)
		}
	}
	return nil
}

// delivery is what a feed has to do next.
type delivery struct {
	// lost says why the log cannot continue; records and since are then the full state.
	lost    string
	records []adapters.VersionedRecord
	since   adapters.Revision
	// groups are the commits after the feed's position.
	groups [][]adapters.Change
	// head is the present revision.
	head adapters.Revision
	// moved is closed when there may be more; expires is when time alone makes more,
	// zero for never.
	moved   <-chan struct{}
	expires time.Duration
}

func (a *Adapter) after(position adapters.Revision) delivery {
	a.lock()
	defer a.mu.Unlock()
	next := delivery{head: a.revision, moved: a.moved, expires: a.untilNextExpiration()}
	next.lost = a.lost(position)
	if next.lost != "" {
		next.records = a.table.all()
		next.since = max(a.log.last, 1)
		return next
	}
	next.groups = a.log.after(position)
	return next
}

// lost says why the log cannot continue after position, or nothing where it can.
func (a *Adapter) lost(position adapters.Revision) string {
	switch {
	case position == 0:
		return "the full state was asked for"
	case position > a.revision:
		return fmt.Sprintf("revision %s is beyond the present one, %s", position, a.revision)
	case position < a.log.compacted:
		return fmt.Sprintf("revision %s is older than the log, which begins after %s", position, a.log.compacted)
	default:
		return ""
	}
}

// load delivers the full state and returns the position after it, zero where ctx
// ended before it was complete.
func (a *Adapter) load(ctx context.Context, next delivery, sink adapters.Sink) adapters.Revision {
	sink.Reset(next.lost)
	for rest := next.records; len(rest) > 0; {
		if ctx.Err() != nil {
			return 0
		}
		size := min(len(rest), a.config.LoadSize)
		sink.Load(rest[:size])
		rest = rest[size:]
	}
	if ctx.Err() != nil {
		return 0
	}
	sink.Loaded(adapters.State{At: next.head, Since: next.since})
	return next.head
}

// apply delivers commits and returns the position after the last one delivered.
func apply(ctx context.Context, groups [][]adapters.Change, position adapters.Revision, sink adapters.Sink) adapters.Revision {
	for _, group := range groups {
		if ctx.Err() != nil {
			return position
		}
		sink.Apply(group)
		position = lastRevision(group)
	}
	return position
}

func (d delivery) wait(ctx context.Context) {
	var expired <-chan time.Time
	if d.expires > 0 {
		timer := time.NewTimer(d.expires)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-ctx.Done():
	case <-d.moved:
	case <-expired:
	}
}

package sql

import (
	"context"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// ownKept is how long a group is remembered that no write has asked for yet: the log
// may bring a commit before the connection that made it has its answer.
const ownKept = 2 * time.Minute

// ownWrites finds the bridge's own commits in the log.
type ownWrites struct {
	mu sync.Mutex
	// groups are the revisions of the groups seen last, by their id.
	groups map[string]ownGroup
	order  []ownGroup
	// changed is closed, and replaced, when something was seen.
	changed chan struct{}
	unwell  error
	// syncing is true while the log is delivered to anybody.
	syncing bool
	// reloads counts the full states that were delivered.
	reloads int
}

type ownGroup struct {
	id   string
	at   time.Time
	last adapters.Revision
}

func newOwnWrites() *ownWrites {
	return &ownWrites{groups: map[string]ownGroup{}, changed: make(chan struct{})}
}

// seen notes a group that was delivered: the revision of its last change of the
// table, or of its end where it changed nothing that the resource shows.
func (o *ownWrites) seen(group *binlog.Group, changes []adapters.Change, end adapters.Revision) {
	o.mu.Lock()
	defer o.mu.Unlock()
	last := end
	if n := len(changes); n > 0 {
		last = changes[n-1].Revision
	}
	o.forget(time.Now().Add(-ownKept))
	if group.GTID != "" {
		noted := ownGroup{id: group.GTID, at: time.Now(), last: last}
		o.groups[group.GTID] = noted
		o.order = append(o.order, noted)
	}
	o.notify()
}

func (o *ownWrites) forget(before time.Time) {
	for len(o.order) > 0 && o.order[0].at.Before(before) {
		delete(o.groups, o.order[0].id)
		o.order = o.order[1:]
	}
}

func (o *ownWrites) notify() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// wait returns the revision of the group with this id. It returns zero where the group
// cannot be waited for: nobody follows the log any more, or the history was cut, and
// the group may be part of the state that was read instead.
func (o *ownWrites) wait(ctx context.Context, id string) (adapters.Revision, error) {
	reloads := -1
	for {
		o.mu.Lock()
		group, found := o.groups[id]
		changed, following := o.changed, o.syncing && (reloads < 0 || reloads == o.reloads)
		reloads = o.reloads
		o.mu.Unlock()
		if found {
			return group.last, nil
		}
		if !following {
			return 0, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, adapters.Errorf(adapters.Unconfirmed, "the change is committed, but the log has not shown it in time: %w", ctx.Err())
		}
	}
}

// reloaded notes that a full state was delivered.
func (o *ownWrites) reloaded() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reloads++
	o.notify()
}

// setUnwell notes that the log cannot be read at the moment, or nil that it can.
func (o *ownWrites) setUnwell(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.unwell = err
}

// healthy returns why a write must not be started: its event would not be seen.
func (o *ownWrites) healthy() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.unwell
}

func (o *ownWrites) setFollowing(following bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.syncing, o.unwell = following, nil
	o.notify()
}

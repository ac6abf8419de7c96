package poll

import "github.com/bridge-apiserver/bridge-apiserver/adapters"

const (
	// queueRoom is the number of waiting changes above which a comparison pauses.
	queueRoom = 4096
	// queueLimit is the number of changes kept while nobody follows the feed.
	queueLimit = 65536
)

// delivery is one call of a sink to come.
type delivery struct {
	changes  []adapters.Change
	progress adapters.Revision
	unwell   error
}

func (d delivery) to(sink adapters.Sink) {
	switch {
	case d.unwell != nil:
		sink.Unwell(d.unwell)
	case len(d.changes) > 0:
		sink.Apply(d.changes)
	default:
		sink.Progress(d.progress)
	}
}

// revision is the one that a sink has reached after the delivery.
func (d delivery) revision() adapters.Revision {
	if n := len(d.changes); n > 0 {
		return d.changes[n-1].Revision
	}
	return d.progress
}

// queue holds what is to be delivered. The feed's mutex guards it.
type queue struct {
	deliveries []delivery
	changes    int
	// lastChange and last are the revisions of what was handed out.
	lastChange adapters.Revision
	last       adapters.Revision
	// pushed is the highest revision ever queued.
	pushed adapters.Revision
	// filled and emptied wake the deliverer, and a comparison that waits for room.
	filled  chan struct{}
	emptied chan struct{}
}

func newQueue() queue {
	return queue{filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1)}
}

func (q *queue) push(d delivery) {
	q.deliveries = append(q.deliveries, d)
	q.changes += len(d.changes)
	q.pushed = max(q.pushed, d.revision())
	notify(q.filled)
}

func (q *queue) pop() (delivery, bool) {
	if len(q.deliveries) == 0 {
		return delivery{}, false
	}
	d := q.deliveries[0]
	q.deliveries[0] = delivery{}
	q.deliveries = q.deliveries[1:]
	if len(q.deliveries) == 0 {
		q.deliveries = nil
	}
	q.changes -= len(d.changes)
	q.last = max(q.last, d.revision())
	if len(d.changes) > 0 {
		q.lastChange = d.revision()
	}
	if q.changes <= queueRoom {
		notify(q.emptied)
	}
	return d, true
}

// restart forgets everything: the state that follows is exact at revision.
func (q *queue) restart(revision adapters.Revision) {
	q.deliveries, q.changes = nil, 0
	q.lastChange, q.last, q.pushed = revision, revision, revision
}

// continues tells whether a sink that has seen everything up to from can be served
// from the queue: nothing after from has been handed out.
func (q *queue) continues(from adapters.Revision) bool {
	return from >= q.lastChange && from <= q.last
}

package mirror

import (
	"sort"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Bounds limits how much history is kept. Zero fields are replaced by defaults.
type Bounds struct {
	// Events is a number of events.
	Events int
	// Bytes is an estimate of the memory that events keep from being freed.
	Bytes int64
	// Age is the time since an event was received.
	Age time.Duration
}

func (b Bounds) orDefault(defaults Bounds) Bounds {
	if b.Events <= 0 {
		b.Events = defaults.Events
	}
	if b.Bytes <= 0 {
		b.Bytes = defaults.Bytes
	}
	if b.Age <= 0 {
		b.Age = defaults.Age
	}
	return b
}

// history is a ring of the latest events. Each has a sequence number, one higher than
// the event before it.
type history struct {
	ring  []*Event
	start int
	count int
	// first is the sequence number of the oldest event.
	first uint64
	bytes int64
	// floor is the lowest revision that the history reaches back to: every event
	// after it is there.
	floor adapters.Revision
	// compacted is floor where events were forgotten, zero where none have been yet.
	compacted adapters.Revision
}

// next is the sequence number that the next event gets.
func (h *history) next() uint64 { return h.first + uint64(h.count) }

func (h *history) at(sequence uint64) *Event {
	return h.ring[(h.start+int(sequence-h.first))%len(h.ring)]
}

func (h *history) append(event *Event) {
	if h.count == len(h.ring) {
		h.resize(max(2*len(h.ring), 64))
	}
	h.ring[(h.start+h.count)%len(h.ring)] = event
	h.count++
	h.bytes += event.cost()
}

func (h *history) dropOldest() {
	event := h.ring[h.start]
	h.ring[h.start] = nil
	h.start = (h.start + 1) % len(h.ring)
	h.count--
	h.first++
	h.bytes -= event.cost()
	h.floor = max(h.floor, event.Revision)
	h.compacted = h.floor
	if len(h.ring) > 1024 && h.count < len(h.ring)/4 {
		h.resize(len(h.ring) / 2)
	}
}

func (h *history) resize(length int) {
	ring := make([]*Event, length)
	for i := range h.count {
		ring[i] = h.ring[(h.start+i)%len(h.ring)]
	}
	h.ring, h.start = ring, 0
}

// after returns the sequence number of the first event after revision.
func (h *history) after(revision adapters.Revision) uint64 {
	return h.first + uint64(sort.Search(h.count, func(i int) bool {
		return h.at(h.first+uint64(i)).Revision > revision
	}))
}

// compact forgets everything at or before revision.
func (h *history) compact(revision adapters.Revision) {
	for h.count > 0 && h.at(h.first).Revision <= revision {
		h.dropOldest()
	}
	if revision > h.floor {
		h.floor, h.compacted = revision, revision
	}
}

// restart begins a new history at a revision. Sequence numbers go on, so that an old
// one is never taken for a new one.
func (h *history) restart(floor adapters.Revision) {
	*h = history{first: h.next(), floor: floor}
}

// exceeds reports whether the oldest event is beyond the bounds.
func (h *history) exceeds(bounds Bounds, now time.Time) bool {
	return h.count > bounds.Events || h.bytes > bounds.Bytes ||
		now.UnixNano()-h.at(h.first).at > int64(bounds.Age)
}

// trim forgets events beyond bounds, except that those which an active watcher has
// still to read, from the sequence number needed on, are kept up to the higher bounds.
func (h *history) trim(bounds, forWatchers Bounds, now time.Time, needed func() uint64) {
	for h.count > 0 && h.exceeds(bounds, now) {
		if h.first >= needed() && !h.exceeds(forWatchers, now) {
			return
		}
		h.dropOldest()
	}
}

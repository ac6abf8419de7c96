package mirror

import (
	"sync"
	"weak"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Event is one change of one object. It is immutable, and shared by all watchers.
type Event struct {
	// Revision of the change, unique within the resource.
	Revision adapters.Revision
	// Before is the object before the change, nil where it did not exist.
	Before *Entry
	// After is the object after the change, nil where it no longer exists.
	After *Entry

	// at is when the event was received, in nanoseconds since 1970.
	at int64

	mu     sync.Mutex
	shared weak.Pointer[Shared]
}

// Shared is a place for what one reader of an event has made of it and others can
// use, such as encoded bytes. It lives only as long as somebody refers to it: a
// history full of events that everybody has read holds no encodings.
type Shared struct {
	mu     sync.Mutex
	values map[any]any
}

// Key returns the object's key.
func (e *Event) Key() string {
	if e.After != nil {
		return e.After.Key
	}
	return e.Before.Key
}

// Shared returns the place that all present readers of this event share.
func (e *Event) Shared() *Shared {
	e.mu.Lock()
	defer e.mu.Unlock()
	if shared := e.shared.Value(); shared != nil {
		return shared
	}
	shared := &Shared{}
	e.shared = weak.Make(shared)
	return shared
}

// Value returns what is kept under key, and has it made where nothing is. An error is
// not kept.
func (s *Shared) Value(key any, produce func() (any, error)) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if value, ok := s.values[key]; ok {
		return value, nil
	}
	value, err := produce()
	if err != nil {
		return nil, err
	}
	if s.values == nil {
		s.values = map[any]any{}
	}
	s.values[key] = value
	return value, nil
}

// eventOverhead is what an event costs in memory besides the image before it. The
// image after it belongs to the state, or is the image before a later event.
const eventOverhead = 160

func (e *Event) cost() int64 {
	if e.Before == nil {
		return eventOverhead
	}
	return eventOverhead + int64(e.Before.Size)
}

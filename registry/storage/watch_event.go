package storage

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// side says which object of an event is meant.
type side int

const (
	beforeSide side = iota
	afterSide
)

// convert returns what an event means to this watch: an object that begins to be
// selected is added, one that ceases to be is deleted. Nil means nothing.
func (c *watchChannel) convert(event *mirror.Event) (*watch.Event, error) {
	shared := event.Shared()
	after, err := c.sharedObject(shared, afterSide, event.After, event.Revision)
	if err != nil {
		return nil, err
	}
	var before *sharedObject
	if event.After == nil || !c.all {
		if before, err = c.sharedObject(shared, beforeSide, event.Before, event.Revision); err != nil {
			return nil, err
		}
	}
	was := event.Before != nil && (c.all || c.selects(before.object))
	is := after != nil && (c.all || c.selects(after.object))
	switch {
	case is && !was:
		return &watch.Event{Type: watch.Added, Object: after}, nil
	case is:
		return &watch.Event{Type: watch.Modified, Object: after}, nil
	case was:
		return &watch.Event{Type: watch.Deleted, Object: before}, nil
	default:
		return nil, nil
	}
}

// sharedObject returns an object of an event as all watches share it, with the event's
// revision. It is nil where the entry is.
func (c *watchChannel) sharedObject(shared *mirror.Shared, which side, entry *mirror.Entry, revision adapters.Revision) (*sharedObject, error) {
	if entry == nil {
		return nil, nil
	}
	value, err := shared.Value(which, func() (any, error) {
		obj, err := c.store.object(entry, revision)
		if err != nil {
			return nil, err
		}
		return &sharedObject{object: obj, home: shared}, nil
	})
	if err != nil {
		return nil, err
	}
	return value.(*sharedObject), nil
}

func (c *watchChannel) selects(obj runtime.Object) bool {
	if c.all {
		return true
	}
	matches, err := c.predicate.Matches(obj)
	return err == nil && matches
}

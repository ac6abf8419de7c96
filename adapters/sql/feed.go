package sql

import (
	"context"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/poll"
)

// feed is how a resource notices changes, its own among them. Which one a resource
// has follows from [Config].Watch.
type feed interface {
	adapters.KeyHead
	adapters.RevisionChecker
	Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error
	Head(ctx context.Context) (adapters.Revision, error)
	// Begin starts an operation of the bridge's own on one key. It comes before the
	// row is read or locked, or, where the database makes the key, before the commit.
	Begin(ctx context.Context, key adapters.Key) (operation, error)
}

// operation is a write that the feed knows of.
type operation interface {
	// Feed says what was committed, nil for a deletion, and returns the revision at
	// which it is delivered, or zero where nothing has changed.
	Feed(after *adapters.Record) adapters.Revision
	// End must be called, whatever became of the write.
	End()
}

// pollFeed notices changes by comparing snapshots.
type pollFeed struct{ *poll.Feed }

// Begin implements feed.
func (f pollFeed) Begin(ctx context.Context, key adapters.Key) (operation, error) {
	started, err := f.Feed.Begin(ctx, key)
	if err != nil {
		return nil, err
	}
	return started, nil
}

package sql

import (
	"context"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/poll"
)

// feed notices the changes of one table, those of others and the bridge's own.
type feed interface {
	adapters.KeyHead
	adapters.RevisionChecker
	Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error
	Head(ctx context.Context) (adapters.Revision, error)
	// begin comes before a write reads or locks the record, or, where the database
	// makes the key, before the commit.
	begin(ctx context.Context, key adapters.Key) (operation, error)
}

// operation is one write of the bridge's own.
type operation interface {
	// committed returns the revision at which the feed delivers what was committed:
	// after, or nil for a deletion. It is zero where nothing is delivered.
	committed(ctx context.Context, commit commit, before, after *adapters.Record) (adapters.Revision, error)
	// end must be called once, after committed or without it.
	end()
}

// commit is what is known of a finished transaction.
type commit struct {
	// gtid is its global transaction id, where the server tells (MariaDB).
	gtid string
}

// pollFeed follows a table by comparing snapshots.
type pollFeed struct{ *poll.Feed }

func (f pollFeed) begin(ctx context.Context, key adapters.Key) (operation, error) {
	begun, err := f.Begin(ctx, key)
	if err != nil {
		return nil, err
	}
	return pollOperation{begun}, nil
}

type pollOperation struct{ *poll.Operation }

func (o pollOperation) committed(_ context.Context, _ commit, _, after *adapters.Record) (adapters.Revision, error) {
	return o.Feed(after), nil
}

func (o pollOperation) end() { o.End() }

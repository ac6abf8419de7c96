package adapters

import (
	"context"
	"time"
)

// KeyHead is an [Adapter] that can answer 'how fresh must the feed be to know this
// key' more cheaply or sooner than [Adapter.Head].
type KeyHead interface {
	// HeadOf returns a revision that covers every commit to the record with this key
	// that finished before the call. Where the adapter reads the record for that, it
	// feeds what it read.
	HeadOf(ctx context.Context, key Key) (Revision, error)
}

// RevisionChecker is an [Adapter] that can tell whether a revision belongs to the
// backend's present history. An adapter without it accepts every revision.
type RevisionChecker interface {
	// CheckRevision returns nil if revision is one that this history has had, or may
	// still come to have, and an error of code [Expired] if it is of another one:
	// another server, a reset log, a restored backup, another process.
	CheckRevision(ctx context.Context, revision Revision) error
}

// Expirer is a [Writer] that can delete records by itself after a time.
type Expirer interface {
	// Expire deletes the record after ttl, if revision still is its last one.
	Expire(ctx context.Context, key Key, revision Revision, ttl time.Duration) error
}

package differential

import (
	"context"
	"testing"

	"k8s.io/apiserver/pkg/storage"
)

// subject is one storage under test, empty.
type subject struct {
	name  string
	store storage.Interface
	// settle waits until reads without a revision see this one. Stores whose answers
	// always include the caller's own writes need none.
	settle func(ctx context.Context, revision string) error
	// compact forgets the history up to a revision.
	compact func(ctx context.Context, revision uint64) error
	// close releases what the subject holds.
	close func() error
}

// implementation makes empty subjects of one kind.
type implementation struct {
	name  string
	start func(t testing.TB) (*subject, error)
}

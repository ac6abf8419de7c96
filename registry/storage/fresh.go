package storage

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/warning"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// retryAfter is how many seconds a client is asked to wait where nobody knows better.
const retryAfter = 1

// ready returns nil once the first full state has arrived.
func (s *Store) ready() error {
	if s.mirror.Synced() {
		return nil
	}
	if _, unwell := s.mirror.Unwell(); unwell != nil {
		return s.unavailable(unwell)
	}
	return apierrors.NewTooManyRequests("the storage of "+s.config.GroupResource.String()+" is initializing: "+mirror.ErrNotSynced.Error(), retryAfter)
}

// consistent returns a state that covers everything committed before the call.
func (s *Store) consistent(ctx context.Context) (*mirror.Snapshot, error) {
	return s.consistentAfter(ctx, s.head.get)
}

// consistentFor returns a state that covers everything committed to this record before
// the call.
func (s *Store) consistentFor(ctx context.Context, key adapters.Key) (*mirror.Snapshot, error) {
	if s.keyHead == nil {
		return s.consistent(ctx)
	}
	return s.consistentAfter(ctx, func(ctx context.Context) (adapters.Revision, error) {
		return s.keyHead.HeadOf(ctx, key)
	})
}

func (s *Store) consistentAfter(ctx context.Context, head func(context.Context) (adapters.Revision, error)) (*mirror.Snapshot, error) {
	if err := s.ready(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.ConsistentWait, errWaitedTooLong)
	defer cancel()
	revision, err := head(ctx)
	if err != nil {
		return nil, s.readError(err)
	}
	if err := s.await(ctx, revision); err != nil {
		return nil, err
	}
	return s.present()
}

// notOlderThan returns a state at or after revision, which may be zero.
func (s *Store) notOlderThan(ctx context.Context, revision adapters.Revision) (*mirror.Snapshot, error) {
	if err := s.reach(ctx, revision); err != nil {
		return nil, err
	}
	s.warnIfStale(ctx)
	return s.present()
}

// exactly returns the state at revision. It fails with an error of code Expired where
// history doesn't reach back that far.
func (s *Store) exactly(ctx context.Context, revision adapters.Revision) (*mirror.Snapshot, error) {
	if err := s.belongs(ctx, revision); err != nil {
		return nil, err
	}
	if err := s.reach(ctx, revision); err != nil {
		return nil, err
	}
	return s.mirror.At(revision)
}

// belongs refuses a revision beyond the present one that is of another history
// altogether: it would be waited for in vain.
func (s *Store) belongs(ctx context.Context, revision adapters.Revision) error {
	if s.checker == nil || revision <= s.mirror.Revision() {
		return nil
	}
	return s.checker.CheckRevision(ctx, revision)
}

// reach waits until the mirror has come to a revision that a client asks for.
func (s *Store) reach(ctx context.Context, revision adapters.Revision) error {
	if err := s.ready(); err != nil || s.mirror.Revision() >= revision {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.RevisionWait, errWaitedTooLong)
	defer cancel()
	return s.await(ctx, revision)
}

var errWaitedTooLong = errors.New("waited too long")

// await waits until the mirror has come to revision, or ctx ends.
func (s *Store) await(ctx context.Context, revision adapters.Revision) error {
	err := s.mirror.WaitFor(ctx, revision)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errWaitedTooLong):
		if _, unwell := s.mirror.Unwell(); unwell != nil {
			return s.unavailable(unwell)
		}
		return storage.NewTooLargeResourceVersionError(uint64(revision), uint64(s.mirror.Revision()), retryAfter)
	default:
		return s.readError(err)
	}
}

func (s *Store) present() (*mirror.Snapshot, error) {
	snapshot, err := s.mirror.Present()
	if err != nil {
		return nil, s.readError(err)
	}
	return snapshot, nil
}

// warnIfStale tells the client how old the state is while the backend is away.
func (s *Store) warnIfStale(ctx context.Context) {
	freshAt, unwell := s.mirror.Unwell()
	if unwell == nil {
		return
	}
	age := s.config.Now().Sub(freshAt).Round(time.Second)
	warning.AddWarning(ctx, "", fmt.Sprintf("%s: the backend cannot be followed at the moment, this is its state %s ago, at %s",
		s.config.GroupResource, age, freshAt.UTC().Format(time.RFC3339)))
}

// unavailable is the error for what needs a backend that cannot be followed.
func (s *Store) unavailable(unwell error) error {
	translated := adapters.Errorf(adapters.Unavailable, "%s", clientMessage(unwell))
	var known *adapters.Error
	if errors.As(unwell, &known) {
		translated.RetryAfter = known.RetryAfter
	}
	return s.statusError(translated, "")
}

// seconds rounds up to whole seconds, at least one.
func seconds(duration time.Duration) int {
	return int(max(math.Ceil(duration.Seconds()), retryAfter))
}

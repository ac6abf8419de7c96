package storage

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/storage"
	utilfeature "k8s.io/apiserver/pkg/util/feature"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// Watch implements storage.Interface. As upstream, what is wrong with a request that
// could be parsed arrives as an event of the stream; what only the backend or the
// start-up stands in the way of is an error at once, with a time to retry after.
func (s *Store) Watch(ctx context.Context, key string, opts storage.ListOptions) (watch.Interface, error) {
	prefix, err := storage.PrepareKey(s.config.Prefix, key, opts.Recursive)
	if err != nil {
		return nil, err
	}
	// As upstream: a watch names the field (422) where get and list answer 400.
	if _, err := s.versioner.ParseResourceVersion(opts.ResourceVersion); err != nil {
		return nil, err
	}
	revision, err := s.parseRevision(opts.ResourceVersion)
	if err != nil {
		return nil, err
	}
	if !utilfeature.DefaultFeatureGate.Enabled(features.WatchList) {
		opts.SendInitialEvents = nil
	}
	if ctx.Err() != nil {
		return closedWatch(), nil
	}
	start, err := s.startWatch(ctx, revision, opts)
	if err != nil {
		return s.refusedWatch(err)
	}
	channel := newWatchChannel(ctx, s, start, s.spanFor(prefix, opts), opts)
	go channel.run()
	return channel, nil
}

// watchStart is where a watch begins.
type watchStart struct {
	events *mirror.Watcher
	// initial is the state to begin with, nil where the watch begins with events.
	initial *mirror.Snapshot
	// after is the revision that events are sent after.
	after adapters.Revision
}

// startWatch finds where a watch begins. "The most recent" is resolved before it
// returns.
func (s *Store) startWatch(ctx context.Context, revision adapters.Revision, opts storage.ListOptions) (watchStart, error) {
	if err := s.ready(); err != nil {
		return watchStart{}, err
	}
	options := mirror.WatchOptions{ProgressNotify: opts.ProgressNotify}
	if wantsInitialEvents(revision, opts) {
		return s.startFromState(ctx, revision, opts.ResourceVersion == "", options)
	}
	if revision == 0 {
		return s.startFromNow(ctx, opts.ResourceVersion == "", options)
	}
	return s.startFromRevision(ctx, revision, options)
}

func (s *Store) startFromState(ctx context.Context, revision adapters.Revision, mostRecent bool, options mirror.WatchOptions) (watchStart, error) {
	var err error
	if mostRecent {
		_, err = s.consistent(ctx)
	} else {
		_, err = s.notOlderThan(ctx, revision)
	}
	if err != nil {
		return watchStart{}, err
	}
	initial, events, err := s.mirror.WatchPresent(options)
	if err != nil {
		return watchStart{}, err
	}
	return watchStart{events: events, initial: initial, after: initial.Revision()}, nil
}

// startFromNow begins without a state, at the backend's present revision, or at the
// mirror's where any will do.
func (s *Store) startFromNow(ctx context.Context, mostRecent bool, options mirror.WatchOptions) (watchStart, error) {
	revision := s.mirror.Revision()
	if mostRecent {
		head, err := s.head.get(ctx)
		if err != nil {
			return watchStart{}, s.readError(err)
		}
		revision = max(revision, head)
	}
	events, err := s.mirror.Watch(revision, options)
	return watchStart{events: events, after: revision}, err
}

// startFromRevision resumes. A revision that the history doesn't reach may be of
// another history altogether; one to come is waited for in silence.
func (s *Store) startFromRevision(ctx context.Context, revision adapters.Revision, options mirror.WatchOptions) (watchStart, error) {
	if err := s.belongs(ctx, revision); err != nil {
		return watchStart{}, err
	}
	events, err := s.mirror.Watch(revision, options)
	return watchStart{events: events, after: revision}, err
}

// wantsInitialEvents reports whether a watch begins with the state.
func wantsInitialEvents(revision adapters.Revision, opts storage.ListOptions) bool {
	if opts.SendInitialEvents == nil {
		return revision == 0
	}
	return *opts.SendInitialEvents
}

// wantsInitialEventsEnd reports whether the end of the state is marked. On any other
// watch such a mark kills the stream.
func wantsInitialEventsEnd(opts storage.ListOptions) bool {
	return opts.SendInitialEvents != nil && *opts.SendInitialEvents && opts.Predicate.AllowWatchBookmarks
}

// refusedWatch says why there is no watch, in the way that upstream does.
func (s *Store) refusedWatch(err error) (watch.Interface, error) {
	if adapters.Is(err, adapters.Expired) {
		return errorWatch(apierrors.NewResourceExpired(watchExpired)), nil
	}
	err = s.readError(err)
	if apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) {
		return nil, err
	}
	return errorWatch(err), nil
}

// finishedWatch is a watch that has ended already.
type finishedWatch chan watch.Event

// Stop implements watch.Interface.
func (finishedWatch) Stop() {}

// ResultChan implements watch.Interface.
func (w finishedWatch) ResultChan() <-chan watch.Event { return w }

func closedWatch() watch.Interface {
	events := make(finishedWatch)
	close(events)
	return events
}

func errorWatch(err error) watch.Interface {
	events := make(finishedWatch, 1)
	events <- errorEvent(err)
	close(events)
	return events
}

func errorEvent(err error) watch.Event {
	var known apierrors.APIStatus
	if !errors.As(err, &known) {
		known = apierrors.NewInternalError(err)
	}
	status := known.Status()
	return watch.Event{Type: watch.Error, Object: &status}
}

package sql

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// logFeed follows one table through the server's log. Its revisions are positions in
// the log (see [binlog.Position.Revision]).
type logFeed struct {
	resource *Resource
	server   *serverLog
	own      *ownWrites
}

func newLogFeed(r *Resource, server *serverLog) *logFeed {
	return &logFeed{resource: r, server: server, own: newOwnWrites()}
}

// following is one Sync.
type following struct {
	*logFeed
	sink    adapters.Sink
	table   *logTable
	name    binlog.TableName
	mailbox *mailbox
	cancel  func()
	// silent is true until the sink has been told that the log is followed, and again
	// when it was told that it isn't.
	silent bool
	// reached is how far the log has been handed on.
	reached binlog.Place
	// last is the highest revision delivered.
	last adapters.Revision
	// loading is set while the full state is being read.
	loading loading
}

// cutError says that the table's history cannot be followed across a position.
type cutError struct{ reason string }

func (e cutError) Error() string { return e.reason }

// Sync implements [adapters.Adapter].
func (f *logFeed) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	s := &following{logFeed: f, sink: sink, last: from, silent: true}
	defer s.leave()
	f.own.setFollowing(true)
	defer f.own.setFollowing(false)
	if err := s.begin(ctx, from); err != nil {
		return ended(ctx, err)
	}
	for {
		err := s.deliver(ctx)
		var cut cutError
		if !errors.As(err, &cut) {
			return ended(ctx, err)
		}
		f.resource.backend.config.Logger.WarnContext(ctx, "the history of a table is cut", "resource", f.resource.config.Name, "reason", cut.reason)
		if err := s.start(ctx, cut.reason); err != nil {
			return ended(ctx, err)
		}
	}
}

// begin goes on behind a revision, or from the full state where there is none.
func (s *following) begin(ctx context.Context, from adapters.Revision) error {
	if from == 0 {
		return s.start(ctx, "first synchronisation")
	}
	return s.resume(ctx, from)
}

// ended leaves out errors that are only the end of ctx.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *following) leave() {
	if s.cancel != nil {
		s.cancel()
		s.mailbox.close()
		s.cancel = nil
	}
}

// subscribe begins delivery behind a place.
func (s *following) subscribe(from binlog.Place, tagged bool) {
	s.leave()
	s.reached = binlog.Place{}
	s.mailbox = newMailbox(s.check)
	s.cancel = s.server.log.Subscribe(binlog.Subscription{
		Table: s.name, Transactional: s.table.plan.catalog.Transactional, Handler: s.mailbox,
	}, from, tagged)
}

// check refuses servers whose log does not have everything.
func (s *following) check(ctx context.Context, server binlog.Server) error {
	err := s.server.complete(ctx, server, s.name)
	var incomplete *incompleteError
	if errors.As(err, &incomplete) {
		return drift("watch: Binlog is not possible for table %s: %s", s.resource.config.Table, incomplete)
	}
	return s.server.unreachable(err)
}

// prepare reads the table's definition, again and again until it succeeds.
func (s *following) prepare(ctx context.Context) error {
	for delay := startRetryMin; ; delay = min(2*delay, startRetryMax) {
		err := s.tryPrepare(ctx)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		s.sink.Unwell(err)
		if !pause(ctx, delay) {
			return ctx.Err()
		}
	}
}

func (s *following) tryPrepare(ctx context.Context) error {
	p, err := s.resource.planned(ctx)
	if err != nil {
		return err
	}
	charsets, err := s.server.charsetsOf(ctx)
	if err != nil {
		return s.resource.failed(ctx, p, "read the server's character sets", err)
	}
	if s.table, err = newLogTable(p, charsets); err != nil {
		return drift("table %s cannot be followed through the log: %s", s.resource.config.Table, err)
	}
	s.name = binlog.TableName{Schema: p.catalog.Schema, Table: p.catalog.Name}
	return nil
}

const (
	startRetryMin = 100 * time.Millisecond
	startRetryMax = 10 * time.Second
)

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// resume goes on behind a revision of this log.
func (s *following) resume(ctx context.Context, from adapters.Revision) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	position, tag := binlog.SplitRevision(uint64(from))
	s.subscribe(binlog.Place{Position: position, Tag: tag}, true)
	return nil
}

// deliver hands on what the log says until something ends that.
func (s *following) deliver(ctx context.Context) error {
	for {
		select {
		case <-s.mailbox.filled:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := s.drain(); err != nil {
			return err
		}
	}
}

// drain hands on what has arrived.
func (s *following) drain() error {
	letters, progress := s.mailbox.take()
	for _, letter := range letters {
		if err := s.hand(letter); err != nil {
			return err
		}
	}
	if progress.File == 0 {
		return nil
	}
	revision, err := progress.Revision(progress.Tag)
	if err != nil {
		return err
	}
	s.reached = progress
	if s.loading == nil && (s.silent || adapters.Revision(revision) > s.last) {
		s.last = max(s.last, adapters.Revision(revision))
		s.silent = false
		s.sink.Progress(s.last)
	}
	return nil
}

func (s *following) hand(l letter) error {
	switch {
	case l.lost != nil:
		return s.lost(l.lost)
	case l.unwell != nil:
		s.own.setUnwell(l.unwell)
		s.silent = true
		s.sink.Unwell(s.server.unreachable(l.unwell))
		return nil
	case l.server != nil:
		s.server.asker.follow(*l.server)
		s.own.setUnwell(nil)
		return nil
	case l.group != nil:
		return s.group(l.group, l.at)
	}
	return nil
}

// lost is the end of a history: another log, a part of it is gone, or it no longer has
// everything.
func (s *following) lost(err error) error {
	var refused *adapters.Error
	if errors.As(err, &refused) {
		return refused
	}
	return cutError{err.Error()}
}

// group delivers one group's changes of the table.
func (s *following) group(group *binlog.Group, at binlog.Place) error {
	for _, cut := range group.Cuts {
		if cut.Affects(s.name) {
			s.resource.drifted(s.table.plan)
			return cutError{cut.Reason}
		}
	}
	var changes []adapters.Change
	for _, pending := range group.Rows {
		if pending.Name() != s.name {
			continue
		}
		base := pending.Event.Start + binlog.HeaderLength
		err := s.table.rows(pending, func(before, after *adapters.Record, row binlog.Row) error {
			var err error
			changes, err = s.changes(changes, before, after, binlog.Place{
				Position: binlog.Position{File: at.File, Offset: base + uint64(row.Offset)}, Tag: at.Tag,
			})
			return err
		})
		if err != nil {
			s.resource.drifted(s.table.plan)
			return cutError{fmt.Sprintf("a row of %s at %s:%d cannot be read: %s", s.name, pending.Event.File, pending.Event.Start, err)}
		}
	}
	changes = adapters.MergeChanges(changes)
	s.apply(changes)
	end, err := at.Revision(at.Tag)
	if err != nil {
		return err
	}
	s.own.seen(group, changes, adapters.Revision(end))
	return nil
}

// changes appends what a row does. A changed key is a deletion and a creation, whose
// revisions are both within the row's bytes.
func (s *following) changes(changes []adapters.Change, before, after *adapters.Record, at binlog.Place) ([]adapters.Change, error) {
	number, err := at.Revision(at.Tag)
	if err != nil {
		return nil, err
	}
	revision := adapters.Revision(number)
	if revision <= s.last {
		// Delivered before the connection was lost.
		return changes, nil
	}
	switch {
	case before == nil && after == nil:
	case before == nil || after == nil || before.Key.Equal(after.Key):
		if before != nil && after != nil && before.Equal(*after) {
			// Only columns changed that the resource doesn't show.
			return changes, nil
		}
		key := after
		if key == nil {
			key = before
		}
		changes = append(changes, adapters.Change{Revision: revision, Key: key.Key, Before: before, After: after})
	default:
		changes = append(changes,
			adapters.Change{Revision: revision, Key: before.Key, Before: before},
			adapters.Change{Revision: revision + 1, Key: after.Key, After: after})
	}
	return changes, nil
}

func (s *following) apply(changes []adapters.Change) {
	if len(changes) == 0 {
		return
	}
	if s.loading != nil {
		s.loading.touch(changes)
	}
	s.last = changes[len(changes)-1].Revision
	s.sink.Apply(changes)
}

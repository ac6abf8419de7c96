package sql

import (
	"context"
	"errors"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// loading is the reading of the full state while the log goes on. Its keys are those
// that the log has said something about: what a SELECT reads of them later may be
// older or newer, and the log has the last word.
type loading map[string]bool

func (l loading) touch(changes []adapters.Change) {
	for _, change := range changes {
		l[change.Key.ID()] = true
	}
}

// start delivers the full state, again and again until it succeeds.
func (s *following) start(ctx context.Context, reason string) error {
	for delay := startRetryMin; ; delay = min(2*delay, startRetryMax) {
		err := s.tryStart(ctx, reason)
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		var cut cutError
		if errors.As(err, &cut) {
			reason = cut.reason
		} else {
			s.sink.Unwell(err)
		}
		if !pause(ctx, delay) {
			return ctx.Err()
		}
	}
}

// tryStart reads the full state without a lock. The log is followed from a position
// that everything before is visible at; then the table is read, in short chunks; what
// the log says meanwhile goes on top; and when the log has passed a head that was
// asked for after the last chunk, the image is exact.
func (s *following) tryStart(ctx context.Context, reason string) error {
	defer func() { s.loading = nil }()
	server, err := s.server.server(ctx)
	if err != nil {
		return s.server.unreachable(err)
	}
	if err := s.tryPrepare(ctx); err != nil {
		return err
	}
	if err := s.check(ctx, server); err != nil {
		return err
	}
	from, err := s.server.settled(ctx, server)
	if err != nil {
		return err
	}
	// The definition is read behind the position: any later change of it is in what
	// will be read of the log.
	s.resource.forgetPlan()
	if err := s.tryPrepare(ctx); err != nil {
		return err
	}
	s.sink.Reset(reason)
	s.loading, s.last = loading{}, 0
	s.subscribe(binlog.Place{Position: from}, false)
	since, err := s.reach(ctx, from)
	if err != nil {
		return err
	}
	err = s.resource.Read(ctx, func(records []adapters.Record) error { return s.load(records, since) })
	if err != nil {
		return err
	}
	head, err := s.server.head(ctx)
	if err != nil {
		return err
	}
	at, err := s.reach(ctx, head)
	if err != nil {
		return err
	}
	s.last = max(at, s.last)
	s.sink.Loaded(adapters.State{At: s.last, Since: s.last})
	s.own.reloaded()
	return nil
}

// load delivers one chunk of the table, and what the log has brought since the last.
func (s *following) load(records []adapters.Record, since adapters.Revision) error {
	loaded := make([]adapters.VersionedRecord, 0, len(records))
	for _, record := range records {
		if !s.loading[record.Key.ID()] {
			loaded = append(loaded, adapters.VersionedRecord{Record: record, Revision: since})
		}
	}
	s.sink.Load(loaded)
	return s.drain()
}

// reach hands on what the log says until it has come to a position, and returns the
// revision of the place reached.
func (s *following) reach(ctx context.Context, position binlog.Position) (adapters.Revision, error) {
	for {
		if err := s.drain(); err != nil {
			return 0, err
		}
		if s.reached.File != 0 && s.reached.Compare(position) >= 0 {
			revision, err := s.reached.Revision(s.reached.Tag)
			return adapters.Revision(revision), err
		}
		select {
		case <-s.mailbox.filled:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

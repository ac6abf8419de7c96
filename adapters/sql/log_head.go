package sql

import (
	"context"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// Head implements [adapters.Adapter]: where the server's log ends.
func (f *logFeed) Head(ctx context.Context) (adapters.Revision, error) {
	head, err := f.server.head(ctx)
	if err != nil {
		return 0, err
	}
	tag, err := f.server.tag(ctx, head)
	if err != nil {
		return 0, err
	}
	revision, err := head.Revision(tag)
	if err != nil {
		return 0, drift("%s", err)
	}
	return adapters.Revision(revision), nil
}

// HeadOf implements [adapters.KeyHead]: the log's head is as cheap as a point read.
func (f *logFeed) HeadOf(ctx context.Context, _ adapters.Key) (adapters.Revision, error) {
	return f.Head(ctx)
}

// CheckRevision implements [adapters.RevisionChecker]: the file must be one that was
// read, with the revision's tag, and the place must not be beyond the log's end.
func (f *logFeed) CheckRevision(ctx context.Context, revision adapters.Revision) error {
	position, tag := binlog.SplitRevision(uint64(revision))
	head, err := f.server.head(ctx)
	if err != nil {
		return err
	}
	if position.Compare(head) > 0 {
		return adapters.Errorf(adapters.Expired, "revision %s is beyond the end of the server's log: it is of another history", revision)
	}
	known, seen := f.server.log.Tag(position.File)
	if !seen || known != tag {
		return adapters.Errorf(adapters.Expired, "revision %s is not of this server's log", revision)
	}
	return nil
}

// tag returns the tag of the file that the log ends in, waiting until the log's
// reader has come to it. Where nobody reads the log, that is done for the moment.
func (s *serverLog) tag(ctx context.Context, head binlog.Position) (binlog.Tag, error) {
	if tag, seen := s.log.Tag(head.File); seen && s.log.Followed() {
		return tag, nil
	}
	probe := probe{reached: make(chan binlog.Place, 1)}
	defer s.log.Subscribe(binlog.Subscription{Handler: probe}, binlog.Place{Position: head}, false)()
	select {
	case place := <-probe.reached:
		return place.Tag, nil
	case <-ctx.Done():
		return 0, adapters.Errorf(adapters.Timeout, "the deadline passed while waiting for the reader of the log: %w", ctx.Err())
	}
}

// probe is a subscription to nothing but its own beginning.
type probe struct{ reached chan binlog.Place }

func (probe) Connected(context.Context, binlog.Server) error     { return nil }
func (probe) Group(context.Context, *binlog.Group, binlog.Place) {}
func (probe) Unwell(error)                                       {}
func (probe) Lost(error)                                         {}
func (p probe) Progress(at binlog.Place) {
	select {
	case p.reached <- at:
	default:
	}
}

// begin implements feed: the log orders what happens by itself.
func (f *logFeed) begin(context.Context, adapters.Key) (operation, error) {
	if err := f.own.healthy(); err != nil {
		return nil, f.server.unreachable(err)
	}
	return logOperation{f}, nil
}

type logOperation struct{ feed *logFeed }

// committed waits until the log has brought the commit. Where the row reads the same
// as before, nothing will come.
func (o logOperation) committed(ctx context.Context, done commit, before, after *adapters.Record) (adapters.Revision, error) {
	if before != nil && after != nil && before.Equal(*after) {
		return 0, nil
	}
	if done.gtid != "" {
		revision, err := o.feed.own.wait(ctx, done.gtid)
		if revision != 0 || err != nil {
			return revision, err
		}
	}
	head, err := o.feed.Head(ctx)
	if err != nil {
		return 0, adapters.Errorf(adapters.Unconfirmed, "the change is committed, but the end of the log is not known: %w", err)
	}
	return head, nil
}

func (logOperation) end() {}

// incompleteError says why a table cannot be followed through the log, and what
// mends that.
type incompleteError struct{ problems []binlog.Problem }

func (e *incompleteError) Error() string {
	texts := make([]string, len(e.problems))
	for i, problem := range e.problems {
		texts[i] = problem.String()
	}
	return "the server's log does not have every change: " + strings.Join(texts, "; and ")
}

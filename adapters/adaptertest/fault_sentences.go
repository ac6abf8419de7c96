package adaptertest

import (
	"context"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// faultSentences are about backends that go away.
var faultSentences = []sentence{
	{"A lost connection is reported by Unwell and mended", testDisconnect},
	{"Unwell ends when the backend is back, without any change", testReconnectInSilence},
	{"Calls fail while the backend is unreachable", testCallsWhileDisconnected},
	{"Sync begins while the backend is unreachable", testSyncWhileDisconnected},
	{"Capabilities need no connection", testCapabilities},
	{"A restart of the backend loses nothing", testRestart},
	{"A lost position begins with the full state", testLostPosition},
	{"Another process continues where the first stopped", testReopen},
}

func testDisconnect(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Disconnect != nil, "the harness cannot disconnect the backend")
	b.foreignInsert(row("a", "first", 1))
	feed := b.follow()
	b.Disconnect(s.T)
	feed.until("Unwell", func(r *recorder) bool { return len(r.unwell) > 0 && !r.well })
	b.foreignUpdate(row("a", "meanwhile", 2))
	b.foreignInsert(row("b", "meanwhile", 1))
	b.Reconnect(s.T)
	b.wantDelivered(feed)
	feed.until("the end of Unwell", func(r *recorder) bool { return r.well })
}

func testReconnectInSilence(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Disconnect != nil, "the harness cannot disconnect the backend")
	b.foreignInsert(row("a", "first", 1))
	feed := b.follow()
	for range 2 {
		b.Disconnect(s.T)
		feed.until("Unwell", func(r *recorder) bool { return len(r.unwell) > 0 && !r.well })
		b.Reconnect(s.T)
		feed.until("the end of Unwell", func(r *recorder) bool { return r.well })
	}
	if changes := feed.recorder.changes(); len(changes) != 0 {
		s.Errorf("changes were delivered and nothing had changed: %v", changes)
	}
}

func testCallsWhileDisconnected(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Disconnect != nil, "the harness cannot disconnect the backend")
	b.foreignInsert(row("a", "first", 1))
	b.Disconnect(s.T)
	ctx, cancel := context.WithTimeout(s.Context(), 2*time.Second)
	defer cancel()
	_, err := b.Adapter.Head(ctx)
	s.wantCode(err, "Head", adapters.Unavailable, adapters.Timeout)
	_, err = b.Adapter.Get(ctx, key("a"))
	s.wantCode(err, "Get", adapters.Unavailable, adapters.Timeout)
	if writer, ok := b.Adapter.(adapters.Writer); ok {
		_, err = writer.Create(ctx, row("b", "never", 1))
		s.wantCode(err, "Create", adapters.Unavailable, adapters.Timeout)
		_, err = writer.Update(ctx, row("a", "first", 1), row("a", "never", 2))
		s.wantCode(err, "Update", adapters.Unavailable, adapters.Timeout)
		_, err = writer.Delete(ctx, row("a", "first", 1))
		s.wantCode(err, "Delete", adapters.Unavailable, adapters.Timeout)
	}
	b.Reconnect(s.T)
	b.wantStored(row("a", "first", 1))
}

func testSyncWhileDisconnected(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Disconnect != nil, "the harness cannot disconnect the backend")
	b.foreignInsert(row("a", "first", 1))
	b.Disconnect(s.T)
	feed := b.start(b.Adapter, 0, newRecorder(s, b, nil))
	feed.until("Unwell", func(r *recorder) bool { return len(r.unwell) > 0 })
	b.Reconnect(s.T)
	b.wantDelivered(feed)
}

func testCapabilities(s *suite) {
	b := s.open(Resource{Schema: textKey})
	connected := b.Adapter.Capabilities()
	if b.Disconnect != nil {
		b.Disconnect(s.T)
		defer b.Reconnect(s.T)
	}
	if now := b.Adapter.Capabilities(); now != connected {
		s.Errorf("the capabilities changed from %+v to %+v", connected, now)
	}
}

func testRestart(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Restart != nil, "the harness cannot restart the backend")
	b.foreignInsert(row("a", "first", 1), row("b", "deleted", 1))
	feed := b.follow()
	b.foreignUpdate(row("a", "before the restart", 2))
	b.Restart(s.T)
	b.foreignInsert(row("c", "after the restart", 1))
	b.foreignDelete(key("b"))
	b.wantDelivered(feed)
}

func testLostPosition(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.LosePosition != nil, "the harness cannot make the backend forget its history")
	b.foreignInsert(row("a", "first", 1), row("b", "deleted", 1))
	first := b.follow()
	first.stop()
	b.foreignUpdate(row("a", "meanwhile", 2))
	b.foreignDelete(key("b"))
	b.LosePosition(s.T)

	second := b.resume(b.Adapter, first)
	b.wantDelivered(second)
	if second.recorder.resetCount() == 0 {
		s.Error("the backend has no history any more, and Sync did not begin with the full state")
	}
}

func testReopen(s *suite) {
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Reopen != nil, "the harness cannot open the resource twice")
	b.foreignInsert(row("a", "first", 1))
	first := b.follow()
	b.wantDelivered(first)
	first.stop()
	b.foreignUpdate(row("a", "meanwhile", 2))

	another := b.Reopen(s.T)
	second := b.resume(another, first)
	b.foreignInsert(row("b", "later", 1))
	b.wantReached(another, second)
	stable := another.Capabilities().StableRevisions && another.Capabilities().ExactHistory
	if stable && second.recorder.resetCount() != 0 {
		s.Error("revisions are stable, and another process began with the full state")
	}
	checker, ok := another.(adapters.RevisionChecker)
	if !ok {
		return
	}
	err := checker.CheckRevision(s.Context(), first.recorder.position)
	if another.Capabilities().StableRevisions {
		s.noError(err, "another process checking a stable revision")
		return
	}
	s.wantCode(err, "another process checking a revision that only the first knows", adapters.Expired)
}

// wantReached is wantDelivered for a feed of another adapter.
func (b *backend) wantReached(adapter adapters.Adapter, feed *feed) {
	b.suite.Helper()
	head, err := adapter.Head(b.suite.Context())
	b.suite.noError(err, "asking for the head")
	feed.await(head)
	stored, err := b.Foreign.Records(b.suite.Context())
	b.suite.noError(err, "reading the backend")
	b.suite.wantSame("the feed", feed.recorder.present(), byKey(stored))
}

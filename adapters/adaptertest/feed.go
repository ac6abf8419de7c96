package adaptertest

import (
	"context"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// feed is a running Sync and what it has delivered.
type feed struct {
	suite    *suite
	recorder *recorder
	cancel   context.CancelFunc
	ended    chan struct{}
	err      error
}

// follow starts a Sync from zero and waits for the full state.
func (b *backend) follow() *feed {
	b.suite.Helper()
	feed := b.start(b.Adapter, 0, newRecorder(b.suite, b, nil))
	feed.until("the first full state", func(r *recorder) bool { return len(r.states) > 0 })
	return feed
}

// resume starts a Sync where an ended feed stopped, with what that one had.
func (b *backend) resume(adapter adapters.Adapter, ended *feed) *feed {
	return b.start(adapter, ended.recorder.position, newRecorder(b.suite, b, ended.recorder))
}

// start runs Sync until the test or stop ends it, and again whenever it returns an
// error, as the mirror does: from zero if the position is lost.
func (b *backend) start(adapter adapters.Adapter, from adapters.Revision, sink *recorder) *feed {
	ctx, cancel := context.WithCancel(b.suite.Context())
	f := &feed{suite: b.suite, recorder: sink, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(f.ended)
		defer sink.ended.Store(true)
		for {
			f.err = adapter.Sync(ctx, from, sink)
			if ctx.Err() != nil {
				return
			}
			if f.err == nil {
				b.suite.Error("Sync returned nil before its context had ended")
				return
			}
			from = sink.lastPosition()
			if adapters.Is(f.err, adapters.Expired) {
				from = 0
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	b.suite.Cleanup(f.stop)
	return f
}

// stop ends the Sync and checks how it ended.
func (f *feed) stop() {
	f.suite.Helper()
	f.cancel()
	select {
	case <-f.ended:
	case <-time.After(f.suite.harness.Timeout):
		f.suite.Fatal("Sync did not return after its context had ended")
	}
	if f.err != nil {
		f.suite.Errorf("Sync returned %v after its context had ended, want nil", f.err)
	}
}

// await waits until everything up to revision is delivered.
func (f *feed) await(revision adapters.Revision) {
	f.suite.Helper()
	f.until("revision "+revision.String(), func(r *recorder) bool { return r.position >= revision && !r.inLoad })
}

// until waits until done holds. done is called with the recorder locked.
func (f *feed) until(what string, done func(r *recorder) bool) {
	f.suite.Helper()
	if !f.recorder.wait(f.suite.harness.Timeout, done) {
		f.suite.Fatalf("%s was not delivered in %s; the feed stands at %s and last said %v",
			what, f.suite.harness.Timeout, f.recorder.lastPosition(), f.recorder.lastUnwell())
	}
}

// wait reports whether done held before the timeout.
func (r *recorder) wait(timeout time.Duration, done func(r *recorder) bool) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		r.mu.Lock()
		holds, moved := done(r), r.moved
		r.mu.Unlock()
		if holds {
			return true
		}
		select {
		case <-moved:
		case <-timer.C:
			return false
		}
	}
}

// lastPosition returns the revision to go on from: zero within a full state.
func (r *recorder) lastPosition() adapters.Revision {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inLoad {
		return 0
	}
	return r.position
}

func (r *recorder) lastUnwell() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unwell) == 0 {
		return nil
	}
	return r.unwell[len(r.unwell)-1]
}

// present returns the records that the sink serves.
func (r *recorder) present() map[string]adapters.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	records := make(map[string]adapters.Record, len(r.state))
	for id, record := range r.state {
		records[id] = record.Record
	}
	return records
}

// changes returns all changes delivered so far, in order.
func (r *recorder) changes() []adapters.Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []adapters.Change
	for _, group := range r.groups {
		changes = append(changes, group...)
	}
	return changes
}

func (r *recorder) resetCount() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.resets
}

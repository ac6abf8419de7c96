package adaptertest

import (
	"fmt"
	"sync"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// historySentences hold a random history against what the feed made of it.
var historySentences = []sentence{
	{"Every committed change is delivered exactly once", testSequentialHistory},
	{"Concurrent histories are delivered without loss or invention", testConcurrentHistory},
	{"Interrupted Syncs together deliver the whole history", testInterruptedHistory},
}

func testSequentialHistory(s *suite) {
	s.Logf("seed %d", s.harness.Seed)
	b := s.open(Resource{Schema: textKey})
	_, writes := b.Adapter.(adapters.Writer)
	ledger, feed := newLedger(), b.follow()
	actors := []*actor{b.actor(ledger, s.harness.Seed, "f", false)}
	if writes {
		actors = append(actors, b.actor(ledger, s.harness.Seed+1, "o", true))
	}
	for i := range 200 {
		s.noError(actors[i%len(actors)].step(), "a random change")
	}
	b.wantDelivered(feed)
	s.wantHistory(ledger, feed.recorder)
	if !b.Adapter.Capabilities().ExactHistory {
		return
	}
	s.wantCommits(ledger, feed.recorder)
}

func testConcurrentHistory(s *suite) {
	s.Logf("seed %d", s.harness.Seed)
	b := s.open(Resource{Schema: textKey})
	ledger, feed := newLedger(), b.follow()
	b.runActors(ledger, 100)
	b.wantDelivered(feed)
	s.wantHistory(ledger, feed.recorder)
}

func testInterruptedHistory(s *suite) {
	s.Logf("seed %d", s.harness.Seed)
	b := s.open(Resource{Schema: textKey})
	s.needs(b.Adapter.Capabilities().ExactHistory, "without an exact history, every Sync begins with the full state")
	ledger, feed := newLedger(), b.follow()
	all := newRecorder(s, b, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.runActors(ledger, 100)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		feed.until("a delivery", func(r *recorder) bool { return len(r.groups) > 0 || isClosed(done) })
		feed.stop()
		all.groups = append(all.groups, feed.recorder.groups...)
		feed = b.resume(b.Adapter, feed)
	}
	b.wantDelivered(feed)
	all.groups = append(all.groups, feed.recorder.groups...)
	s.wantHistory(ledger, all)
}

func isClosed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}

// runActors lets writers of both kinds work at the same time.
func (b *backend) runActors(ledger *ledger, steps int) {
	_, writes := b.Adapter.(adapters.Writer)
	var running sync.WaitGroup
	for i := range 4 {
		own := writes && i%2 == 1
		actor := b.actor(ledger, b.suite.harness.Seed+uint64(i), fmt.Sprintf("w%d-", i), own)
		running.Go(func() {
			for range steps {
				if err := actor.step(); err != nil {
					b.suite.Errorf("a random change by writer %d: %v", i, err)
					return
				}
			}
		})
	}
	running.Wait()
}

// wantHistory checks for each key that what was delivered are committed states in
// commit order: all of them where the adapter says so, else some.
func (s *suite) wantHistory(ledger *ledger, recorder *recorder) {
	s.Helper()
	delivered := map[string][]*adapters.Record{}
	for _, change := range recorder.changes() {
		delivered[change.Key.ID()] = append(delivered[change.Key.ID()], change.After)
	}
	for id, states := range delivered {
		if unknown := firstUnknown(states, ledger.states[id]); unknown >= 0 {
			s.Errorf("delivery %d of a key, %s, is not a committed state that follows the one before", unknown, describe(states[unknown]))
		}
	}
	if !recorder.capabilities.ExactHistory {
		return
	}
	for id, states := range ledger.states {
		if len(delivered[id]) != len(states) {
			s.Errorf("%d changes of a key (last %s) were committed and %d delivered", len(states), describe(states[len(states)-1]), len(delivered[id]))
		}
	}
}

// firstUnknown returns the index of the first state that is not in committed after
// the one before it, or -1.
func firstUnknown(states, committed []*adapters.Record) int {
	next := 0
	for i, state := range states {
		for next < len(committed) && !sameState(state, committed[next]) {
			next++
		}
		if next == len(committed) {
			return i
		}
		next++
	}
	return -1
}

func sameState(a, b *adapters.Record) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func describe(state *adapters.Record) string {
	if state == nil {
		return "deleted"
	}
	return fmt.Sprint(*state)
}

// wantCommits checks that what was committed one after the other was delivered in the
// same groups and order.
func (s *suite) wantCommits(ledger *ledger, recorder *recorder) {
	s.Helper()
	groups := recorder.applied()
	if len(groups) != len(ledger.commits) {
		s.Errorf("%d commits were delivered as %d groups", len(ledger.commits), len(groups))
		return
	}
	for i, commit := range ledger.commits {
		if len(groups[i]) != len(commit) {
			s.Errorf("commit %d has %d changes and was delivered as %d", i, len(commit), len(groups[i]))
			continue
		}
		for j, change := range commit {
			if !groups[i][j].Key.Equal(change.Key) || !sameState(groups[i][j].After, change.After) {
				s.Errorf("change %d of commit %d is %s of %s and was delivered as %v", j, i, describe(change.After), change.Key, groups[i][j])
			}
		}
	}
}

package soak

import (
	"context"
	"testing"
	"time"
)

// fault is something that goes wrong at a point of the run, from 0 to 1.
type fault struct {
	name string
	at   float64
	harm func(w *world, t *testing.T)
}

// faults are spread over the run so that there is time to recover between them.
var faults = []fault{
	{"connections to the database are cut", 0.08, func(w *world, t *testing.T) { w.server.CutConnections(t) }},
	{"connections to the bridge are cut", 0.14, func(w *world, _ *testing.T) { w.toBridge.Cut() }},
	{"the database is killed", 0.20, killDatabase},
	{"an answer of the database is cut", 0.32, func(w *world, _ *testing.T) { w.toDatabase.CutAfter(2000) }},
	{"the bridge is killed", 0.38, killBridge},
	{"an answer of the bridge is cut", 0.50, func(w *world, _ *testing.T) { w.toBridge.CutAfter(20_000) }},
	{"the database is killed", 0.56, killDatabase},
	{"the database cannot be reached", 0.66, refuseDatabase},
	{"the bridge is killed", 0.74, killBridge},
	{"connections to the database are cut", 0.86, func(w *world, _ *testing.T) { w.toDatabase.Cut() }},
	{"connections to the bridge are cut", 0.90, func(w *world, _ *testing.T) { w.toBridge.Cut() }},
}

// downtime is how long something that was killed stays away.
const downtime = 1500 * time.Millisecond

func killDatabase(w *world, t *testing.T) {
	w.server.Kill(t)
	pause(t.Context(), downtime)
	w.server.Restart(t)
}

func killBridge(w *world, t *testing.T) {
	w.bridge.kill()
	pause(t.Context(), downtime)
	w.bridge.start(t)
}

func refuseDatabase(w *world, t *testing.T) {
	w.toDatabase.Refuse()
	pause(t.Context(), downtime)
	w.toDatabase.Accept()
}

// harm performs the faults at their times and compares all views with the table before
// each, since a restart makes good what was wrong before it. It returns false as soon as views differ: there
// is nothing more to learn then. On a slow machine it takes longer than planned.
func (w *world) harm(t *testing.T, begin time.Time) bool {
	t.Helper()
	for _, fault := range faults {
		w.awaitDue(t, begin, begin.Add(time.Duration(fault.at*float64(w.duration))))
		if !w.settle(t, "before '"+fault.name+"'") {
			return false
		}
		t.Logf("after %s: %s", time.Since(begin).Round(time.Second), fault.name)
		fault.harm(w, t)
		w.faults = append(w.faults, fault.name)
	}
	return true
}

func (w *world) awaitDue(t *testing.T, begin, due time.Time) {
	t.Helper()
	for time.Now().Before(due) {
		pause(t.Context(), min(time.Until(due), time.Second))
		if time.Since(w.reported) >= 10*time.Second {
			w.reported = time.Now()
			t.Logf("after %s:\n%s", time.Since(begin).Round(time.Second), w.summary())
		}
	}
}

// pause lets time pass: it is what the schedule is made of, not a way to wait for
// something to have happened.
func pause(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

package soak

import (
	"context"
	"fmt"
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

// harm performs the faults at their times, compares all views with the table before
// each, since a restart makes good what was wrong before it, and says how things stand every ten seconds.
func (w *world) harm(ctx context.Context, t *testing.T) {
	t.Helper()
	begin := time.Now()
	reported := begin
	for _, fault := range faults {
		due := begin.Add(time.Duration(fault.at * float64(w.duration)))
		for time.Now().Before(due) && ctx.Err() == nil {
			pause(ctx, min(time.Until(due), time.Second))
			if time.Since(reported) >= 10*time.Second {
				reported = time.Now()
				t.Logf("after %s:\n%s", time.Since(begin).Round(time.Second), w.summary())
			}
		}
		if ctx.Err() != nil {
			t.Errorf("the time was over before %q: SOAK_DURATION is too short for this machine", fault.name)
			return
		}
		w.settle(t, "before '"+fault.name+"'")
		t.Logf("after %s: %s", time.Since(begin).Round(time.Second), fault.name)
		fault.harm(w, t)
		w.faults = append(w.faults, fmt.Sprintf("%s (%.0f %%)", fault.name, 100*fault.at))
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

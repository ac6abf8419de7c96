package memory

import (
	"context"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Sync implements adapters.Adapter.
func (f *Faults) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	position := from
	for ctx.Err() == nil {
		if err := f.failure(CallSync); err != nil {
			return err
		}
		if reported := f.awaitConnection(ctx, sink); reported && position > 0 && ctx.Err() == nil {
			// Without it, a feed that has nothing to deliver would look unwell for ever.
			sink.Progress(position)
		}
		var cause error
		position, cause = f.session(ctx, position, sink)
		if cause == errCut {
			position = 0
		}
		if adapters.Is(cause, adapters.Expired) {
			return cause
		}
	}
	return nil
}

// session runs the wrapped adapter's Sync until a fault interrupts it. It returns the
// last revision delivered, zero within a full state, and the fault.
func (f *Faults) session(ctx context.Context, from adapters.Revision, sink adapters.Sink) (adapters.Revision, error) {
	session, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	f.beginSession(interrupt)
	gate := &gate{faults: f, ctx: session, sink: sink, position: from}
	err := f.adapter.Sync(session, from, gate)
	f.endSession() // before the cause is read: a later fault is for the next session
	if err != nil {
		return gate.position, err
	}
	return gate.position, context.Cause(session)
}

func (f *Faults) beginSession(interrupt context.CancelCauseFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.interrupt = interrupt
	if f.pending != nil {
		interrupt(f.pending)
		f.pending = nil
	}
	if f.disconnected != nil {
		interrupt(errDisconnected)
	}
}

func (f *Faults) endSession() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.interrupt = nil
}

// awaitConnection reports a lost connection and waits until it is back. It returns
// whether there was something to report.
func (f *Faults) awaitConnection(ctx context.Context, sink adapters.Sink) (reported bool) {
	for ctx.Err() == nil {
		f.mu.Lock()
		lost, turned := f.disconnected, f.turned
		f.mu.Unlock()
		if lost == nil {
			return reported
		}
		if !reported {
			sink.Unwell(lost)
			reported = true
		}
		select {
		case <-ctx.Done():
		case <-turned:
		}
	}
	return reported
}

// gate passes deliveries on when they are neither held nor late, and drops them once
// its session has ended.
type gate struct {
	faults   *Faults
	ctx      context.Context
	sink     adapters.Sink
	position adapters.Revision
}

func (g *gate) Reset(reason string) {
	if g.open() {
		g.sink.Reset(reason)
		g.position = 0
	}
}

func (g *gate) Load(records []adapters.VersionedRecord) {
	if g.open() {
		g.sink.Load(records)
	}
}

func (g *gate) Loaded(state adapters.State) {
	if g.open() {
		g.sink.Loaded(state)
		g.position = state.At
	}
}

func (g *gate) Apply(changes []adapters.Change) {
	if g.open() {
		last := lastRevision(changes)
		g.sink.Apply(changes)
		g.position = last
	}
}

func (g *gate) Progress(revision adapters.Revision) {
	if g.open() {
		g.sink.Progress(revision)
		g.position = revision
	}
}

func (g *gate) Unwell(err error) {
	if g.open() {
		g.sink.Unwell(err)
	}
}

// open waits until a delivery may pass and reports whether the session still runs.
func (g *gate) open() bool {
	if !g.delay() {
		return false
	}
	for {
		if g.ctx.Err() != nil {
			return false
		}
		g.faults.mu.Lock()
		held, turned := g.faults.held, g.faults.turned
		g.faults.mu.Unlock()
		if !held {
			return true
		}
		select {
		case <-g.ctx.Done():
		case <-turned:
		}
	}
}

func (g *gate) delay() bool {
	g.faults.mu.Lock()
	lag := g.faults.lag
	g.faults.mu.Unlock()
	if lag == 0 {
		return true
	}
	timer := time.NewTimer(lag)
	defer timer.Stop()
	select {
	case <-g.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

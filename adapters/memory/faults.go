package memory

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

var (
	_ adapters.Writer          = (*Faults)(nil)
	_ adapters.Expirer         = (*Faults)(nil)
	_ adapters.RevisionChecker = (*Faults)(nil)
)

// Call names a method that can be made to fail.
type Call string

// The methods that [Faults.FailNext] knows.
const (
	CallSync   Call = "Sync"
	CallHead   Call = "Head"
	CallGet    Call = "Get"
	CallCreate Call = "Create"
	CallUpdate Call = "Update"
	CallDelete Call = "Delete"
)

// Faults is an [Adapter] that breaks on demand. Without a fault set, it behaves like
// the adapter it wraps. Its methods are safe for concurrent use; at most one Sync may
// run at a time.
type Faults struct {
	adapter *Adapter

	mu sync.Mutex
	// failures are what the next calls return, in order.
	failures map[Call][]error
	// afterCommit are what the next writes return although they are committed.
	afterCommit []error
	// disconnected is what every call fails with; nil while connected.
	disconnected error
	// foreign says which revisions are of another history.
	foreign func(adapters.Revision) bool
	// held and lag delay deliveries.
	held bool
	lag  time.Duration
	// interrupt ends the Sync of the wrapped adapter, with the fault as the cause; nil
	// while there is none. pending is then the fault that the next one begins with.
	interrupt context.CancelCauseFunc
	pending   error
	// turned is closed, and replaced, whenever held or disconnected changes.
	turned chan struct{}
}

// NewFaults wraps adapter.
func NewFaults(adapter *Adapter) *Faults {
	return &Faults{adapter: adapter, failures: map[Call][]error{}, turned: make(chan struct{})}
}

// Adapter returns the wrapped adapter, for the legacy application's side of a test.
func (f *Faults) Adapter() *Adapter { return f.adapter }

// FailNext makes the next calls of this method fail with these errors, before
// anything is done. Errors of several FailNext calls queue up.
func (f *Faults) FailNext(call Call, errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures[call] = append(f.failures[call], errs...)
}

// FailAfterCommit makes the next writes that succeed return these errors nevertheless:
// the change is in the table and in the feed.
func (f *Faults) FailAfterCommit(errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.afterCommit = append(f.afterCommit, errs...)
}

// Hold stops all deliveries until Release. Commits and Head go on.
func (f *Faults) Hold() { f.turn(func() { f.held = true }) }

// Release lets deliveries go on after Hold.
func (f *Faults) Release() { f.turn(func() { f.held = false }) }

// Lag delays each delivery by this much; zero ends it.
func (f *Faults) Lag(lag time.Duration) { f.turn(func() { f.lag = lag }) }

// Disconnect loses the backend: every call fails with err, and Sync reports it as
// Unwell, until Reconnect. A nil err stands for one of code Unavailable.
func (f *Faults) Disconnect(err error) {
	if err == nil {
		err = adapters.Errorf(adapters.Unavailable, "the connection to the backend is lost")
	}
	f.turn(func() {
		f.disconnected = err
		if f.interrupt != nil {
			f.interrupt(errDisconnected)
		}
	})
}

// Reconnect ends Disconnect. Sync goes on after the last revision delivered.
func (f *Faults) Reconnect() { f.turn(func() { f.disconnected = nil }) }

// LosePosition makes the Sync under way, or the next one, return an error of code Expired.
func (f *Faults) LosePosition() {
	f.interruptWith(adapters.Errorf(adapters.Expired, "the position in the backend's history is lost"))
}

// Cut makes the Sync under way, or the next one, deliver the full state again.
func (f *Faults) Cut() { f.interruptWith(errCut) }

// Foreign says which revisions CheckRevision refuses. Nil, the default, is none.
func (f *Faults) Foreign(foreign func(adapters.Revision) bool) {
	f.turn(func() { f.foreign = foreign })
}

var (
	errDisconnected = errors.New("disconnected")
	errCut          = errors.New("cut")
)

func (f *Faults) turn(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.turned)
	f.turned = make(chan struct{})
}

func (f *Faults) interruptWith(cause error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.interrupt == nil {
		f.pending = cause
		return
	}
	f.interrupt(cause)
}

// failure returns what a call has to fail with, if anything.
func (f *Faults) failure(call Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if queued := f.failures[call]; len(queued) > 0 {
		f.failures[call] = queued[1:]
		return queued[0]
	}
	if call == CallSync {
		return nil // Sync reports a lost connection as Unwell
	}
	return f.disconnected
}

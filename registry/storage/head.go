package storage

import (
	"context"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// sharedHead asks the backend how far it has come, once for all who ask at the same
// time. An answer covers only commits from before its question, so a caller never
// joins a question that is under way: it shares the next one with all who arrive
// meanwhile. So at most one question is under way, and each caller waits for two.
type sharedHead struct {
	ask     func(context.Context) (adapters.Revision, error)
	timeout time.Duration

	mu            sync.Mutex
	current, next *headCall
}

// headCall is one question, and those who wait for its answer.
type headCall struct {
	done     chan struct{}
	ctx      context.Context
	cancel   context.CancelFunc
	waiting  int
	revision adapters.Revision
	err      error
}

func newSharedHead(ask func(context.Context) (adapters.Revision, error), timeout time.Duration) *sharedHead {
	return &sharedHead{ask: ask, timeout: timeout}
}

// get returns a revision that covers every commit that finished before the call. It
// fails with what the backend says, or with the context's error.
func (h *sharedHead) get(ctx context.Context) (adapters.Revision, error) {
	call := h.join()
	defer h.leave(call)
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-call.done:
		return call.revision, call.err
	}
}

func (h *sharedHead) join() *headCall {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.current == nil {
		h.current = newHeadCall()
		h.current.waiting++
		go h.run(h.current)
		return h.current
	}
	if h.next == nil {
		h.next = newHeadCall()
	}
	h.next.waiting++
	return h.next
}

// leave ends a question that nobody waits for any more.
func (h *sharedHead) leave(call *headCall) {
	h.mu.Lock()
	defer h.mu.Unlock()
	call.waiting--
	if call.waiting > 0 {
		return
	}
	call.cancel()
	if h.next == call {
		h.next = nil
	}
}

// run asks the questions until nobody has one.
func (h *sharedHead) run(call *headCall) {
	for call != nil {
		call.revision, call.err = h.askFor(call)
		close(call.done)
		h.mu.Lock()
		h.current, h.next = h.next, nil
		call = h.current
		h.mu.Unlock()
	}
}

func (h *sharedHead) askFor(call *headCall) (adapters.Revision, error) {
	ctx, cancel := context.WithTimeout(call.ctx, h.timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return h.ask(ctx)
}

func newHeadCall() *headCall {
	ctx, cancel := context.WithCancel(context.Background())
	return &headCall{done: make(chan struct{}), ctx: ctx, cancel: cancel}
}

package mirror

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Run follows the adapter until ctx ends, and then closes the mirror: watchers end,
// and nothing can be waited for any more. It returns nil, or an error at once where
// Run was called before.
func (m *Mirror) Run(ctx context.Context) error {
	if err := m.start(); err != nil {
		return err
	}
	defer m.close()
	var from adapters.Revision
	var failure error
	delay := m.config.RetryMin
	for {
		delivered, err := m.follow(ctx, from, failure)
		if ctx.Err() != nil {
			return nil
		}
		m.setUnwell(err)
		failure = err
		if delivered {
			delay = m.config.RetryMin
		}
		from = m.resumeFrom(err)
		m.config.Logger.Warn("the feed ended and is started again", "error", err, "from", from.String(), "in", delay.String())
		if !sleep(ctx, jitter(delay)) {
			return nil
		}
		delay = min(2*delay, m.config.RetryMax)
	}
}

func (m *Mirror) start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running || m.closed {
		return errors.New("mirror: Run was called before")
	}
	m.running = true
	return nil
}

func (m *Mirror) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running, m.closed = false, true
	m.signalLocked()
}

// follow calls Sync once, after the failure of the call before, if any. The error is
// never nil while ctx lasts.
func (m *Mirror) follow(ctx context.Context, from adapters.Revision, failure error) (delivered bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var probing sync.WaitGroup
	defer probing.Wait()
	defer cancel(nil)
	if failure != nil {
		probing.Go(func() { m.probe(ctx, failure) })
	}
	sink := &sink{mirror: m, abort: cancel}
	err = m.config.Adapter.Sync(ctx, from, sink)
	switch {
	case sink.broken != nil:
		err = &restartError{sink.broken}
	case sink.aside != nil && err != nil:
		err = &restartError{err}
	case err == nil:
		err = adapters.Errorf(adapters.Internal, "the feed ended without an error")
	}
	return sink.delivered, err
}

// probe finds out whether the feed is well again after a failure, where it has nothing
// to deliver that would show it: it is once the backend answers and nothing is missing.
func (m *Mirror) probe(ctx context.Context, failure error) {
	for delay := m.config.RetryMin; ; delay = min(2*delay, m.config.RetryMax) {
		head, err := m.config.Adapter.Head(ctx)
		if err == nil && m.WaitFor(ctx, head) == nil {
			m.recovered(failure)
			return
		}
		if !sleep(ctx, jitter(delay)) {
			return
		}
	}
}

// recovered ends the condition that a failure has begun, if that still lasts.
func (m *Mirror) recovered(failure error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.feed.unwell == failure { //nolint:errorlint // it is about this very failure
		m.wellLocked(m.config.Now())
	}
}

// restartError says that the next Sync must start from zero.
type restartError struct{ error }

func (e *restartError) Unwrap() error { return e.error }

func (m *Mirror) resumeFrom(err error) adapters.Revision {
	var restart *restartError
	m.mu.Lock()
	defer m.mu.Unlock()
	if errors.As(err, &restart) || adapters.Is(err, adapters.Expired) {
		m.resyncing = true
		return 0
	}
	return m.revision
}

// jitter spreads a delay over 50 to 100 percent of it.
func jitter(delay time.Duration) time.Duration {
	return delay/2 + rand.N(delay/2+1)
}

func sleep(ctx context.Context, delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

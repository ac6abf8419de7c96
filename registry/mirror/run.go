package mirror

import (
	"context"
	"errors"
	"math/rand/v2"
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
	delay := m.config.RetryMin
	for {
		delivered, err := m.follow(ctx, from)
		if ctx.Err() != nil {
			return nil
		}
		m.setUnwell(err)
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

// follow calls Sync once. The error is never nil while ctx lasts.
func (m *Mirror) follow(ctx context.Context, from adapters.Revision) (delivered bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
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

// restartError says that the next Sync must start from zero.
type restartError struct{ error }

func (e *restartError) Unwrap() error { return e.error }

func (m *Mirror) resumeFrom(err error) adapters.Revision {
	var restart *restartError
	if errors.As(err, &restart) || adapters.Is(err, adapters.Expired) {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
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

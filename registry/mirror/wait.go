package mirror

import (
	"context"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// WaitFor returns once the mirror has reached revision. While a full state is on its
// way it waits for that, because what the mirror has may be of a history that is over.
// It fails with the context's error, and with [ErrClosed].
func (m *Mirror) WaitFor(ctx context.Context, revision adapters.Revision) error {
	return m.waitUntil(ctx, func() bool { return m.synced && !m.resyncing && m.revision >= revision })
}

// WaitSynced returns once the first full state has arrived. It fails with the
// context's error, and with [ErrClosed].
func (m *Mirror) WaitSynced(ctx context.Context) error {
	return m.waitUntil(ctx, func() bool { return m.synced })
}

// waitUntil returns once condition holds, which is called with the lock held.
func (m *Mirror) waitUntil(ctx context.Context, condition func() bool) error {
	for {
		m.mu.Lock()
		if condition() {
			m.mu.Unlock()
			return nil
		}
		if m.closed {
			m.mu.Unlock()
			return ErrClosed
		}
		moved := m.waitLocked()
		m.mu.Unlock()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-moved:
		}
	}
}

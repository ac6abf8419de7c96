package sql

import (
	"context"
	"sync"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// mailboxRoom is how many bytes of groups may wait for one resource before the
// reading of the log, which serves all of them, is held up.
const mailboxRoom = 64 << 20

// letter is one thing that the log says to a resource.
type letter struct {
	group *binlog.Group
	at    binlog.Place
	// server is set when a connection was made.
	server *binlog.Server
	unwell error
	lost   error
}

func (l letter) size() int {
	size := 64
	if l.group != nil {
		for _, rows := range l.group.Rows {
			size += len(rows.Event.Body)
		}
	}
	return size
}

// mailbox passes what the log says from its goroutine to a resource's. It implements
// [binlog.Handler].
type mailbox struct {
	check func(ctx context.Context, server binlog.Server) error

	mu      sync.Mutex
	letters []letter
	size    int
	closed  bool
	// progress is the last place reported, not taken yet.
	progress binlog.Place
	filled   chan struct{}
	emptied  chan struct{}
}

func newMailbox(check func(context.Context, binlog.Server) error) *mailbox {
	return &mailbox{check: check, filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1)}
}

// Connected implements [binlog.Handler].
func (m *mailbox) Connected(ctx context.Context, server binlog.Server) error {
	if err := m.check(ctx, server); err != nil {
		return err
	}
	m.push(letter{server: &server})
	return nil
}

// Group implements [binlog.Handler].
func (m *mailbox) Group(ctx context.Context, group *binlog.Group, at binlog.Place) {
	for m.full() {
		select {
		case <-m.emptied:
		case <-ctx.Done():
			return
		}
	}
	m.push(letter{group: group, at: at})
}

func (m *mailbox) full() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.size > mailboxRoom && !m.closed
}

// Progress implements [binlog.Handler].
func (m *mailbox) Progress(at binlog.Place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress = at
	wake(m.filled)
}

// Unwell implements [binlog.Handler].
func (m *mailbox) Unwell(err error) { m.push(letter{unwell: err}) }

// Lost implements [binlog.Handler].
func (m *mailbox) Lost(err error) { m.push(letter{lost: err}) }

func (m *mailbox) push(l letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.letters = append(m.letters, l)
	m.size += l.size()
	wake(m.filled)
}

// close makes everything that still arrives be ignored.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.letters, m.size = true, nil, 0
	wake(m.emptied)
}

// take returns what has arrived, and the place that everything before it is
// delivered up to when the letters have been read.
func (m *mailbox) take() ([]letter, binlog.Place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	letters, progress := m.letters, m.progress
	m.letters, m.size, m.progress = nil, 0, binlog.Place{}
	wake(m.emptied)
	return letters, progress
}

// wake makes the next receive from a channel of capacity one succeed.
func wake(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}

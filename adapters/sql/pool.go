package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

const (
	// connectionLifetime makes a changed DSN, or a server behind a balancer, noticed.
	connectionLifetime = 5 * time.Minute
	connectionIdleTime = time.Minute
	// slotWait is how long a request waits for a connection before it is turned away.
	slotWait = 2 * time.Second
	// preparedLimit bounds the statements prepared on each connection.
	preparedLimit = 512
)

// connections are the two pools of one DSN.
type connections struct {
	readers *pool
	writers *pool

	mu  sync.Mutex
	dsn string
}

func newConnections(b *Backend) *connections {
	c := &connections{}
	writers := b.config.MaxOpenConns / 2
	c.readers = newPool(b, c, readSession, b.config.MaxOpenConns-writers)
	c.writers = newPool(b, c, writeSession, writers)
	return c
}

func (c *connections) close() error {
	return errors.Join(c.readers.db.Close(), c.writers.db.Close())
}

// changed notes the DSN of a new connection, and tells whether earlier ones had another.
func (c *connections) changed(dsn string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := c.dsn != "" && c.dsn != dsn
	c.dsn = dsn
	return changed
}

// pool is a bounded number of connections with one kind of session.
type pool struct {
	backend *Backend
	db      *stdsql.DB
	// slots has one element for each connection in use: whoever holds one never
	// waits inside database/sql.
	slots chan struct{}

	mu       sync.Mutex
	prepared map[string]*stdsql.Stmt
}

func newPool(b *Backend, c *connections, kind sessionKind, size int) *pool {
	db := stdsql.OpenDB(&connector{backend: b, connections: c, kind: kind, dsn: b.config.DSN})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	db.SetConnMaxLifetime(connectionLifetime)
	db.SetConnMaxIdleTime(connectionIdleTime)
	return &pool{backend: b, db: db, slots: make(chan struct{}, size), prepared: map[string]*stdsql.Stmt{}}
}

// acquire waits for a free connection, and returns what gives it back.
func (p *pool) acquire(ctx context.Context) (release func(), err error) {
	select {
	case p.slots <- struct{}{}:
		return p.release, nil
	default:
	}
	timer := time.NewTimer(slotWait)
	defer timer.Stop()
	select {
	case p.slots <- struct{}{}:
		return p.release, nil
	case <-timer.C:
		return nil, &adapters.Error{Code: adapters.Overloaded, RetryAfter: time.Second,
			Message: "all connections to backend " + p.backend.config.Name + " are in use: maxOpenConns bounds them"}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pool) release() { <-p.slots }

// statement returns a prepared statement, kept for the next time. The caller holds a
// slot and no connection: preparing takes one for a moment.
func (p *pool) statement(ctx context.Context, query string) (*stdsql.Stmt, func(), error) {
	p.mu.Lock()
	statement, ok := p.prepared[query]
	p.mu.Unlock()
	if ok {
		return statement, func() {}, nil
	}
	statement, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, nil, err
	}
	return p.keep(query, statement)
}

func (p *pool) keep(query string, statement *stdsql.Stmt) (*stdsql.Stmt, func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if other, raced := p.prepared[query]; raced {
		statement.Close()
		return other, func() {}, nil
	}
	if len(p.prepared) >= preparedLimit {
		return statement, func() { statement.Close() }, nil
	}
	p.prepared[query] = statement
	return statement, func() {}, nil
}

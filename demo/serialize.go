package main

import (
	"context"
	"sync"

	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
)

// serializer runs the transactions of the embedded engine one after the other.
//
// The engine's memory tables have no concurrency control: a session that commits
// puts back every table it has touched, so that one that only read would undo what
// another one wrote meanwhile. Here a statement waits until no other session has a
// transaction open, which also gives SELECT … FOR UPDATE its meaning.
type serializer struct {
	turn chan struct{}

	mutex    sync.Mutex
	sessions map[uint32]sql.Session
	holders  map[uint32]bool
}

func newSerializer() *serializer {
	return &serializer{
		turn:     make(chan struct{}, 1),
		sessions: map[uint32]sql.Session{},
		holders:  map[uint32]bool{},
	}
}

// track remembers each connection's session, which knows whether a transaction is open.
func (s *serializer) track(build server.SessionBuilder) server.SessionBuilder {
	return func(ctx context.Context, connection *mysql.Conn, address string) (sql.Session, error) {
		session, err := build(ctx, connection, address)
		if err != nil {
			return nil, err
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.sessions[connection.ConnectionID] = session
		return session, nil
	}
}

func (s *serializer) wrap(handler mysql.Handler) mysql.Handler {
	return &serializedHandler{Handler: handler, serializer: s}
}

// run runs one command of a connection when its turn has come. The connection keeps
// the turn while it has a transaction open.
func (s *serializer) run(ctx context.Context, connection uint32, command func() error) error {
	if !s.holds(connection) {
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer s.settle(connection)
	return command()
}

func (s *serializer) holds(connection uint32) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.holders[connection]
}

// settle gives the turn back unless the connection's transaction is still open.
func (s *serializer) settle(connection uint32) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	session := s.sessions[connection]
	open := session != nil && session.GetTransaction() != nil
	s.holders[connection] = open
	if !open {
		<-s.turn
	}
}

// leave ends what a closed connection left open.
func (s *serializer) leave(connection uint32) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.holders[connection] {
		<-s.turn
	}
	delete(s.holders, connection)
	delete(s.sessions, connection)
}

type serializedHandler struct {
	mysql.Handler
	serializer *serializer
}

func (h *serializedHandler) ComQuery(ctx context.Context, c *mysql.Conn, query string, callback mysql.ResultSpoolFn) error {
	return h.serializer.run(ctx, c.ConnectionID, func() error {
		return h.Handler.ComQuery(ctx, c, query, callback)
	})
}

func (h *serializedHandler) ComMultiQuery(ctx context.Context, c *mysql.Conn, query string, callback mysql.ResultSpoolFn) (string, error) {
	var remainder string
	err := h.serializer.run(ctx, c.ConnectionID, func() (err error) {
		remainder, err = h.Handler.ComMultiQuery(ctx, c, query, callback)
		return err
	})
	return remainder, err
}

func (h *serializedHandler) ComPrepare(ctx context.Context, c *mysql.Conn, query string, prepare *mysql.PrepareData) ([]*querypb.Field, error) {
	var fields []*querypb.Field
	err := h.serializer.run(ctx, c.ConnectionID, func() (err error) {
		fields, err = h.Handler.ComPrepare(ctx, c, query, prepare)
		return err
	})
	return fields, err
}

func (h *serializedHandler) ComStmtExecute(ctx context.Context, c *mysql.Conn, prepare *mysql.PrepareData, callback func(*sqltypes.Result) error) error {
	return h.serializer.run(ctx, c.ConnectionID, func() error {
		return h.Handler.ComStmtExecute(ctx, c, prepare, callback)
	})
}

func (h *serializedHandler) ConnectionClosed(c *mysql.Conn) {
	h.Handler.ConnectionClosed(c)
	h.serializer.leave(c.ConnectionID)
}

func (h *serializedHandler) ComResetConnection(c *mysql.Conn) error {
	return h.serializer.run(context.Background(), c.ConnectionID, func() error {
		return h.Handler.ComResetConnection(c)
	})
}

package sql

import (
	"context"
	stdsql "database/sql"
	"sync"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// headAsker asks for the end of the log on one connection of its own: who answers
// there is asked once, because a connection ends with its server.
type headAsker struct {
	server *serverLog
	// slot has one element while somebody asks.
	slot       chan struct{}
	connection *stdsql.Conn
	answers    binlog.Server

	mu sync.Mutex
	// followed is the server that the log is read from.
	followed binlog.Server
}

// follow notes the server that the log is read from.
func (a *headAsker) follow(server binlog.Server) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.followed = server
}

func (a *headAsker) head(ctx context.Context) (binlog.Position, error) {
	select {
	case a.slot <- struct{}{}:
		defer func() { <-a.slot }()
	case <-ctx.Done():
		return binlog.Position{}, ctx.Err()
	}
	reused := a.connection != nil
	head, err := a.ask(ctx)
	if err != nil && reused && ctx.Err() == nil {
		// The connection may have ended long ago; asking twice does no harm.
		head, err = a.ask(ctx)
	}
	return head, err
}

func (a *headAsker) ask(ctx context.Context) (binlog.Position, error) {
	if err := a.connect(ctx); err != nil {
		return binlog.Position{}, err
	}
	err := a.sameServer()
	var head binlog.Position
	if err == nil {
		head, err = a.answers.Head(ctx, a.connection)
	}
	if err != nil {
		a.drop()
	}
	return head, err
}

// connect makes a connection where there is none. One whose server has gone is
// noticed here, before anything depends on it.
func (a *headAsker) connect(ctx context.Context) error {
	if a.connection != nil {
		return nil
	}
	connection, err := a.server.db.Conn(ctx)
	if err != nil {
		return err
	}
	a.connection = connection
	if a.answers, err = binlog.ReadServer(ctx, connection); err != nil {
		a.drop()
	}
	return err
}

// sameServer fails where another server answers than the one that the log is read
// from: its positions mean nothing there.
func (a *headAsker) sameServer() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if (a.followed == binlog.Server{}) || a.followed == a.answers {
		return nil
	}
	return &adapters.Error{Code: adapters.Unavailable, RetryAfter: retryAfter,
		Message: "another server answers than the one that the log is read from"}
}

func (a *headAsker) drop() {
	if a.connection == nil {
		return
	}
	if err := a.connection.Close(); err != nil {
		a.server.backend.config.Logger.Debug("closing the connection that asks for the head of the log", "error", err)
	}
	a.connection = nil
}

func (a *headAsker) close() {
	a.slot <- struct{}{}
	defer func() { <-a.slot }()
	a.drop()
}

package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	engine "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/sirupsen/logrus"
)

const embeddedStopTimeout = 5 * time.Second

// embeddedDatabase is a MySQL-compatible engine inside this process. It listens on
// a free loopback port, keeps everything in memory and forgets it at the end.
type embeddedDatabase struct {
	server  *server.Server
	address string
	ended   chan error
}

// startEmbeddedDatabase returns when the engine accepts connections.
func startEmbeddedDatabase() (*embeddedDatabase, error) {
	logrus.SetLevel(logrus.PanicLevel)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port for the embedded database: %w", err)
	}
	provider := memory.NewDBProvider(newMemoryDatabase())
	served := engine.NewDefault(provider)
	declareSessionVariables()

	sessions := newSerializer()
	instance, err := server.NewServerWithHandler(
		server.Config{Listener: listener}, served, sql.NewContext,
		sessions.track(memory.NewSessionBuilder(provider)), nil,
		func(handler mysql.Handler) (mysql.Handler, error) { return sessions.wrap(handler), nil },
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the embedded database: %w", err), listener.Close())
	}
	started := &embeddedDatabase{server: instance, address: listener.Addr().String(), ended: make(chan error, 1)}
	go func() { started.ended <- instance.Start() }()
	return started, nil
}

func newMemoryDatabase() *memory.Database {
	created := memory.NewDatabase(databaseName)
	created.BaseDatabase.EnablePrimaryKeyIndexes()
	return created
}

// declareSessionVariables declares as MySQL has them what the engine declares
// otherwise: a lock wait timeout that sessions can set, and a limit of rows that can be
// the largest there is.
func declareSessionVariables() {
	sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{
		sessionVariable("innodb_lock_wait_timeout", types.NewSystemIntType("innodb_lock_wait_timeout", 1, math.MaxInt32, false), int64(50)),
		sessionVariable("sql_select_limit", types.NewSystemUintType("sql_select_limit", 0, math.MaxUint64), uint64(math.MaxUint64)),
	})
}

func sessionVariable(name string, kind sql.SystemVariableType, value any) sql.SystemVariable {
	return &sql.MysqlSystemVariable{
		Name:    name,
		Scope:   sql.GetMysqlScope(sql.SystemVariableScope_Both),
		Dynamic: true,
		Type:    kind,
		Default: value,
	}
}

func (d *embeddedDatabase) DSN() string {
	return fmt.Sprintf("root@tcp(%s)/%s", d.address, databaseName)
}

func (d *embeddedDatabase) Description() string {
	return "an embedded MySQL-compatible engine, in memory, at " + d.address
}

func (d *embeddedDatabase) Close() error {
	if err := d.server.Close(); err != nil {
		return fmt.Errorf("close the embedded database: %w", err)
	}
	select {
	case err := <-d.ended:
		return err
	case <-time.After(embeddedStopTimeout):
		return fmt.Errorf("the embedded database at %s did not stop within %s", d.address, embeddedStopTimeout)
	}
}

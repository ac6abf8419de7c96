package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/uuid"

	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

const (
	logHeartbeat  = 250 * time.Millisecond
	logSilence    = 5 * time.Second
	logGroupLimit = 256 << 20
	logRetryMin   = 100 * time.Millisecond
	logRetryMax   = 10 * time.Second
	// headLimit bounds the question where the log ends: it can block as long as commits
	// wait for the acknowledgement of a replica.
	headLimit = 5 * time.Second
)

// logServerIDs are the replication server ids that the bridge chooses from: high, where
// people who number their servers don't come.
var logServerIDs = [2]uint32{3_000_000_000, 4_294_967_294}

// serverLog is a backend's log, shared by its tables.
type serverLog struct {
	backend *Backend
	log     *binlog.Log
	// db is a pool of its own, because asking for the head may block.
	db    *stdsql.DB
	asker *headAsker

	mu       sync.Mutex
	charsets *binlog.Charsets
}

func newServerLog(b *Backend) *serverLog {
	s := &serverLog{backend: b}
	s.db = stdsql.OpenDB(s.connector())
	s.db.SetMaxOpenConns(2)
	s.db.SetMaxIdleConns(1)
	s.db.SetConnMaxIdleTime(connectionIdleTime)
	s.asker = &headAsker{server: s, slot: make(chan struct{}, 1)}
	s.log = binlog.NewLog(binlog.LogConfig{
		Server:         s.server,
		Head:           s.headOf,
		Stream:         s.stream,
		TakenServerIDs: s.takenServerIDs,
		ServerIDs:      logServerIDs,
		UUID:           uuid.NewString(),
		Heartbeat:      logHeartbeat,
		Silence:        logSilence,
		GroupLimit:     logGroupLimit,
		RetryMin:       logRetryMin,
		RetryMax:       logRetryMax,
		Logger:         b.config.Logger,
	})
	return s
}

func (s *serverLog) connector() *connector {
	config := s.backend.config
	dsn := config.LogDSN
	if dsn == nil {
		dsn = config.DSN
	}
	return &connector{backend: s.backend, connections: &connections{}, kind: readSession, dsn: dsn}
}

// close ends the pool. Idle connections that the server has ended meanwhile say so.
func (s *serverLog) close() {
	s.asker.close()
	if err := s.db.Close(); err != nil {
		s.backend.config.Logger.Debug("closing the connections for the log", "error", err)
	}
}

// server asks who answers. Where the log has an address of its own, the same server
// must answer there and where the tables are read.
func (s *serverLog) server(ctx context.Context) (binlog.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, headLimit)
	defer cancel()
	server, err := binlog.ReadServer(ctx, s.db)
	if err != nil || s.backend.config.LogDSN == nil {
		return server, err
	}
	pools, err := s.backend.current()
	if err != nil {
		return server, err
	}
	read, err := binlog.ReadServer(ctx, pools.readers.db)
	if err != nil {
		return server, err
	}
	if read != server {
		return server, drift("backend %s: logDsnFrom and dsnFrom reach different servers: they must be the same one", s.backend.config.Name)
	}
	return server, nil
}

func (s *serverLog) headOf(ctx context.Context, server binlog.Server) (binlog.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, headLimit)
	defer cancel()
	return server.Head(ctx, s.db)
}

// head returns where the log ends now.
func (s *serverLog) head(ctx context.Context) (binlog.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, headLimit)
	defer cancel()
	head, err := s.asker.head(ctx)
	return head, s.unreachable(err)
}

// settled returns where to follow the log from, before a table is read.
func (s *serverLog) settled(ctx context.Context, server binlog.Server) (binlog.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, headLimit)
	defer cancel()
	position, err := server.Settled(ctx, s.db)
	return position, s.unreachable(err)
}

// complete fails with an [incompleteError] where the log doesn't tell every change of a table.
func (s *serverLog) complete(ctx context.Context, server binlog.Server, table binlog.TableName) error {
	problems, err := server.Completeness(ctx, s.db, []binlog.TableName{table})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return &incompleteError{problems}
	}
	return nil
}

func (s *serverLog) charsetsOf(ctx context.Context) (*binlog.Charsets, error) {
	s.mu.Lock()
	known := s.charsets
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	loaded, err := binlog.LoadCharsets(ctx, s.db)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.charsets = loaded
	return loaded, nil
}

// unreachable turns an error of the log into one of the contract.
func (s *serverLog) unreachable(err error) error {
	if err == nil {
		return nil
	}
	var known *adapters.Error
	if errors.As(err, &known) {
		return known
	}
	return &adapters.Error{Code: adapters.Unavailable, RetryAfter: retryAfter, Err: err,
		Message: "backend " + s.backend.config.Name + ": the log of the server cannot be followed"}
}

// stream returns how to connect for the log, from the same DSN as the pool.
func (s *serverLog) stream(context.Context) (binlog.StreamConfig, error) {
	config, err := s.connector().configuration()
	if err != nil {
		return binlog.StreamConfig{}, err
	}
	parameters, err := streamParameters(config)
	return binlog.StreamConfig{Connection: parameters}, err
}

func streamParameters(config *mysql.Config) (vitess.ConnParams, error) {
	parameters := vitess.ConnParams{Uname: config.User, Pass: config.Passwd, ConnectTimeoutMs: uint64(config.Timeout.Milliseconds())}
	switch config.TLSConfig {
	case "", "false":
		parameters.SslMode = "disabled"
	case "preferred":
		parameters.SslMode = "preferred"
	case "skip-verify":
		parameters.SslMode = "required"
	case "true":
		parameters.SslMode = "verify_identity"
	default:
		return vitess.ConnParams{}, fmt.Errorf("the DSN's tls=%s cannot be used for the log: use true, skip-verify or preferred", config.TLSConfig)
	}
	if config.Net == "unix" {
		parameters.UnixSocket = config.Addr
		return parameters, nil
	}
	host, port, err := net.SplitHostPort(config.Addr)
	if err != nil {
		return vitess.ConnParams{}, fmt.Errorf("the DSN's address: %w", err)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return vitess.ConnParams{}, fmt.Errorf("the DSN's port %q is not a number", port)
	}
	parameters.Host, parameters.Port = host, int(number)
	return parameters, nil
}

// takenServerIDs returns the ids of the replicas that the server knows of. Without
// the privilege to ask, the choice among a billion ids has to do.
func (s *serverLog) takenServerIDs(ctx context.Context, server binlog.Server) (map[uint32]bool, error) {
	taken, err := server.Replicas(ctx, s.db)
	if errorNumber(err) == errPrivilege {
		return nil, nil
	}
	return taken, err
}

package binlog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Querier is a pool or connection to the server whose log is followed.
type Querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

// Server is what has to be known about a server to follow its log.
type Server struct {
	MariaDB bool
	Version string
	// Identity of the server, see [FileIdentity].
	Identity string
	// BaseName of its log files.
	BaseName string
}

// ReadServer asks the server who it is.
func ReadServer(ctx context.Context, db Querier) (Server, error) {
	variables, err := globalVariables(ctx, db, "version", "server_id", "server_uuid", "gtid_domain_id", "log_bin_basename", "log_bin")
	if err != nil {
		return Server{}, fmt.Errorf("read the server's identity: %w", err)
	}
	server := Server{Version: variables["version"], MariaDB: strings.Contains(variables["version"], "MariaDB")}
	base := variables["log_bin_basename"]
	server.BaseName = base[strings.LastIndexAny(base, `/\`)+1:]
	server.Identity = variables["server_uuid"]
	if server.MariaDB {
		server.Identity = variables["gtid_domain_id"] + "-" + variables["server_id"]
	}
	return server, nil
}

// globalVariables returns the named variables; those that the server doesn't have
// are missing.
func globalVariables(ctx context.Context, db Querier, names ...string) (map[string]string, error) {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "'" + name + "'"
	}
	return namedValues(ctx, db, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ("+strings.Join(quoted, ",")+")")
}

func namedValues(ctx context.Context, db Querier, query string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		values[strings.ToLower(name)] = value
	}
	return values, rows.Err()
}

// ErrNoLog says that the server writes no binary log.
var ErrNoLog = errors.New("the server has no binary log (log_bin is off)")

// Head returns where the log ends now. The call may block as long as commits wait
// for the acknowledgement of a replica, so ctx should have a deadline, and db must
// not be the pool that serves anything else.
func (s Server) Head(ctx context.Context, db Querier) (Position, error) {
	query := "SHOW MASTER STATUS"
	if !s.MariaDB && atLeast(s.Version, 8, 2) {
		query = "SHOW BINARY LOG STATUS"
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return Position{}, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return Position{}, fmt.Errorf("%s: %w", query, err)
	}
	if !rows.Next() {
		return Position{}, errors.Join(ErrNoLog, rows.Err())
	}
	var file string
	var offset uint64
	targets := make([]any, len(columns))
	for i := range targets {
		targets[i] = new(sql.RawBytes)
	}
	targets[0], targets[1] = &file, &offset
	if err := rows.Scan(targets...); err != nil {
		return Position{}, fmt.Errorf("%s: %w", query, err)
	}
	return s.position(file, offset)
}

func (s Server) position(file string, offset uint64) (Position, error) {
	base, number, err := ParseFileName(file)
	if err != nil {
		return Position{}, err
	}
	if base != s.BaseName {
		return Position{}, fmt.Errorf("log file %q does not begin with %q: another server answers at this address", file, s.BaseName)
	}
	return Position{File: number, Offset: offset}, nil
}

func atLeast(version string, major, minor int) bool {
	var gotMajor, gotMinor int
	if _, err := fmt.Sscanf(version, "%d.%d", &gotMajor, &gotMinor); err != nil {
		return false
	}
	return gotMajor > major || gotMajor == major && gotMinor >= minor
}

// Settled returns a position such that a SELECT that begins now sees everything that
// was committed at or before it. The head is not such a position: the log is written
// before the commit can be seen.
//
// MariaDB tells the position of a consistent snapshot. MySQL doesn't; there it is the
// start of the file that the head is in, because a rotation waits for the commits
// before it.
func (s Server) Settled(ctx context.Context, db *sql.DB) (Position, error) {
	if !s.MariaDB {
		head, err := s.Head(ctx, db)
		return Position{File: head.File, Offset: firstPosition}, err
	}
	connection, err := db.Conn(ctx)
	if err != nil {
		return Position{}, fmt.Errorf("connect for a snapshot: %w", err)
	}
	defer connection.Close()
	if _, err := connection.ExecContext(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT"); err != nil {
		return Position{}, fmt.Errorf("take a consistent snapshot: %w", err)
	}
	values, statusErr := namedValues(ctx, connection, "SHOW STATUS LIKE 'binlog_snapshot_%'")
	_, rollbackErr := connection.ExecContext(ctx, "ROLLBACK")
	if err := errors.Join(statusErr, rollbackErr); err != nil {
		return Position{}, fmt.Errorf("read the snapshot's position: %w", err)
	}
	var offset uint64
	if _, err := fmt.Sscan(values["binlog_snapshot_position"], &offset); err != nil || values["binlog_snapshot_file"] == "" {
		return Position{}, ErrNoLog
	}
	return s.position(values["binlog_snapshot_file"], offset)
}

// Replicas returns the server ids of the replicas that the server knows of, and its own.
func (s Server) Replicas(ctx context.Context, db Querier) (map[uint32]bool, error) {
	query := "SHOW SLAVE HOSTS"
	if !s.MariaDB && atLeast(s.Version, 8, 1) {
		query = "SHOW REPLICAS"
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	var id uint32
	targets := make([]any, len(columns))
	for i := range targets {
		targets[i] = new(sql.RawBytes)
	}
	targets[0] = &id
	taken := map[uint32]bool{}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		taken[id] = true
	}
	return taken, rows.Err()
}

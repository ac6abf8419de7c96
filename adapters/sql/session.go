package sql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// sessionKind says what a connection is for.
type sessionKind uint8

const (
	readSession sessionKind = iota
	writeSession
)

const (
	serverQuery = "SELECT VERSION(), @@global.time_zone, @@system_time_zone, @@session.sql_mode, @@global.log_bin, @@global.binlog_format, @@global.max_allowed_packet"

	// statementLimit bounds each statement on the server, in seconds, and writeLimit
	// those of sessions that write: below the time after which the connection itself
	// is given up.
	statementLimit = 30
	writeLimit     = 10
	// rowLockWait and tableLockWait bound the wait for locks of writes, in seconds.
	rowLockWait   = 2
	tableLockWait = 3
)

// session is a connection that is being set up.
type session struct {
	ctx        context.Context
	connection driver.Conn
}

func (c *connector) setUp(ctx context.Context, connection driver.Conn) error {
	s := session{ctx: ctx, connection: connection}
	facts, err := s.row(serverQuery)
	if err != nil {
		return fmt.Errorf("ask for the server's settings: %w", err)
	}
	version, global, system, mode := facts[0], facts[1], facts[2], facts[3]
	packet, err := strconv.ParseInt(facts[6], 10, 64)
	if err != nil {
		return fmt.Errorf("max_allowed_packet is %q: %w", facts[6], err)
	}
	c.backend.learned(server{version: version, location: zoneOfServer(global, system), packet: packet})
	for _, statement := range c.statements(version, mode, facts[4] == "1" && facts[5] == "STATEMENT") {
		if err := s.exec(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	for _, statement := range c.optionalStatements(version) {
		if err := s.exec(statement); err != nil && errorNumber(err) != errUnknownVariable {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if c.kind == writeSession {
		return c.setZone(s)
	}
	return nil
}

// statements returns what every session of this kind needs.
func (c *connector) statements(version, mode string, statementLog bool) []string {
	isolation := "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
	if c.kind == readSession {
		return []string{
			isolation,
			"SET SESSION time_zone = '+00:00', autocommit = 1, sql_mode = '" + modes(mode) + "'",
		}
	}
	if statementLog {
		// InnoDB refuses writes in READ COMMITTED where the log is in statements.
		isolation = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
	}
	return []string{
		isolation,
		"SET SESSION autocommit = 1, sql_mode = '" + modes(mode, "STRICT_TRANS_TABLES") + "'",
		fmt.Sprintf("SET SESSION innodb_lock_wait_timeout = %d, lock_wait_timeout = %d", rowLockWait, tableLockWait),
	}
}

// optionalStatements are for variables that not every server has. Messages must be
// in English, because they name the column and the constraint that an error is about.
func (c *connector) optionalStatements(version string) []string {
	seconds := statementLimit
	if c.kind == writeSession {
		seconds = writeLimit
	}
	limit := fmt.Sprintf("SET SESSION max_execution_time = %d", seconds*1000)
	if strings.Contains(version, "MariaDB") {
		limit = fmt.Sprintf("SET SESSION max_statement_time = %d", seconds)
	}
	return []string{limit, "SET SESSION lc_messages = 'en_US'", "SET SESSION sql_select_limit = 18446744073709551615, sql_big_selects = 1"}
}

// modes drops PAD_CHAR_TO_FULL_LENGTH, with which CHAR values would differ from what
// was written, and adds others.
func modes(present string, added ...string) string {
	wanted := slices.DeleteFunc(strings.Split(present, ","), func(mode string) bool {
		return mode == "" || mode == "PAD_CHAR_TO_FULL_LENGTH" || strings.ContainsAny(mode, `'\`)
	})
	for _, mode := range added {
		if !slices.Contains(wanted, mode) {
			wanted = append(wanted, mode)
		}
	}
	return strings.Join(wanted, ",")
}

// setZone gives a writing session the application's zone.
func (c *connector) setZone(s session) error {
	zone := c.backend.config.TimeZone
	if zone == "" {
		return s.exec("SET SESSION time_zone = @@global.time_zone")
	}
	err := s.exec("SET SESSION time_zone = '" + zone + "'")
	if errorNumber(err) != errUnknownZone {
		return err
	}
	if c.backend.location() == time.UTC {
		return s.exec("SET SESSION time_zone = '+00:00'")
	}
	return err
}

func (s session) exec(statement string) error {
	execer, ok := s.connection.(driver.ExecerContext)
	if !ok {
		return errors.New("the driver cannot execute statements directly")
	}
	_, err := execer.ExecContext(s.ctx, statement, nil)
	return err
}

// row returns the only row of a query as text.
func (s session) row(query string) ([]string, error) {
	queryer, ok := s.connection.(driver.QueryerContext)
	if !ok {
		return nil, errors.New("the driver cannot query directly")
	}
	rows, err := queryer.QueryContext(s.ctx, query, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(values); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("no row")
		}
		return nil, err
	}
	texts := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case []byte:
			texts[i] = string(v)
		default:
			texts[i] = fmt.Sprint(v)
		}
	}
	return texts, nil
}

// errorNumber returns the server's number of an error, or 0.
func errorNumber(err error) uint16 {
	var failure *mysql.MySQLError
	if errors.As(err, &failure) {
		return failure.Number
	}
	return 0
}

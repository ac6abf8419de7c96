package sqltest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Database is a schema of a test's own, dropped when the test ends.
type Database struct {
	// Name of the schema.
	Name   string
	server *Server
	handle *sql.DB
}

var databases atomic.Int64

// Database creates an empty schema.
func (s *Server) Database(tb testing.TB) *Database {
	tb.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	s.Exec(tb, "CREATE DATABASE "+name)
	config, err := mysql.ParseDSN(s.DSN(name))
	if err != nil {
		tb.Fatalf("preparing database %s: %v", name, err)
	}
	config.MultiStatements = true
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		tb.Fatalf("preparing database %s: %v", name, err)
	}
	database := &Database{Name: name, server: s, handle: sql.OpenDB(connector)}
	tb.Cleanup(func() { database.remove(tb) })
	return database
}

func (d *Database) remove(tb testing.TB) {
	if err := d.handle.Close(); err != nil {
		tb.Errorf("closing database %s: %v", d.Name, err)
	}
	if !d.server.process.running() {
		return
	}
	if _, err := d.server.admin.ExecContext(context.Background(), "DROP DATABASE IF EXISTS "+d.Name); err != nil {
		tb.Errorf("dropping database %s: %v", d.Name, err)
	}
}

// DSN returns the data source name of a user who may do everything, over TCP.
func (d *Database) DSN() string { return d.server.DSN(d.Name) }

// Server returns the server that the schema is on.
func (d *Database) Server() *Server { return d.server }

// SQL returns a handle on the schema, closed when the test ends. It accepts several
// statements at once.
func (d *Database) SQL() *sql.DB { return d.handle }

// Exec executes statements, separated by semicolons.
func (d *Database) Exec(tb testing.TB, statements string, arguments ...any) {
	tb.Helper()
	if _, err := d.handle.ExecContext(context.Background(), statements, arguments...); err != nil {
		tb.Fatalf("executing %q: %v", statements, err)
	}
}

// Query returns the rows of a query as text, values separated by a tab and NULL as
// the word.
func (d *Database) Query(tb testing.TB, query string, arguments ...any) []string {
	tb.Helper()
	lines, err := queryText(d.handle, query, arguments)
	if err != nil {
		tb.Fatalf("querying %q: %v", query, err)
	}
	return lines
}

func queryText(handle *sql.DB, query string, arguments []any) ([]string, error) {
	rows, err := handle.QueryContext(context.Background(), query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var lines []string
	for rows.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		lines = append(lines, textLine(values))
	}
	return lines, rows.Err()
}

func textLine(values []sql.NullString) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = "NULL"
		if value.Valid {
			texts[i] = value.String
		}
	}
	return strings.Join(texts, "\t")
}

package binlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Problem is something that keeps the log from telling everything, and what mends it.
type Problem struct {
	// What is wrong, for a person.
	What string
	// Remedy is a statement or a configuration line.
	Remedy string
}

// String returns both parts in one line.
func (p Problem) String() string { return p.What + "; " + p.Remedy }

// required are the variables that a complete log needs, and the values that are fine.
// A variable that the server doesn't have is fine too.
var required = []struct {
	name   string
	values []string
	remedy string
}{
	{"log_bin", []string{"ON", "1"}, "set log_bin in the server's configuration ([mysqld] log_bin=mysql-bin) and restart it"},
	{"binlog_format", []string{"ROW"}, "SET GLOBAL binlog_format = 'ROW', and binlog_format=ROW in its configuration"},
	{"binlog_row_image", []string{"FULL"}, "SET GLOBAL binlog_row_image = 'FULL', and binlog_row_image=FULL in its configuration"},
	{"binlog_row_value_options", []string{""}, "SET GLOBAL binlog_row_value_options = ''"},
	{"binlog_transaction_compression", []string{"OFF", "0"}, "SET GLOBAL binlog_transaction_compression = OFF"},
	{"log_bin_compress", []string{"OFF", "0"}, "SET GLOBAL log_bin_compress = OFF"},
}

// Completeness returns why the server's log does not tell every change of the
// tables, or nothing if it does.
func (s Server) Completeness(ctx context.Context, db Querier, tables []TableName) ([]Problem, error) {
	names := []string{"log_slave_updates", "log_replica_updates", "wsrep_on"}
	for _, r := range required {
		names = append(names, r.name)
	}
	variables, err := globalVariables(ctx, db, names...)
	if err != nil {
		return nil, fmt.Errorf("read the log's settings: %w", err)
	}
	var problems []Problem
	for _, r := range required {
		value, known := variables[r.name]
		if known && !slices.Contains(r.values, strings.ToUpper(value)) {
			problems = append(problems, Problem{What: fmt.Sprintf("%s is %q", r.name, value), Remedy: r.remedy})
		}
	}
	if variables["log_bin"] == "OFF" || variables["log_bin"] == "0" {
		return problems[:1], nil
	}
	filters, err := s.filters(ctx, db, tables)
	if err != nil {
		return nil, err
	}
	problems = append(problems, filters...)
	replica, err := s.replication(ctx, db, variables)
	return append(problems, replica...), err
}

// filters finds binlog_do_db and binlog_ignore_db, which hide whole schemas.
func (s Server) filters(ctx context.Context, db Querier, tables []TableName) ([]Problem, error) {
	query := "SHOW MASTER STATUS"
	if !s.MariaDB && atLeast(s.Version, 8, 2) {
		query = "SHOW BINARY LOG STATUS"
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return []Problem{{
			What:   fmt.Sprintf("%s is refused: %v", query, err),
			Remedy: s.headGrant(),
		}}, nil
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || !rows.Next() {
		return nil, fmt.Errorf("%s: no answer: %w", query, firstError(err, rows.Err()))
	}
	values := make([]string, len(columns))
	targets := make([]any, len(columns))
	for i := range targets {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil || len(values) < 4 {
		return nil, fmt.Errorf("%s: %w", query, firstError(err, ErrNoLog))
	}
	return hidden(splitNames(values[2]), splitNames(values[3]), tables), rows.Err()
}

func (s Server) headGrant() string {
	if s.MariaDB {
		return "GRANT BINLOG MONITOR ON *.* TO the user of the DSN"
	}
	return "GRANT REPLICATION CLIENT ON *.* TO the user of the DSN"
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ErrNoLog
}

func splitNames(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func hidden(only, ignored []string, tables []TableName) []Problem {
	var problems []Problem
	schemas := map[string]bool{}
	for _, table := range tables {
		if schemas[table.Schema] {
			continue
		}
		schemas[table.Schema] = true
		if len(only) > 0 && !slices.Contains(only, table.Schema) || slices.Contains(ignored, table.Schema) {
			problems = append(problems, Problem{
				What:   fmt.Sprintf("binlog_do_db or binlog_ignore_db keeps schema %s out of the log", table.Schema),
				Remedy: "remove the filter from the server's configuration and restart it",
			})
		}
	}
	return problems
}

// replication finds servers that apply changes of others without logging them.
func (s Server) replication(ctx context.Context, db Querier, variables map[string]string) ([]Problem, error) {
	logged := variables["log_slave_updates"]
	if value, known := variables["log_replica_updates"]; known {
		logged = value
	}
	if logged == "ON" || logged == "1" {
		return nil, nil
	}
	if variables["wsrep_on"] == "ON" {
		return []Problem{{What: "this is a Galera node and log_slave_updates is off", Remedy: "log_slave_updates=ON in its configuration"}}, nil
	}
	query := s.replicaStatusQuery()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return []Problem{{
			What:   fmt.Sprintf("log_slave_updates is off, and %s, which tells whether that matters, is refused: %v", query, err),
			Remedy: s.replicaGrant(),
		}}, nil
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	return []Problem{{
		What:   "the server is a replica and log_slave_updates is off",
		Remedy: "log_slave_updates=ON in its configuration, or point the DSN at the primary",
	}}, nil
}

func (s Server) replicaStatusQuery() string {
	switch {
	case s.MariaDB:
		return "SHOW ALL SLAVES STATUS"
	case atLeast(s.Version, 8, 1):
		return "SHOW REPLICA STATUS"
	}
	return "SHOW SLAVE STATUS"
}

func (s Server) replicaGrant() string {
	if s.MariaDB {
		return "GRANT SLAVE MONITOR ON *.* TO the user of the DSN, or log_slave_updates=ON in the server's configuration"
	}
	return "GRANT REPLICATION CLIENT ON *.* TO the user of the DSN"
}

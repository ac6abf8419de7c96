package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"
)

const databaseName = "erp"

// database is a running MySQL-compatible server with an empty schema.
type database interface {
	// DSN in the form of github.com/go-sql-driver/mysql.
	DSN() string
	// Description is for the person in front of the terminal.
	Description() string
	// Close stops the server and waits for its end.
	Close() error
}

//go:embed schema.sql
var schemaSQL string

// fill makes the legacy tables and their first rows.
func fill(ctx context.Context, connection *sql.DB) error {
	for _, statement := range strings.Split(schemaSQL, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := connection.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("run %.60q of schema.sql: %w", statement, err)
		}
	}
	return nil
}

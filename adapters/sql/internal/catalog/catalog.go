// Package catalog reads what the database says about a table: its columns, the keys
// that make a row unique, and the references from and to it. It only reads
// information_schema, which shows what the user has a privilege on.
package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

// Table is a table or view as it was when it was read.
type Table struct {
	Schema string
	Name   string
	// View says that it is not a base table.
	View bool
	// Engine of a base table.
	Engine string
	// Transactional says that the engine can roll back.
	Transactional bool
	// RowBytes is the server's estimate of a row's average size, or zero.
	RowBytes int64
	Columns  []Column
	// Indexes are the unique ones.
	Indexes []Index
	// References are the foreign keys of this table.
	References []Reference
}

// Column is a column and what an INSERT has to know about it.
type Column struct {
	column.Info
	AutoIncrement bool
}

// Index is a unique index over whole columns.
type Index struct {
	Name    string
	Columns []string
	// NotNull says that no column of it can be NULL.
	NotNull bool
}

// Reference is a foreign key.
type Reference struct {
	Constraint string
	// Table that has the foreign key.
	Table   string
	Columns []string
	// Referenced are the columns that it refers to.
	Referenced         []string
	OnDelete, OnUpdate string
}

// Cascades tells whether a rule changes or deletes referring rows.
func Cascades(rule string) bool {
	return slices.Contains([]string{"CASCADE", "SET NULL", "SET DEFAULT"}, rule)
}

// Querier is a connection, pool or transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

// ErrNoTable says that the table is missing, or that the user has no privilege on it.
var ErrNoTable = errors.New("no such table")

// Read reads a table. An empty schema is the connection's default one.
func Read(ctx context.Context, querier Querier, schema, name string) (*Table, error) {
	table, err := readTable(ctx, querier, schema, name)
	if err != nil {
		return nil, fmt.Errorf("read information_schema.TABLES: %w", err)
	}
	if table.Columns, err = readColumns(ctx, querier, table); err != nil {
		return nil, fmt.Errorf("read information_schema.COLUMNS: %w", err)
	}
	if table.Indexes, err = readIndexes(ctx, querier, table); err != nil {
		return nil, fmt.Errorf("read information_schema.STATISTICS: %w", err)
	}
	if table.References, err = readReferences(ctx, querier, table); err != nil {
		return nil, fmt.Errorf("read information_schema.KEY_COLUMN_USAGE: %w", err)
	}
	return table, nil
}

// Column returns a column by its name, which SQL compares without regard to case.
func (t *Table) Column(name string) (Column, bool) {
	for _, column := range t.Columns {
		if strings.EqualFold(column.Name, name) {
			return column, true
		}
	}
	return Column{}, false
}

// UniqueKey returns the unique index without nullable columns that consists of
// columns only, the primary key if it is one.
func (t *Table) UniqueKey(columns []string) (Index, bool) {
	for _, index := range t.Indexes {
		if index.NotNull && within(index.Columns, columns) {
			return index, true
		}
	}
	return Index{}, false
}

// Index returns a unique index by its name.
func (t *Table) Index(name string) (Index, bool) {
	for _, index := range t.Indexes {
		if strings.EqualFold(index.Name, name) {
			return index, true
		}
	}
	return Index{}, false
}

// within tells whether every name is one of columns.
func within(names, columns []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(columns, func(column string) bool { return strings.EqualFold(name, column) })
	})
}

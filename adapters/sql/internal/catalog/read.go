package catalog

import (
	"context"
	"database/sql"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

const tableQuery = `SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE, COALESCE(t.ENGINE, ''), COALESCE(e.TRANSACTIONS, 'NO'), COALESCE(t.AVG_ROW_LENGTH, 0)
FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND t.TABLE_NAME = ?`

func readTable(ctx context.Context, querier Querier, schema, name string) (*Table, error) {
	table := &Table{}
	var kind, transactions string
	found := false
	err := each(ctx, querier, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(&table.Schema, &table.Name, &kind, &table.Engine, &transactions, &table.RowBytes)
	}, tableQuery, schema, name)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, ErrNoTable
	}
	table.View = kind != "BASE TABLE" && kind != "SYSTEM VERSIONED"
	table.Transactional = transactions == "YES"
	return table, nil
}

const columnQuery = `SELECT COLUMN_NAME, LOWER(DATA_TYPE), COLUMN_TYPE, IS_NULLABLE = 'YES', COLUMN_DEFAULT IS NOT NULL,
  COALESCE(CHARACTER_OCTET_LENGTH, 0), COALESCE(NUMERIC_PRECISION, 0), COALESCE(NUMERIC_SCALE, 0),
  COALESCE(DATETIME_PRECISION, 0), COALESCE(CHARACTER_SET_NAME, ''), LOWER(EXTRA)
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`

func readColumns(ctx context.Context, querier Querier, table *Table) ([]Column, error) {
	var columns []Column
	err := each(ctx, querier, func(rows *sql.Rows) error {
		var info column.Info
		var extra string
		err := rows.Scan(&info.Name, &info.DataType, &info.ColumnType, &info.Nullable, &info.HasDefault,
			&info.Octets, &info.Precision, &info.Scale, &info.Fraction, &info.Charset, &extra)
		if err != nil {
			return err
		}
		if info.DataType == "enum" || info.DataType == "set" {
			info.Members = members(info.ColumnType)
		}
		info.Unsigned = strings.Contains(strings.ToLower(info.ColumnType), "unsigned")
		info.Generated = strings.Contains(extra, "generated") && !strings.Contains(extra, "default_generated") ||
			strings.Contains(extra, "virtual") || strings.Contains(extra, "persistent")
		autoIncrement := strings.Contains(extra, "auto_increment")
		info.HasDefault = info.HasDefault || info.Nullable || info.Generated || autoIncrement
		columns = append(columns, Column{Info: info, AutoIncrement: autoIncrement})
		return nil
	}, columnQuery, table.Schema, table.Name)
	return columns, err
}

const indexQuery = `SELECT INDEX_NAME, COALESCE(COLUMN_NAME, ''), SUB_PART IS NOT NULL, NULLABLE = 'YES'
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0
ORDER BY INDEX_NAME = 'PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX`

func readIndexes(ctx context.Context, querier Querier, table *Table) ([]Index, error) {
	var indexes []Index
	partial := map[string]bool{}
	err := each(ctx, querier, func(rows *sql.Rows) error {
		var name, columnName string
		var isPrefix, isNullable bool
		if err := rows.Scan(&name, &columnName, &isPrefix, &isNullable); err != nil {
			return err
		}
		if len(indexes) == 0 || indexes[len(indexes)-1].Name != name {
			indexes = append(indexes, Index{Name: name, NotNull: true})
		}
		index := &indexes[len(indexes)-1]
		index.Columns = append(index.Columns, columnName)
		// A prefix, an expression or a nullable column doesn't make rows unique by
		// whole column values; the index still names what a duplicate is about.
		partial[name] = partial[name] || isPrefix || columnName == ""
		index.NotNull = index.NotNull && !isNullable && !partial[name]
		return nil
	}, indexQuery, table.Schema, table.Name)
	return indexes, err
}

const referenceColumns = `SELECT k.CONSTRAINT_NAME, CONCAT(k.TABLE_SCHEMA, '.', k.TABLE_NAME), k.COLUMN_NAME, k.REFERENCED_COLUMN_NAME,
  r.DELETE_RULE, r.UPDATE_RULE
FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
  ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
`

const referenceOrder = ` ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION`

func readReferences(ctx context.Context, querier Querier, table *Table) ([]Reference, error) {
	return references(ctx, querier, `WHERE k.TABLE_SCHEMA = ? AND k.TABLE_NAME = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL`, table)
}

// ReadReferring returns the foreign keys of other tables that refer to a table, as
// far as the user has a privilege on those tables. On a server with very many tables
// this is slow, so it is asked only before a write that may cascade.
func ReadReferring(ctx context.Context, querier Querier, table *Table) ([]Reference, error) {
	return references(ctx, querier, `WHERE k.REFERENCED_TABLE_SCHEMA = ? AND k.REFERENCED_TABLE_NAME = ?`, table)
}

func references(ctx context.Context, querier Querier, where string, table *Table) ([]Reference, error) {
	var found []Reference
	err := each(ctx, querier, func(rows *sql.Rows) error {
		var next Reference
		var columnName, referenced string
		if err := rows.Scan(&next.Constraint, &next.Table, &columnName, &referenced, &next.OnDelete, &next.OnUpdate); err != nil {
			return err
		}
		if last := len(found) - 1; last < 0 || found[last].Constraint != next.Constraint || found[last].Table != next.Table {
			found = append(found, next)
		}
		reference := &found[len(found)-1]
		reference.Columns = append(reference.Columns, columnName)
		reference.Referenced = append(reference.Referenced, referenced)
		return nil
	}, referenceColumns+where+referenceOrder, table.Schema, table.Name)
	return found, err
}

// each calls row for every row of a query.
func each(ctx context.Context, querier Querier, row func(*sql.Rows) error, query string, arguments ...any) error {
	rows, err := querier.QueryContext(ctx, query, arguments...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

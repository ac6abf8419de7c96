package main

import (
	"context"
	"database/sql"
	"fmt"
)

// sqlPeer is the database by itself: what everything that is built on it costs at least.
type sqlPeer struct {
	database  *sql.DB
	processes servers
}

func (p *sqlPeer) name() string     { return "plain SQL" }
func (p *sqlPeer) servers() servers { return p.processes }

func (p *sqlPeer) do(ctx context.Context, work work, number int) (int64, error) {
	const all = "SELECT * FROM CUSTOMER"
	switch work {
	case listJSON:
		return p.read(ctx, all+" WHERE CUST_NO > ? ORDER BY CUST_NO", 0)
	case tablePage:
		return p.read(ctx, all+" WHERE CUST_NO > ? ORDER BY CUST_NO LIMIT ?", 0, pageSize)
	case getOne:
		return p.read(ctx, all+" WHERE CUST_NO = ?", objectName(number))
	case createOne:
		return p.create(ctx, number)
	default:
		return 0, errUnsupported
	}
}

// read reads through the binary protocol: arguments make a prepared statement.
func (p *sqlPeer) read(ctx context.Context, query string, arguments ...any) (int64, error) {
	rows, err := p.database.QueryContext(ctx, query, arguments...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	received, err := countBytes(rows)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", query, err)
	}
	return received, nil
}

func countBytes(rows *sql.Rows) (int64, error) {
	values := make([]sql.RawBytes, 1+len(fieldNames))
	targets := make([]any, len(values))
	for i := range values {
		targets[i] = &values[i]
	}
	var received int64
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return 0, err
		}
		for _, value := range values {
			received += int64(len(value))
		}
	}
	return received, rows.Err()
}

// create inserts a row and reads it back in one transaction, as the bridge has to.
func (p *sqlPeer) create(ctx context.Context, number int) (int64, error) {
	transaction, err := p.database.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer transaction.Rollback()
	if _, err := transaction.ExecContext(ctx, "INSERT INTO CUSTOMER VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", rowValues(number)...); err != nil {
		return 0, fmt.Errorf("insert row %d: %w", number, err)
	}
	rows, err := transaction.QueryContext(ctx, "SELECT * FROM CUSTOMER WHERE CUST_NO = ?", objectName(number))
	if err != nil {
		return 0, fmt.Errorf("read row %d: %w", number, err)
	}
	received, err := countBytes(rows)
	if err != nil {
		return 0, fmt.Errorf("read row %d: %w", number, err)
	}
	return received, transaction.Commit()
}

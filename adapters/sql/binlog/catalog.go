package binlog

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// LoadCharsets asks the server for its collations and for the conversion tables of
// its single-byte character sets, so that decoding converts exactly as it does.
func LoadCharsets(ctx context.Context, db *sql.DB) (*Charsets, error) {
	charsets := &Charsets{Collations: map[uint64]string{}, SingleByte: map[string]*[256]string{}}
	if err := charsets.loadCollations(ctx, db); err != nil {
		return nil, fmt.Errorf("read the collations: %w", err)
	}
	names, err := singleByteNames(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read the character sets: %w", err)
	}
	for _, name := range names {
		table, err := loadSingleByte(ctx, db, name)
		if err != nil {
			return nil, fmt.Errorf("read the conversion of character set %s: %w", name, err)
		}
		charsets.SingleByte[name] = table
	}
	return charsets, nil
}

// collationQueries are tried in turn: since 10.10 MariaDB lists the ids of
// collations that serve several character sets in another table only.
var collationQueries = []string{
	"SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL AND CHARACTER_SET_NAME IS NOT NULL",
	"SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL AND CHARACTER_SET_NAME IS NOT NULL",
}

func (c *Charsets) loadCollations(ctx context.Context, db *sql.DB) error {
	var err error
	for _, query := range collationQueries {
		if err = c.queryCollations(ctx, db, query); err == nil {
			return nil
		}
	}
	return err
}

func (c *Charsets) queryCollations(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id uint64
		var charset string
		if err := rows.Scan(&id, &charset); err != nil {
			return err
		}
		c.Collations[id] = charset
	}
	return rows.Err()
}

func singleByteNames(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS WHERE MAXLEN = 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		if name != "binary" && !IsUTF8(name) {
			names = append(names, name)
		}
	}
	return names, rows.Err()
}

// loadSingleByte lets the server convert each of the 256 bytes. A byte that is no
// character becomes a question mark there, and so it does in what a SELECT reads.
func loadSingleByte(ctx context.Context, db *sql.DB, charset string) (*[256]string, error) {
	var query strings.Builder
	query.WriteString("SELECT ")
	table := new([256]string)
	targets := make([]any, len(table))
	for i := range table {
		if i > 0 {
			query.WriteString(", ")
		}
		fmt.Fprintf(&query, "CONVERT(_%s X'%02X' USING utf8mb4)", charset, i)
		targets[i] = &table[i]
	}
	return table, db.QueryRowContext(ctx, query.String()).Scan(targets...)
}

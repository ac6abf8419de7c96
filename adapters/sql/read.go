package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

const (
	firstChunk   = 1000
	largestChunk = 20000
	smallChunk   = 50
	// chunkTime is how long one chunk should take at most: a statement that reads a
	// table makes DDL on it wait, and behind the DDL everybody else.
	chunkTime = 100 * time.Millisecond
	// chunkBytes is how much memory one chunk should take at most.
	chunkBytes = 8 << 20
	// readTimeout bounds one statement.
	readTimeout = statementLimit * time.Second
)

// Read implements [poll.Source]: the whole table in the order of its key.
func (r *Resource) Read(ctx context.Context, page func([]adapters.Record) error) error {
	p, err := r.planned(ctx)
	if err != nil {
		return err
	}
	size := boundedSize(firstChunk, int(p.catalog.RowBytes))
	var records []adapters.Record
	var after adapters.Key
	for {
		began := time.Now()
		records, err = r.readChunk(ctx, p, after, size, records[:0])
		if err != nil {
			return err
		}
		took := time.Since(began)
		if len(records) == 0 {
			return nil
		}
		last, isLast := records[len(records)-1].Key, len(records) < size
		size = boundedSize(nextSize(size, took), sampledBytes(records))
		if err := page(records); err != nil || isLast {
			return err
		}
		after = last
		clear(records)
	}
}

// nextSize keeps the time of a chunk near chunkTime.
func nextSize(size int, took time.Duration) int {
	switch {
	case took > chunkTime:
		return max(size/2, smallChunk)
	case took < chunkTime/2:
		return min(size*2, largestChunk)
	}
	return size
}

// boundedSize keeps the memory of a chunk near chunkBytes, given the bytes of a row.
func boundedSize(size, rowBytes int) int {
	return max(min(size, chunkBytes/max(rowBytes, 1)), 1)
}

// sampledBytes returns about how large the rows of a chunk are.
func sampledBytes(records []adapters.Record) int {
	const samples = 16
	step := max(len(records)/samples, 1)
	total, count := 0, 0
	for i := 0; i < len(records); i += step {
		for _, value := range records[i].Values {
			total += len(value.Text())
		}
		count++
	}
	return total / count
}

func (r *Resource) readChunk(ctx context.Context, p *plan, after adapters.Key, size int, records []adapters.Record) ([]adapters.Record, error) {
	query, arguments := p.queries.first, p.whereArguments()
	if after != nil {
		query = p.queries.next
		ordered := make([]any, 0, len(p.order))
		for _, i := range p.order {
			argument, err := p.key[i].codec.Encode(after[i])
			if err != nil {
				return nil, fmt.Errorf("continue after key %s: %w", after, err)
			}
			ordered = append(ordered, argument)
		}
		arguments = append(arguments, afterArguments(ordered)...)
	}
	records, err := r.query(ctx, p, query, append(arguments, size), records)
	if err != nil {
		return nil, r.failed(ctx, p, "read table "+r.config.Table, err)
	}
	return records, nil
}

// query runs a prepared statement on a reading session.
func (r *Resource) query(ctx context.Context, p *plan, query string, arguments []any, records []adapters.Record) ([]adapters.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	pools, err := r.backend.current()
	if err != nil {
		return nil, err
	}
	release, err := pools.readers.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	statement, discard, err := pools.readers.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	defer discard()
	rows, err := statement.QueryContext(ctx, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return p.scan(rows, records)
}

// scan appends the records of a result that has the key's columns, then the fields'.
func (p *plan) scan(rows *stdsql.Rows, records []adapters.Record) ([]adapters.Record, error) {
	columns := slices.Concat(p.key, p.fields)
	if err := checkTypes(rows, columns); err != nil {
		return nil, err
	}
	row := newRow(p)
	for rows.Next() {
		if err := rows.Scan(row.targets...); err != nil {
			return nil, errDrift(err)
		}
		record, err := row.record()
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, rows.Err()
}

// checkTypes notices a column whose type was changed after the schema was read: a
// DATETIME that became a TIMESTAMP looks the same and means something else.
func checkTypes(rows *stdsql.Rows, columns []boundColumn) error {
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	for i, column := range columns {
		if name := types[i].DatabaseTypeName(); !column.codec.Accepts(name) {
			return errDrift(fmt.Errorf("column %s is %s now", column.Column.Column, name))
		}
	}
	return nil
}

// Get implements [adapters.Adapter].
func (r *Resource) Get(ctx context.Context, key adapters.Key) (adapters.Record, error) {
	p, err := r.planned(ctx)
	if err != nil {
		return adapters.Record{}, err
	}
	arguments, ok := p.keyArguments(key)
	if !ok {
		return adapters.Record{}, errNotFound(key)
	}
	records, err := r.query(ctx, p, p.queries.get, append(arguments, p.whereArguments()...), nil)
	if err != nil {
		return adapters.Record{}, r.failed(ctx, p, "read table "+r.config.Table, err)
	}
	return r.only(records, key)
}

// only returns the record with exactly this key: the table may take others for equal.
func (r *Resource) only(records []adapters.Record, key adapters.Key) (adapters.Record, error) {
	switch {
	case len(records) > 1:
		return adapters.Record{}, drift("table %s: two rows have the key %s: declare key columns that are unique together", r.config.Table, key)
	case len(records) == 0 || !records[0].Key.Equal(key):
		return adapters.Record{}, errNotFound(key)
	}
	return records[0], nil
}

func errNotFound(key adapters.Key) error {
	return &adapters.Error{Code: adapters.NotFound, Message: fmt.Sprintf("there is no row with the key %s", key)}
}

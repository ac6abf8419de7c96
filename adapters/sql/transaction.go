package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// transactionTimeout bounds a whole write up to its COMMIT. The COMMIT itself is
// bounded by the connection's packet timeout only: giving up on it early would make
// its outcome unknown.
const transactionTimeout = 20 * time.Second

// transaction is one write on one connection.
type transaction struct {
	ctx        context.Context
	resource   *Resource
	plan       *plan
	pool       *pool
	tx         *stdsql.Tx
	statements map[string]*stdsql.Stmt
}

// transact runs body in a transaction and commits it. queries are the statements with
// arguments that body may use; they are prepared before the transaction has a
// connection. A deadlock or lock timeout is tried once more.
func (r *Resource) transact(ctx context.Context, p *plan, queries []string, body func(*transaction) error) (commit, error) {
	ctx, cancel := context.WithTimeout(ctx, transactionTimeout)
	defer cancel()
	done, err := r.attempt(ctx, p, queries, body)
	if isPassing(err) {
		done, err = r.attempt(ctx, p, queries, body)
	}
	return done, err
}

func (r *Resource) attempt(ctx context.Context, p *plan, queries []string, body func(*transaction) error) (commit, error) {
	pools, err := r.backend.current()
	if err != nil {
		return commit{}, err
	}
	t := &transaction{ctx: ctx, resource: r, plan: p, pool: pools.writers, statements: map[string]*stdsql.Stmt{}}
	release, err := t.pool.acquire(ctx)
	if err != nil {
		return commit{}, err
	}
	defer release()
	for _, query := range queries {
		statement, discard, err := t.pool.statement(ctx, query)
		if err != nil {
			return commit{}, fmt.Errorf("prepare: %w", err)
		}
		defer discard()
		t.statements[query] = statement
	}
	connection, err := t.pool.db.Conn(ctx)
	if err != nil {
		return commit{}, fmt.Errorf("connect: %w", err)
	}
	defer connection.Close()
	if t.tx, err = connection.BeginTx(ctx, nil); err != nil {
		return commit{}, fmt.Errorf("begin: %w", err)
	}
	if err := t.run(body); err != nil {
		// A rollback that fails leaves a connection that is closed, which rolls back too.
		return commit{}, errors.Join(err, ignoreDone(t.tx.Rollback()))
	}
	if err := t.tx.Commit(); err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) || errors.Is(err, stdsql.ErrTxDone) {
			return commit{}, fmt.Errorf("commit not sent: %w", errors.Join(err, ctx.Err()))
		}
		return commit{}, commitError{err}
	}
	return r.identify(ctx, connection), nil
}

// identify asks for the id of the transaction that a connection has just committed.
// Without an answer the write is found by the log's end.
func (r *Resource) identify(ctx context.Context, connection *stdsql.Conn) commit {
	var done commit
	if !r.logged() || !r.backend.serverIsMariaDB() {
		return done
	}
	if err := connection.QueryRowContext(ctx, "SELECT @@last_gtid").Scan(&done.gtid); err != nil {
		return commit{}
	}
	return done
}

func (t *transaction) run(body func(*transaction) error) error {
	for _, statement := range t.resource.config.BeforeWrite {
		if _, err := t.tx.ExecContext(t.ctx, statement); err != nil {
			return fmt.Errorf("beforeWrite: %w", err)
		}
	}
	return body(t)
}

// ignoreDone leaves out that a transaction has ended already, or its connection.
func ignoreDone(err error) error {
	if errors.Is(err, stdsql.ErrTxDone) || isConnectionError(err) {
		return nil
	}
	return err
}

// exec runs a prepared statement and returns its result.
func (t *transaction) exec(query string, arguments ...any) (stdsql.Result, error) {
	return t.tx.StmtContext(t.ctx, t.statements[query]).ExecContext(t.ctx, arguments...)
}

// execOne runs a prepared statement that must affect exactly one row.
func (t *transaction) execOne(query string, arguments ...any) error {
	result, err := t.exec(query, arguments...)
	if err != nil {
		return err
	}
	affected, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if affected != 1 {
		return &adapters.Error{Code: adapters.Conflict, Message: fmt.Sprintf("the statement would have changed %d rows instead of one", affected)}
	}
	return nil
}

// records runs a prepared statement that reads records.
func (t *transaction) records(query string, arguments ...any) ([]adapters.Record, error) {
	rows, err := t.tx.StmtContext(t.ctx, t.statements[query]).QueryContext(t.ctx, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return t.plan.scan(rows, nil)
}

// readBack reads the row that was written. It is refused where the row is not one
// that can be seen, or not under the key that was asked for.
func (t *transaction) readBack(key adapters.Key) (adapters.Record, error) {
	arguments, ok := t.plan.keyArguments(key)
	if !ok {
		return adapters.Record{}, t.plan.unreadableKey(key)
	}
	records, err := t.records(t.plan.queries.readBack, append(arguments, t.plan.whereArguments()...)...)
	if err != nil {
		return adapters.Record{}, err
	}
	if len(records) == 0 {
		return adapters.Record{}, t.plan.hiddenByWhere()
	}
	if len(records) != 1 || !records[0].Key.Equal(key) {
		return adapters.Record{}, t.plan.unreadableKey(key)
	}
	return records[0], nil
}

// unreadableKey says that the database stores a key in another form.
func (p *plan) unreadableKey(key adapters.Key) error {
	result := &adapters.Error{Code: adapters.Invalid, Message: fmt.Sprintf("the database does not keep the key %s as it is written", key)}
	for _, column := range p.key {
		result.Fields = append(result.Fields, adapters.FieldError{
			Field: column.Field.Name, Reason: adapters.InvalidValue,
			Detail: "column " + column.Column.Column + " stores another value than this one: trailing spaces, letter case or padding",
		})
	}
	return result
}

// hiddenByWhere says that a row would not be seen after the write.
func (p *plan) hiddenByWhere() error {
	result := &adapters.Error{Code: adapters.Invalid, Message: "the row would not be one that this resource shows"}
	for _, condition := range p.where {
		result.Fields = append(result.Fields, adapters.FieldError{
			Field: p.fieldOf(condition.column), Reason: adapters.UnsupportedValue,
			Detail: fmt.Sprintf("column %s must be one of %v", condition.column, condition.texts),
		})
	}
	return result
}

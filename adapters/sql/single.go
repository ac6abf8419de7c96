package sql

import (
	stdsql "database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// single tells whether the table's engine has no transactions. There, comparing and
// writing is one statement: the condition of the UPDATE or DELETE is the whole row.
func (p *plan) single() bool { return !p.catalog.View && !p.catalog.Transactional }

// runSingle writes in one statement. Nothing is locked between reading the row and
// that statement, which therefore has every value in its condition.
func (c *change) runSingle(t *transaction, w *write, key []any) error {
	present, raw, err := t.raw(append(key[:len(key):len(key)], t.plan.whereArguments()...))
	if err != nil {
		return err
	}
	record, err := t.resource.only(present, c.before.Key)
	if err != nil {
		return err
	}
	if err := t.plan.sameAs(c.before, record); err != nil {
		return err
	}
	w.after = record
	if c.query == "" {
		return nil
	}
	if err := t.checkInstants(c.assignments); err != nil {
		return err
	}
	guards, arguments := t.plan.guards(raw)
	result, err := t.tx.ExecContext(t.ctx, c.query+" AND "+strings.Join(guards, " AND "),
		slices.Concat(argumentsOf(c.assignments), key, arguments)...)
	if err != nil {
		return err
	}
	affected, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if affected != 1 {
		return &adapters.Error{Code: adapters.Conflict, Message: fmt.Sprintf("the row was changed by somebody else at the same time (%d rows matched)", affected)}
	}
	return c.finish(t, w, key)
}

// guards compares every column with the value that was read.
func (p *plan) guards(raw []any) (conditions []string, arguments []any) {
	for i, bound := range slices.Concat(p.key, p.fields) {
		condition, argument := bound.codec.Guard(bound.quoted, raw[i])
		conditions = append(conditions, condition)
		arguments = append(arguments, argument)
	}
	return conditions, arguments
}

// raw reads a row as a record and as the driver gave it.
func (t *transaction) raw(arguments []any) ([]adapters.Record, []any, error) {
	rows, err := t.tx.StmtContext(t.ctx, t.statements[t.plan.queries.lock]).QueryContext(t.ctx, arguments...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	columns := slices.Concat(t.plan.key, t.plan.fields)
	if err := checkTypes(rows, columns); err != nil {
		return nil, nil, err
	}
	if !rows.Next() {
		return nil, nil, rows.Err()
	}
	return t.plan.rawRow(rows, columns)
}

func (p *plan) rawRow(rows *stdsql.Rows, columns []boundColumn) ([]adapters.Record, []any, error) {
	raw := make([]any, len(columns))
	targets := make([]any, len(columns))
	for i := range raw {
		targets[i] = &raw[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, nil, err
	}
	decoded := newRow(p)
	for i := range raw {
		if err := decoded.cells[i].Scan(raw[i]); err != nil {
			return nil, nil, errDrift(err)
		}
	}
	record, err := decoded.record()
	return []adapters.Record{record}, raw, err
}

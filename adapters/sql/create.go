package sql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Create implements [adapters.Writer].
func (r *Resource) Create(ctx context.Context, record adapters.Record) (adapters.Receipt, error) {
	p, err := r.planned(ctx)
	if err != nil {
		return adapters.Receipt{}, err
	}
	creation, err := p.creation(record)
	if err != nil {
		return adapters.Receipt{}, err
	}
	if err := r.checkSizes(creation.assignments, p); err != nil {
		return adapters.Receipt{}, err
	}
	write := &write{resource: r, plan: p}
	defer write.end()
	if !p.config.GeneratedKey {
		if err := write.begin(ctx, record.Key); err != nil {
			return adapters.Receipt{}, err
		}
	}
	queries := append([]string{creation.query, p.queries.readBack, p.queries.probe}, zoneChecks(creation.assignments)...)
	done, err := r.transact(ctx, p, queries, func(t *transaction) error { return creation.run(t, write) })
	if err != nil {
		return adapters.Receipt{}, r.failed(ctx, p, "create a row of table "+r.config.Table, err)
	}
	return write.committed(ctx, done, &write.after)
}

// creation is an INSERT to be done.
type creation struct {
	key         adapters.Key
	assignments []assignment
	query       string
}

// creation collects what is written. Absent fields are left to the column's default.
func (p *plan) creation(record adapters.Record) (*creation, error) {
	c := &creation{key: record.Key}
	problems := &invalid{}
	collected := &assignments{plan: p}
	if !p.config.GeneratedKey || len(record.Key) > 0 {
		p.collectKey(record.Key, collected, problems)
	}
	for i, bound := range p.fields {
		if i >= len(record.Values) || !bound.writable() || record.Values[i].IsNull() && !bound.codec.HasAbsentValue() {
			continue
		}
		collected.encode(bound, record.Values[i], problems)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	for _, condition := range p.where {
		if !collected.has(condition.quoted) && !condition.codec.Info.Generated {
			collected.list = append(collected.list, assignment{codec: condition.codec, quoted: condition.quoted, argument: condition.arguments[0]})
		}
	}
	c.assignments = collected.list
	c.query = p.insertQuery(c.assignments)
	return c, nil
}

func (p *plan) collectKey(key adapters.Key, collected *assignments, problems *invalid) {
	if len(key) != len(p.key) {
		problems.add(p.key[0].Field.Name, fmt.Errorf("the key has %d parts and needs %d", len(key), len(p.key)))
		return
	}
	for i, bound := range p.key {
		if p.config.GeneratedKey && p.autoIncrement(bound) {
			if !key[i].IsNull() {
				problems.add(bound.Field.Name, fmt.Errorf("the database makes the key: leave it out"))
			}
			continue
		}
		if !collected.encode(bound, key[i], problems) {
			continue
		}
		if !bound.codec.Canonical(key[i].Text()) {
			problems.add(bound.Field.Name, fmt.Errorf("%q is not how column %s spells that value", key[i].Text(), bound.Column.Column))
		}
	}
}

// assignments collects what a statement writes, each column once.
type assignments struct {
	plan *plan
	list []assignment
}

func (a *assignments) has(quoted string) bool {
	return slices.ContainsFunc(a.list, func(other assignment) bool { return other.quoted == quoted })
}

// encode adds a column, unless it has a problem, which it notes.
func (a *assignments) encode(bound boundColumn, value adapters.Value, problems *invalid) bool {
	argument, err := bound.codec.Encode(value)
	if err != nil {
		problems.add(bound.Field.Name, err)
		return false
	}
	for _, other := range a.list {
		if other.quoted != bound.quoted {
			continue
		}
		if fmt.Sprint(other.argument) != fmt.Sprint(argument) {
			problems.add(bound.Field.Name, fmt.Errorf("column %s is written by another field or the key too, with another value", bound.Column.Column))
			return false
		}
		return true
	}
	a.list = append(a.list, assignment{codec: bound.codec, quoted: bound.quoted, argument: argument})
	return true
}

func (c *creation) run(t *transaction, w *write) error {
	if err := t.checkInstants(c.assignments); err != nil {
		return err
	}
	result, err := t.exec(c.query, argumentsOf(c.assignments)...)
	if errorNumber(err) == errDuplicate || errorNumber(err) == errDuplicateWithName {
		return c.duplicate(t, err)
	}
	if err != nil {
		return err
	}
	key := c.key
	if t.plan.config.GeneratedKey {
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		if key, err = t.plan.generatedKey(id, c.assignments); err != nil {
			return err
		}
		if err := w.begin(t.ctx, key); err != nil {
			return err
		}
	}
	w.after, err = t.readBack(key)
	return err
}

// generatedKey returns the key of a row that was just inserted.
func (p *plan) generatedKey(id int64, written []assignment) (adapters.Key, error) {
	generated, err := p.generatedColumn()
	if err != nil {
		return nil, err
	}
	if id == 0 {
		return nil, drift("table %s: the database made no key: is column %s AUTO_INCREMENT?", p.config.Table, p.key[generated].Column.Column)
	}
	key := make(adapters.Key, len(p.key))
	for i, bound := range p.key {
		if i == generated {
			key[i] = adapters.String(strconv.FormatUint(uint64(id), 10))
			continue
		}
		place := slices.IndexFunc(written, func(a assignment) bool { return a.quoted == bound.quoted })
		if place < 0 {
			return nil, &adapters.Error{Code: adapters.Invalid, Message: "a part of the key is missing", Fields: []adapters.FieldError{
				{Field: bound.Field.Name, Reason: adapters.RequiredValue, Detail: "column " + bound.Column.Column + " is part of the key"},
			}}
		}
		if key[i], err = bound.codec.Shown(written[place].argument); err != nil {
			return nil, err
		}
	}
	return key, nil
}

// duplicate finds out what a duplicate means: a record that exists, a row that this
// resource doesn't show, or another row in the way.
func (c *creation) duplicate(t *transaction, cause error) error {
	index, ok := t.plan.catalog.Index(duplicateKey(serverMessage(cause)))
	arguments, isKey := t.plan.keyArguments(c.key)
	if !ok || !isKey || !t.plan.isKeyIndex(index.Columns) {
		return cause
	}
	found, err := t.probe(arguments)
	if err != nil {
		return err
	}
	if found == nil {
		return cause
	}
	if !found.Equal(c.key) {
		return &adapters.Error{Code: adapters.Conflict, Err: cause, Message: fmt.Sprintf(
			"a row with the key %s exists, and the table takes that for the same key", found)}
	}
	visible, err := t.records(t.plan.queries.readBack, append(arguments, t.plan.whereArguments()...)...)
	if err != nil {
		return err
	}
	if len(visible) == 0 {
		return t.plan.takenByHidden(c.key, cause)
	}
	return &adapters.Error{Code: adapters.Exists, Err: cause, Message: fmt.Sprintf("a row with the key %s exists", c.key)}
}

func (p *plan) isKeyIndex(columns []string) bool {
	return !slices.ContainsFunc(columns, func(name string) bool {
		return !slices.ContainsFunc(p.key, func(bound boundColumn) bool { return strings.EqualFold(bound.Column.Column, name) })
	})
}

func (p *plan) takenByHidden(key adapters.Key, cause error) error {
	var names []string
	for _, condition := range p.where {
		names = append(names, condition.column)
	}
	return &adapters.Error{Code: adapters.Conflict, Err: cause, Message: fmt.Sprintf(
		"the key %s is taken by a row that this resource does not show, because of column %s: restore or remove that row, or choose another name",
		key, strings.Join(names, ", "))}
}

// probe returns the key of the row that the table finds for a key, seen or not.
func (t *transaction) probe(arguments []any) (adapters.Key, error) {
	rows, err := t.tx.StmtContext(t.ctx, t.statements[t.plan.queries.probe]).QueryContext(t.ctx, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	cells := make([]cell, len(t.plan.key))
	targets := make([]any, len(cells))
	for i := range cells {
		cells[i].codec = t.plan.key[i].codec
		targets[i] = &cells[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, errDrift(err)
	}
	key := make(adapters.Key, len(cells))
	for i := range cells {
		key[i] = cells[i].value
	}
	return key, rows.Err()
}

package sql

import (
	"context"
	"fmt"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// write ties one write to the feed: from begin to end no other operation on the key
// runs, and the feed learns what was committed before anybody else can.
type write struct {
	resource  *Resource
	plan      *plan
	operation operation
	before    *adapters.Record
	after     adapters.Record
}

// begin must come before the row is read or locked, or, where the database makes
// the key, before it is committed.
func (w *write) begin(ctx context.Context, key adapters.Key) error {
	w.end()
	operation, err := w.resource.feed.begin(ctx, key)
	w.operation = operation
	return err
}

func (w *write) end() {
	if w.operation != nil {
		w.operation.end()
		w.operation = nil
	}
}

// committed feeds what was committed, nil for a deletion.
func (w *write) committed(ctx context.Context, done commit, after *adapters.Record) (adapters.Receipt, error) {
	revision, err := w.operation.committed(ctx, done, w.before, after)
	return adapters.Receipt{Record: w.after, Revision: revision}, err
}

// Update implements [adapters.Writer].
func (r *Resource) Update(ctx context.Context, before, after adapters.Record) (adapters.Receipt, error) {
	p, err := r.planned(ctx)
	if err != nil {
		return adapters.Receipt{}, err
	}
	changes, err := p.changes(before, after)
	if err != nil {
		return adapters.Receipt{}, err
	}
	if err := r.checkSizes(changes, p); err != nil {
		return adapters.Receipt{}, err
	}
	change := &change{before: before, assignments: changes}
	if len(changes) > 0 {
		change.query = p.updateQuery(changes)
	}
	err = r.cascades(ctx, p, func(reference referenceRule) bool { return reference.carriesUpdate(changes) })
	if err != nil {
		return adapters.Receipt{}, err
	}
	return r.change(ctx, p, change, "change a row of table "+r.config.Table)
}

// Delete implements [adapters.Writer].
func (r *Resource) Delete(ctx context.Context, before adapters.Record) (adapters.Receipt, error) {
	p, err := r.planned(ctx)
	if err != nil {
		return adapters.Receipt{}, err
	}
	change := &change{before: before, query: p.queries.delete, isDelete: true}
	carries := referenceRule.carriesDelete
	if len(r.config.OnDelete) > 0 {
		if change.assignments, err = p.softDelete(); err != nil {
			return adapters.Receipt{}, err
		}
		change.query = p.updateQuery(change.assignments)
		carries = func(rule referenceRule) bool { return rule.carriesUpdate(change.assignments) }
	}
	if err := r.cascades(ctx, p, carries); err != nil {
		return adapters.Receipt{}, err
	}
	return r.change(ctx, p, change, "delete a row of table "+r.config.Table)
}

// change is an UPDATE or DELETE to be done.
type change struct {
	before      adapters.Record
	assignments []assignment
	// query is empty where nothing differs.
	query    string
	isDelete bool
}

func (r *Resource) change(ctx context.Context, p *plan, c *change, doing string) (adapters.Receipt, error) {
	arguments, ok := p.keyArguments(c.before.Key)
	if !ok {
		return adapters.Receipt{}, errNotFound(c.before.Key)
	}
	w := &write{resource: r, plan: p, before: &c.before}
	if err := w.begin(ctx, c.before.Key); err != nil {
		return adapters.Receipt{}, err
	}
	defer w.end()
	queries := append([]string{p.queries.lock, p.queries.readBack}, zoneChecks(c.assignments)...)
	if c.query != "" && !p.single() {
		queries = append(queries, c.query)
	}
	done, err := r.transact(ctx, p, queries, func(t *transaction) error { return c.run(t, w, arguments) })
	if err != nil {
		return adapters.Receipt{}, r.failed(ctx, p, doing, err)
	}
	if c.isDelete {
		return w.committed(ctx, done, nil)
	}
	return w.committed(ctx, done, &w.after)
}

func (c *change) run(t *transaction, w *write, key []any) error {
	if t.plan.single() {
		return c.runSingle(t, w, key)
	}
	locked, err := t.records(t.plan.queries.lock, append(key[:len(key):len(key)], t.plan.whereArguments()...)...)
	if err != nil {
		return err
	}
	present, err := t.resource.only(locked, c.before.Key)
	if err != nil {
		return err
	}
	if err := t.plan.sameAs(c.before, present); err != nil {
		return err
	}
	w.after = present
	if c.query == "" {
		return nil
	}
	if err := t.checkInstants(c.assignments); err != nil {
		return err
	}
	if err := t.execOne(c.query, append(argumentsOf(c.assignments), key...)...); err != nil {
		return err
	}
	return c.finish(t, w, key)
}

// finish reads the row back, or makes sure that it is gone.
func (c *change) finish(t *transaction, w *write, key []any) error {
	if !c.isDelete {
		after, err := t.readBack(c.before.Key)
		w.after = after
		return err
	}
	if len(c.assignments) == 0 {
		return nil
	}
	visible, err := t.records(t.plan.queries.readBack, append(key[:len(key):len(key)], t.plan.whereArguments()...)...)
	if err != nil {
		return err
	}
	if len(visible) > 0 {
		return &adapters.Error{Code: adapters.Internal, Message: fmt.Sprintf(
			"what onDelete sets does not hide the row: correct where or onDelete of the mapping of table %s", t.plan.config.Table)}
	}
	return nil
}

// sameAs fails where a row is not what the caller believes, naming the fields.
func (p *plan) sameAs(believed, present adapters.Record) error {
	if believed.Equal(present) {
		return nil
	}
	var names []string
	for i, bound := range p.fields {
		if i < len(believed.Values) && !believed.Values[i].Equal(present.Values[i]) {
			names = append(names, bound.Field.Name)
		}
	}
	return &adapters.Error{Code: adapters.Conflict,
		Message: "the row was changed since it was read: " + strings.Join(names, ", ")}
}

// changes returns the columns that differ. A field that cannot be written is ignored
// where the mapping says so, and refused where only the database does.
func (p *plan) changes(before, after adapters.Record) ([]assignment, error) {
	problems := &invalid{}
	if !before.Key.Equal(after.Key) {
		problems.add(p.key[0].Field.Name, errImmutableKey())
	}
	collected := &assignments{plan: p}
	for i, bound := range p.fields {
		if bound.readOnly() || i >= len(after.Values) || i >= len(before.Values) || before.Values[i].Equal(after.Values[i]) {
			continue
		}
		switch {
		case bound.codec.Info.Generated:
			problems.add(bound.Field.Name, errComputed())
		case p.isKeyIndex([]string{bound.Column.Column}):
			problems.add(bound.Field.Name, errImmutableKey())
		default:
			collected.encode(bound, after.Values[i], problems)
		}
	}
	return collected.list, problems.err()
}

// checkSizes refuses values that the server would not take: it says so in no way that
// could be told from other errors.
func (r *Resource) checkSizes(list []assignment, p *plan) error {
	limit := r.backend.packet()
	problems := &invalid{}
	for _, assignment := range list {
		size := 0
		switch argument := assignment.argument.(type) {
		case string:
			size = len(argument)
		case []byte:
			size = len(argument)
		}
		if int64(size) >= limit {
			problems.add(p.fieldOf(assignment.codec.Info.Name), errTooLarge(size, limit))
		}
	}
	return problems.err()
}

func (p *plan) softDelete() ([]assignment, error) {
	var list []assignment
	for _, name := range sortedNames(p.config.OnDelete) {
		set, err := p.assign(name, p.config.OnDelete[name])
		if err != nil {
			return nil, drift("table %s: onDelete: %s", p.config.Table, err)
		}
		list = append(list, set)
	}
	return list, nil
}

package sql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/catalog"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

// plan is how a resource's declaration fits the table as it is at present. It is
// immutable; a table that changes gets a new one.
type plan struct {
	config  ResourceConfig
	catalog *catalog.Table
	// table is quoted.
	table  string
	key    []boundColumn
	fields []boundColumn
	where  []condition
	// order is the places in key of the columns of a unique index, in its order.
	order []int
	// location is the meaning of DATETIME that the codecs were made with.
	location *time.Location
	queries  queries
	// referring is read when a write may cascade.
	referring referringCache
}

// boundColumn is a declared column and the codec for the column that it turned out to be.
type boundColumn struct {
	Column
	codec  *column.Codec
	quoted string
}

func (c boundColumn) writable() bool { return !c.readOnly() && !c.codec.Info.Generated }

// condition is one column of where.
type condition struct {
	column    string
	codec     *column.Codec
	quoted    string
	arguments []any
	// texts are the values in the order of the declaration.
	texts []string
}

// assignment is a column that a statement writes.
type assignment struct {
	codec    *column.Codec
	quoted   string
	argument any
}

// makePlan reads the table's schema and fits the declaration to it.
func makePlan(ctx context.Context, querier catalog.Querier, config ResourceConfig, location *time.Location) (*plan, error) {
	schema, name, qualified := strings.Cut(config.Table, ".")
	if !qualified {
		schema, name = "", config.Table
	}
	table, err := catalog.Read(ctx, querier, schema, name)
	if errors.Is(err, catalog.ErrNoTable) {
		return nil, drift("table %s does not exist, or the user has no privilege on it: create it, GRANT SELECT on it, or correct the mapping", config.Table)
	}
	if err != nil {
		return nil, err
	}
	p := &plan{config: config, catalog: table, table: quoteTable(config.Table), location: location}
	if err := errors.Join(p.bindKey(), p.bindFields(), p.bindWhere(), p.checkWrites()); err != nil {
		return nil, drift("table %s: %s", config.Table, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	p.queries = p.buildQueries()
	return p, nil
}

// drift is the error for a declaration that does not fit the table.
func drift(format string, arguments ...any) error {
	return &adapters.Error{Code: adapters.Unavailable, Message: fmt.Sprintf(format, arguments...), RetryAfter: driftRetry, Err: errMisfit}
}

const driftRetry = 10 * time.Second

// errMisfit marks what is wrong until somebody changes the table or the mapping.
var errMisfit = errors.New("the mapping does not fit the database")

func (p *plan) bindKey() error {
	var failures []error
	for _, declared := range p.config.Key {
		bound, err := p.bind(declared, column.NewKey)
		failures = append(failures, err)
		p.key = append(p.key, bound)
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	return p.orderKey()
}

// orderKey finds the index that makes the key unique. A view has none: there the
// whole key is the order, and what is not unique shows when it is read.
func (p *plan) orderKey() error {
	names := make([]string, len(p.key))
	for i, column := range p.key {
		names[i] = column.codec.Info.Name
	}
	index, ok := p.catalog.UniqueKey(names)
	if !ok && !p.catalog.View {
		return fmt.Errorf("the key columns %s contain no primary or unique key without nullable columns: declare one as the key, or create a unique index",
			strings.Join(names, ", "))
	}
	if !ok {
		index.Columns = names
	}
	for _, name := range index.Columns {
		p.order = append(p.order, slices.IndexFunc(names, func(other string) bool { return strings.EqualFold(name, other) }))
	}
	return nil
}

func (p *plan) bindFields() error {
	var failures []error
	for _, declared := range p.config.Fields {
		bound, err := p.bind(declared, column.New)
		failures = append(failures, err)
		p.fields = append(p.fields, bound)
	}
	return errors.Join(failures...)
}

type newCodec func(column.Declaration, column.Info) (*column.Codec, error)

func (p *plan) bind(declared Column, make newCodec) (boundColumn, error) {
	found, ok := p.catalog.Column(declared.Column)
	if !ok {
		return boundColumn{}, p.missing(declared.Column)
	}
	codec, err := make(column.Declaration{
		Type: declared.Type, Values: declared.Values, NullValues: declared.NullValues, Location: p.location,
	}, found.Info)
	if err != nil {
		return boundColumn{}, fmt.Errorf("column %s: %w", declared.Column, err)
	}
	return boundColumn{Column: declared, codec: codec, quoted: quote(found.Name)}, nil
}

func (p *plan) missing(name string) error {
	return fmt.Errorf("column %s does not exist, or the user has no privilege on it: correct the mapping or GRANT SELECT on it", name)
}

func (p *plan) bindWhere() error {
	var failures []error
	for _, name := range slices.Sorted(maps.Keys(p.config.Where)) {
		bound, err := p.bindCondition(name, p.config.Where[name])
		failures = append(failures, err)
		p.where = append(p.where, bound)
	}
	return errors.Join(failures...)
}

func (p *plan) bindCondition(name string, texts []string) (condition, error) {
	found, ok := p.catalog.Column(name)
	if !ok {
		return condition{}, fmt.Errorf("where: %w", p.missing(name))
	}
	codec, err := column.NewComparand(found.Info)
	if err != nil {
		return condition{}, fmt.Errorf("where: column %s: %w", name, err)
	}
	bound := condition{column: found.Name, codec: codec, quoted: quote(found.Name), texts: texts}
	for _, text := range texts {
		argument, err := codec.Argument(text)
		if err != nil {
			return condition{}, fmt.Errorf("where: column %s: %w", name, err)
		}
		bound.arguments = append(bound.arguments, argument)
	}
	return bound, nil
}

// checkWrites checks what only writes use.
func (p *plan) checkWrites() error {
	if p.config.GeneratedKey {
		if _, err := p.generatedColumn(); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.config.OnDelete)) {
		if _, err := p.assign(name, p.config.OnDelete[name]); err != nil {
			return fmt.Errorf("onDelete: %w", err)
		}
	}
	return nil
}

// generatedColumn returns the place in the key of the AUTO_INCREMENT column.
func (p *plan) generatedColumn() (int, error) {
	for i, bound := range p.key {
		if p.autoIncrement(bound) {
			return i, nil
		}
	}
	return 0, errors.New("the key is declared as generated, but none of its columns is AUTO_INCREMENT: correct the mapping")
}

func (p *plan) autoIncrement(bound boundColumn) bool {
	found, ok := p.catalog.Column(bound.Column.Column)
	return ok && found.AutoIncrement
}

// assign returns the assignment of a declared text to a column that need not be a field.
func (p *plan) assign(name, text string) (assignment, error) {
	found, ok := p.catalog.Column(name)
	if !ok {
		return assignment{}, p.missing(name)
	}
	codec, err := column.NewComparand(found.Info)
	if err != nil {
		return assignment{}, fmt.Errorf("column %s: %w", name, err)
	}
	argument, err := codec.Argument(text)
	if err != nil {
		return assignment{}, fmt.Errorf("column %s: %w", name, err)
	}
	return assignment{codec: codec, quoted: quote(found.Name), argument: argument}, nil
}

// fieldOf returns the name of the field that shows a column, or the column's own name.
func (p *plan) fieldOf(columnName string) string {
	for _, bound := range slices.Concat(p.fields, p.key) {
		if strings.EqualFold(bound.Column.Column, columnName) && bound.Field.Name != "" {
			return bound.Field.Name
		}
	}
	return columnName
}

// keyArguments returns the arguments of a key, and false where no row can have it.
func (p *plan) keyArguments(key adapters.Key) ([]any, bool) {
	if len(key) != len(p.key) {
		return nil, false
	}
	arguments := make([]any, len(key))
	for i, value := range key {
		argument, err := p.key[i].codec.Encode(value)
		if err != nil || value.Kind() != adapters.StringKind || !p.key[i].codec.Canonical(value.Text()) {
			return nil, false
		}
		arguments[i] = argument
	}
	return arguments, true
}

func (p *plan) whereArguments() []any {
	var arguments []any
	for _, condition := range p.where {
		arguments = append(arguments, condition.arguments...)
	}
	return arguments
}

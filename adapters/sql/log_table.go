package sql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/catalog"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

// loggedTypes are the data types whose values the log decodes to exactly what a
// SELECT reads.
var loggedTypes = []string{
	"tinyint", "smallint", "mediumint", "int", "integer", "bigint", "year", "decimal", "numeric",
	"float", "double", "real", "char", "varchar", "tinytext", "text", "mediumtext", "longtext",
	"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "enum", "set", "bit",
	"date", "datetime", "timestamp", "time",
}

// logTable turns rows of the log into records, by one plan.
type logTable struct {
	plan       *plan
	charsets   *binlog.Charsets
	definition []binlog.ColumnDefinition
	// layouts of the table maps seen last, by what they say of the columns.
	table  *binlog.TableMap
	layout *binlog.Layout
	// columns are the places in the row of the key's and fields' columns; where of the
	// conditions'.
	columns []int
	where   []int
	allowed []map[string]bool
}

// newLogTable fails, naming the column, where the log cannot tell everything that the
// plan needs.
func newLogTable(p *plan, charsets *binlog.Charsets) (*logTable, error) {
	if p.catalog.View {
		return nil, fmt.Errorf("%s is a view: the log has the changes of tables only", p.config.Table)
	}
	for _, reference := range p.catalog.References {
		if catalog.Cascades(reference.OnDelete) || catalog.Cascades(reference.OnUpdate) {
			return nil, fmt.Errorf("the foreign key %s cascades to this table, which the server does not log", reference.Constraint)
		}
	}
	t := &logTable{plan: p, charsets: charsets}
	for _, info := range p.catalog.Columns {
		t.definition = append(t.definition, binlog.ColumnDefinition{
			Name: info.Name, Unsigned: info.Unsigned, Charset: info.Charset, Labels: info.Members,
		})
	}
	for _, bound := range slices.Concat(p.key, p.fields) {
		if err := logged(bound.codec.Info); err != nil {
			return nil, err
		}
	}
	for _, condition := range p.where {
		if err := t.allow(condition); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func logged(info column.Info) error {
	if info.Generated {
		return fmt.Errorf("column %s is generated", info.Name)
	}
	if !slices.Contains(loggedTypes, info.DataType) {
		return fmt.Errorf("the log's form of %s columns (%s) is not supported", strings.ToUpper(info.DataType), info.Name)
	}
	return nil
}

// allow prepares a condition for being judged without the server, which compares
// character strings by rules of its own.
func (t *logTable) allow(condition condition) error {
	info := condition.codec.Info
	if err := logged(info); err != nil {
		return fmt.Errorf("where: %w", err)
	}
	if info.Charset != "" && info.DataType != "enum" && info.DataType != "set" {
		return fmt.Errorf("where: column %s holds text, which only the server can compare", info.Name)
	}
	allowed := map[string]bool{}
	for _, text := range condition.texts {
		canonical, err := condition.codec.CanonicalText(text)
		if err != nil {
			return fmt.Errorf("where: column %s: %w", info.Name, err)
		}
		allowed[canonical] = true
	}
	t.allowed = append(t.allowed, allowed)
	return nil
}

// rows returns what a rows event does to the table's records.
func (t *logTable) rows(pending binlog.PendingRows, visit func(before, after *adapters.Record, row binlog.Row) error) error {
	if err := t.use(pending.Table); err != nil {
		return err
	}
	rows, err := binlog.ParseRows(pending.Event.Event, pending.Event.Format)
	if err != nil {
		return err
	}
	if !rows.Complete() {
		return fmt.Errorf("a row was logged without all of its columns (binlog_row_image is not FULL)")
	}
	for rows.More() {
		row, err := rows.Next(t.layout)
		if err != nil {
			return err
		}
		before, err := t.record(row.Before)
		if err != nil {
			return err
		}
		after, err := t.record(row.After)
		if err != nil {
			return err
		}
		if err := visit(before, after, row); err != nil {
			return err
		}
	}
	return nil
}

// use finds the plan's columns in a table map.
func (t *logTable) use(table *binlog.TableMap) error {
	if t.table == table {
		return nil
	}
	layout, err := t.charsets.Layout(table, t.definition)
	if err != nil {
		return err
	}
	var columns, where []int
	for _, bound := range slices.Concat(t.plan.key, t.plan.fields) {
		place, err := find(table, bound.codec.Info.Name)
		if err != nil {
			return err
		}
		columns = append(columns, place)
	}
	for _, condition := range t.plan.where {
		place, err := find(table, condition.column)
		if err != nil {
			return err
		}
		where = append(where, place)
	}
	t.table, t.layout, t.columns, t.where = table, layout, columns, where
	return nil
}

func find(table *binlog.TableMap, name string) (int, error) {
	place := slices.IndexFunc(table.Columns, func(c binlog.Column) bool { return strings.EqualFold(c.Name, name) })
	if place < 0 {
		return 0, fmt.Errorf("column %s is not in the log: the table's definition changed", name)
	}
	return place, nil
}

// record returns the record of an image, or nil where there is none, or none that
// the resource shows.
func (t *logTable) record(image []binlog.Datum) (*adapters.Record, error) {
	if image == nil {
		return nil, nil
	}
	for i, condition := range t.plan.where {
		text, isNull, err := condition.codec.Text(image[t.where[i]].DriverValue())
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", condition.column, err)
		}
		if isNull || !t.allowed[i][text] {
			return nil, nil
		}
	}
	keys := len(t.plan.key)
	record := &adapters.Record{Key: make(adapters.Key, keys), Values: make([]adapters.Value, len(t.plan.fields))}
	for i, bound := range slices.Concat(t.plan.key, t.plan.fields) {
		value, err := bound.codec.Decode(image[t.columns[i]].DriverValue())
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", bound.codec.Info.Name, err)
		}
		if i < keys {
			record.Key[i] = value
		} else {
			record.Values[i-keys] = value
		}
	}
	return record, nil
}

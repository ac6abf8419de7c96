package sql

import (
	"slices"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

// row decodes the rows of one result, one at a time, straight from the driver's buffer.
type row struct {
	plan *plan
	// cells are the key's columns, then the fields'.
	cells   []cell
	targets []any
	// text is the text of the fields of one row.
	text []byte
	// spare is memory for the values of rows to come.
	spare []adapters.Value
	// sharing is how many rows the last piece of that memory was for.
	sharing int
}

// mostSharing bounds how many rows share one piece of memory for their values.
const mostSharing = 32

// values returns memory for the values of one row.
func (r *row) values() []adapters.Value {
	count := len(r.plan.fields)
	if len(r.spare) < count {
		r.sharing = min(max(2*r.sharing, 1), mostSharing)
		r.spare = make([]adapters.Value, count*r.sharing)
	}
	values := r.spare[:count:count]
	r.spare = r.spare[count:]
	return values
}

func newRow(p *plan) *row {
	columns := slices.Concat(p.key, p.fields)
	r := &row{plan: p, cells: make([]cell, len(columns)), targets: make([]any, len(columns))}
	for i, bound := range columns {
		r.cells[i].codec = bound.codec
		if i >= len(p.key) && bound.codec.CanAppend() {
			r.cells[i].text = &r.text
		}
		r.targets[i] = &r.cells[i]
	}
	return r
}

// record returns the row that was just scanned. The text of all fields is one piece of
// memory; the key has its own, because a feed keeps it much longer.
func (r *row) record() (adapters.Record, error) {
	keys := len(r.plan.key)
	record := adapters.Record{Key: make(adapters.Key, keys), Values: r.values()}
	for i := range record.Key {
		record.Key[i] = r.cells[i].value
		if r.cells[i].value.IsNull() {
			return record, drift("table %s: the key column %s is NULL in a row: declare other key columns, or leave the row out with where",
				r.plan.config.Table, r.plan.key[i].Column.Column)
		}
	}
	text := string(r.text)
	for i := range record.Values {
		record.Values[i] = r.cells[keys+i].take(text)
	}
	r.text = r.text[:0]
	return record, nil
}

// cell decodes one column of a row.
type cell struct {
	codec *column.Codec
	value adapters.Value
	// text, where it is set, is what the cell appends to instead of making a value.
	text       *[]byte
	start, end int
	isNull     bool
}

// Scan implements sql.Scanner.
func (c *cell) Scan(source any) error {
	var err error
	if c.text == nil {
		c.value, err = c.codec.Decode(source)
		return err
	}
	c.start = len(*c.text)
	*c.text, c.isNull, err = c.codec.Append(*c.text, source)
	c.end = len(*c.text)
	return err
}

// take returns the value, given the text that all cells have appended to.
func (c *cell) take(text string) adapters.Value {
	switch {
	case c.text == nil:
		return c.value
	case c.isNull:
		return adapters.Null
	}
	return c.codec.Wrap(text[c.start:c.end])
}

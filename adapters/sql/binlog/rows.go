package binlog

import "fmt"

// RowsKind says what happened to the rows of a rows event.
type RowsKind uint8

const (
	RowsWritten RowsKind = iota + 1
	RowsUpdated
	RowsDeleted
)

// Flags of rows events (Rows_event::enum_flag).
const (
	rowsStatementEnd        = 1
	rowsNoForeignKeyChecks  = 2
	rowsRelaxedUniqueChecks = 4
	rowsCompleteRows        = 8
)

// Row is one changed row. Images that the change doesn't have are nil.
type Row struct {
	// Offset of the row within the event's body.
	Offset int
	// End of the row within the event's body.
	End           int
	Before, After []Datum
}

// Rows is the header of a rows event: what it is about and which columns it carries.
type Rows struct {
	Kind    RowsKind
	TableID uint64
	Flags   uint16
	// columns is the count of the table's columns.
	columns int
	// before and after say which columns the images carry.
	before, after []byte
	body          buffer
}

// NoForeignKeyChecks reports whether the change was made with foreign_key_checks=0.
func (r *Rows) NoForeignKeyChecks() bool { return r.Flags&rowsNoForeignKeyChecks != 0 }

// RowsKindOf returns what a rows event of this type does, or 0 for other events.
func RowsKindOf(t EventType) RowsKind {
	switch t {
	case WriteRowsV1Event, WriteRowsV2Event:
		return RowsWritten
	case UpdateRowsV1Event, UpdateRowsV2Event:
		return RowsUpdated
	case DeleteRowsV1Event, DeleteRowsV2Event:
		return RowsDeleted
	}
	return 0
}

// ParseRows decodes a rows event up to its first row. It does not look at the rows,
// so that events of tables that nobody follows cost little.
func ParseRows(event Event, format Format) (*Rows, error) {
	rows := &Rows{Kind: RowsKindOf(event.Type), body: buffer{data: event.Body}}
	if rows.Kind == 0 {
		return nil, fmt.Errorf("%w: rows event type %d%s", ErrUnsupported, event.Type, unsupportedRowsHint(event.Type))
	}
	body := &rows.body
	rows.TableID = body.littleEndian(format.tableIDLength)
	rows.Flags = body.uint16()
	if event.Type >= WriteRowsV2Event {
		// The extra data's length counts itself.
		body.skip(int(body.uint16()) - 2)
	}
	rows.columns = body.length(8 * max(1, body.remaining()))
	present := body.take(bitmapLength(rows.columns))
	if rows.Kind != RowsWritten {
		rows.before = present
	}
	if rows.Kind == RowsUpdated {
		present = body.take(bitmapLength(rows.columns))
	}
	if rows.Kind != RowsDeleted {
		rows.after = present
	}
	if body.err != nil {
		return nil, fmt.Errorf("rows event of table %d: %w", rows.TableID, body.err)
	}
	return rows, nil
}

func unsupportedRowsHint(t EventType) string {
	switch t {
	case PartialUpdateRowsEvent:
		return " (partial JSON: SET GLOBAL binlog_row_value_options = '')"
	case MariaDBWriteRowsCompressedEvent, MariaDBUpdateRowsCompressedEvent, MariaDBDeleteRowsCompressedEvent:
		return " (compressed: SET GLOBAL log_bin_compress = OFF)"
	case TransactionPayloadEvent:
		return " (compressed: SET GLOBAL binlog_transaction_compression = OFF)"
	}
	return ""
}

// Complete reports whether every image carries every column (binlog_row_image=FULL).
func (r *Rows) Complete() bool {
	for _, present := range [][]byte{r.before, r.after} {
		if present != nil && setBits(present, r.columns) != r.columns {
			return false
		}
	}
	return true
}

// Layout is a table map together with what is needed to decode its values.
type Layout struct {
	Table     *TableMap
	Decodings []Decoding
}

// More reports whether the event has another row.
func (r *Rows) More() bool { return r.body.err == nil && r.body.remaining() > 0 }

// Next decodes the next row. The images' bytes alias the event.
func (r *Rows) Next(layout *Layout) (Row, error) {
	if r.columns != len(layout.Table.Columns) || len(layout.Decodings) != r.columns {
		return Row{}, fmt.Errorf("rows event with %d columns for %s.%s, which has %d", r.columns, layout.Table.Schema, layout.Table.Table, len(layout.Table.Columns))
	}
	row := Row{Offset: r.body.at}
	var err error
	if r.before != nil {
		if row.Before, err = r.image(layout, r.before); err != nil {
			return Row{}, fmt.Errorf("before image of %s.%s: %w", layout.Table.Schema, layout.Table.Table, err)
		}
	}
	if r.after != nil {
		if row.After, err = r.image(layout, r.after); err != nil {
			return Row{}, fmt.Errorf("after image of %s.%s: %w", layout.Table.Schema, layout.Table.Table, err)
		}
	}
	row.End = r.body.at
	if row.End == row.Offset {
		return Row{}, fmt.Errorf("rows event of %s.%s has a row without bytes", layout.Table.Schema, layout.Table.Table)
	}
	return row, nil
}

func (r *Rows) image(layout *Layout, present []byte) ([]Datum, error) {
	nulls := r.body.take(bitmapLength(setBits(present, r.columns)))
	if r.body.err != nil {
		return nil, r.body.err
	}
	image := make([]Datum, r.columns)
	seen := 0
	for i := range r.columns {
		if !bit(present, i) {
			continue
		}
		isNull := bit(nulls, seen)
		seen++
		if isNull {
			continue
		}
		datum, err := layout.Table.Columns[i].decodeValue(&r.body, &layout.Decodings[i])
		if err != nil {
			return nil, fmt.Errorf("column %d%s: %w", i+1, named(layout.Table.Columns[i].Name), err)
		}
		image[i] = datum
	}
	return image, nil
}

func named(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}

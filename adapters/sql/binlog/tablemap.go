package binlog

import "fmt"

// TableMap says which table a table id of the following row events stands for, and
// what its columns look like at that moment.
type TableMap struct {
	ID      uint64
	Schema  string
	Table   string
	Columns []Column
	// Named: the event carries full row metadata, so columns have names.
	Named bool
	// mariaDB counts geometry columns among those with a charset, and YEAR among those
	// with a sign; MySQL doesn't.
	mariaDB bool
}

// ParseTableMap decodes a table map event.
func ParseTableMap(event Event, format Format) (*TableMap, error) {
	body := buffer{data: event.Body}
	table := &TableMap{ID: body.littleEndian(format.tableIDLength), mariaDB: format.MariaDB()}
	body.skip(2)
	table.Schema = body.text(int(body.uint8()))
	body.skip(1)
	table.Table = body.text(int(body.uint8()))
	body.skip(1)
	types := body.take(body.length(0))
	metadata := buffer{data: body.take(body.length(0))}
	nullable := body.take(bitmapLength(len(types)))
	if body.err != nil {
		return nil, fmt.Errorf("table map: %w", body.err)
	}
	table.Columns = make([]Column, len(types))
	for i := range types {
		column := &table.Columns[i]
		column.Type, column.Nullable = ColumnType(types[i]), bit(nullable, i)
		if err := column.readMetadata(&metadata); err != nil {
			return nil, fmt.Errorf("table map of %s.%s: metadata of column %d, type %d: %w", table.Schema, table.Table, i+1, types[i], err)
		}
	}
	if metadata.remaining() != 0 {
		return nil, fmt.Errorf("table map of %s.%s: %d bytes of metadata belong to no column", table.Schema, table.Table, metadata.remaining())
	}
	if err := table.readOptional(&body); err != nil {
		return nil, fmt.Errorf("table map of %s.%s: optional metadata: %w", table.Schema, table.Table, err)
	}
	return table, nil
}

// The types of optional metadata (Table_map_event::Optional_metadata_field_type).
const (
	metadataSignedness            = 1
	metadataDefaultCharset        = 2
	metadataColumnCharset         = 3
	metadataColumnName            = 4
	metadataSetLabels             = 5
	metadataEnumLabels            = 6
	metadataGeometryType          = 7
	metadataSimplePrimaryKey      = 8
	metadataPrimaryKeyWithPrefix  = 9
	metadataEnumSetDefaultCharset = 10
	metadataEnumSetColumnCharset  = 11
	metadataColumnVisibility      = 12
)

func (t *TableMap) readOptional(body *buffer) error {
	for body.err == nil && body.remaining() > 0 {
		kind := body.uint8()
		part := buffer{data: body.take(body.length(0))}
		if body.err != nil {
			break
		}
		if err := t.readOptionalPart(kind, &part); err != nil {
			return fmt.Errorf("type %d: %w", kind, err)
		}
	}
	return body.err
}

func (t *TableMap) readOptionalPart(kind uint8, part *buffer) error {
	switch kind {
	case metadataSignedness:
		t.readSignedness(part)
	case metadataDefaultCharset:
		t.readDefaultCharset(part, t.hasCharset)
	case metadataColumnCharset:
		t.readColumnCharset(part, t.hasCharset)
	case metadataEnumSetDefaultCharset:
		t.readDefaultCharset(part, (*Column).enumOrSet)
	case metadataEnumSetColumnCharset:
		t.readColumnCharset(part, (*Column).enumOrSet)
	case metadataColumnName:
		for i := range t.Columns {
			t.Columns[i].Name = part.text(part.length(0))
		}
		t.Named = true
	case metadataSetLabels:
		t.readLabels(part, typeSet)
	case metadataEnumLabels:
		t.readLabels(part, typeEnum)
	case metadataSimplePrimaryKey, metadataPrimaryKeyWithPrefix:
		for part.err == nil && part.remaining() > 0 {
			t.markPrimaryKey(part)
			if kind == metadataPrimaryKeyWithPrefix {
				part.lengthEncoded()
			}
		}
	case metadataColumnVisibility:
		visible := part.take(bitmapLength(len(t.Columns)))
		for i := range t.Columns {
			t.Columns[i].Invisible = visible != nil && !bigEndianBit(visible, i)
		}
	default:
		// Later servers may say more; what isn't needed to decode rows is passed over.
		return nil
	}
	if part.err == nil && part.remaining() > 0 && kind != metadataGeometryType {
		return fmt.Errorf("%d bytes left over", part.remaining())
	}
	return part.err
}

func (t *TableMap) hasCharset(column *Column) bool {
	return column.character() || t.mariaDB && column.Type == typeGeometry
}

func (t *TableMap) markPrimaryKey(part *buffer) {
	index := part.lengthEncoded()
	if index >= uint64(len(t.Columns)) {
		part.fail(fmt.Errorf("column %d of %d", index+1, len(t.Columns)))
		return
	}
	t.Columns[index].PrimaryKey = true
}

// bigEndianBit reads bitmaps that start with the highest bit.
func bigEndianBit(bitmap []byte, i int) bool { return bitmap[i/8]&(0x80>>(i%8)) != 0 }

// readSignedness reads one bit for each numeric column: set means unsigned.
func (t *TableMap) readSignedness(part *buffer) {
	var numeric []*Column
	for i := range t.Columns {
		if t.Columns[i].numeric() || t.mariaDB && t.Columns[i].Type == typeYear {
			numeric = append(numeric, &t.Columns[i])
		}
	}
	bitmap := part.take(part.remaining())
	if len(bitmap) < bitmapLength(len(numeric)) {
		part.fail(fmt.Errorf("%w: %d bytes for %d numeric columns", errTruncated, len(bitmap), len(numeric)))
		return
	}
	for i, column := range numeric {
		column.Unsigned, column.SignednessKnown = bigEndianBit(bitmap, i), true
	}
}

// readDefaultCharset reads a default collation and the columns that differ from it.
func (t *TableMap) readDefaultCharset(part *buffer, counts func(*Column) bool) {
	columns := t.filter(counts)
	collation := part.lengthEncoded()
	for _, column := range columns {
		column.Collation = collation
	}
	for part.err == nil && part.remaining() > 0 {
		index := part.lengthEncoded()
		if index >= uint64(len(columns)) {
			part.fail(fmt.Errorf("character column %d of %d", index+1, len(columns)))
			return
		}
		columns[index].Collation = part.lengthEncoded()
	}
}

func (t *TableMap) readColumnCharset(part *buffer, counts func(*Column) bool) {
	for _, column := range t.filter(counts) {
		column.Collation = part.lengthEncoded()
	}
}

func (t *TableMap) readLabels(part *buffer, kind ColumnType) {
	for _, column := range t.filter(func(c *Column) bool { return c.Type == kind }) {
		labels := make([]string, part.length(0))
		for i := range labels {
			labels[i] = part.text(part.length(0))
		}
		column.Labels = labels
	}
}

func (t *TableMap) filter(counts func(*Column) bool) []*Column {
	var columns []*Column
	for i := range t.Columns {
		if counts(&t.Columns[i]) {
			columns = append(columns, &t.Columns[i])
		}
	}
	return columns
}

package binlog

import "fmt"

// ColumnDefinition is what a table's definition says about a column, in the order of
// the table. It stands in for full row metadata where the log doesn't have it.
type ColumnDefinition struct {
	Name     string
	Unsigned bool
	// Charset of character columns, ENUM and SET; empty or binary for all others.
	Charset string
	// Labels of ENUM and SET, in UTF-8.
	Labels []string
}

// Charsets knows the character sets of one server.
type Charsets struct {
	// Collations gives the charset of each collation id.
	Collations map[uint64]string
	// SingleByte gives, for each single-byte charset, the UTF-8 form of its bytes.
	SingleByte map[string]*[256]string
}

// Layout returns how to decode the rows of a table: by the table map where it has
// full metadata, else by the definition, which must be the one that the table had
// when the rows were written.
func (c *Charsets) Layout(table *TableMap, definition []ColumnDefinition) (*Layout, error) {
	if !table.Named && len(definition) != len(table.Columns) {
		return nil, fmt.Errorf("%s.%s has %d columns in the log and %d in its definition", table.Schema, table.Table, len(table.Columns), len(definition))
	}
	layout := &Layout{Table: table, Decodings: make([]Decoding, len(table.Columns))}
	for i := range table.Columns {
		column := &table.Columns[i]
		var err error
		if table.Named {
			layout.Decodings[i], err = c.fromMetadata(column)
		} else {
			column.Name = definition[i].Name
			layout.Decodings[i], err = c.fromDefinition(column, definition[i])
		}
		if err != nil {
			return nil, fmt.Errorf("column %s of %s.%s: %w", column.Name, table.Schema, table.Table, err)
		}
	}
	return layout, nil
}

func (c *Charsets) fromMetadata(column *Column) (Decoding, error) {
	decoding := Decoding{Unsigned: column.Unsigned, Labels: column.Labels}
	if !column.character() && !column.enumOrSet() {
		return decoding, nil
	}
	charset, known := c.Collations[column.Collation]
	if !known {
		return Decoding{}, fmt.Errorf("%w: collation %d is unknown to the server's information_schema", ErrUnsupported, column.Collation)
	}
	if err := c.apply(&decoding, charset); err != nil {
		return Decoding{}, err
	}
	if decoding.Charset == nil {
		return decoding, nil
	}
	decoding.Labels = make([]string, len(column.Labels))
	for i, label := range column.Labels {
		text, err := decoding.Charset.Decode([]byte(label))
		if err != nil {
			return Decoding{}, fmt.Errorf("label %d: %w", i+1, err)
		}
		decoding.Labels[i] = string(text)
	}
	return decoding, nil
}

func (c *Charsets) fromDefinition(column *Column, definition ColumnDefinition) (Decoding, error) {
	decoding := Decoding{Unsigned: definition.Unsigned, Labels: definition.Labels}
	if !column.character() {
		return decoding, nil
	}
	charset := definition.Charset
	if charset == "" {
		charset = "binary"
	}
	return decoding, c.apply(&decoding, charset)
}

func (c *Charsets) apply(decoding *Decoding, charset string) error {
	switch table, single := c.SingleByte[charset]; {
	case charset == "binary":
		decoding.Binary = true
	case IsUTF8(charset):
	case single:
		decoding.Charset = SingleByteCharset(charset, table)
	default:
		decoding.Charset = WideCharset(charset)
		if decoding.Charset == nil {
			return fmt.Errorf("%w: character set %s", ErrUnsupported, charset)
		}
	}
	return nil
}

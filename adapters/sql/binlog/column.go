package binlog

import "fmt"

// ColumnType is the type code of a column in a table map event
// (enum_field_types of MySQL and MariaDB).
type ColumnType uint8

const (
	typeDecimalOld        ColumnType = 0
	typeTiny              ColumnType = 1
	typeShort             ColumnType = 2
	typeLong              ColumnType = 3
	typeFloat             ColumnType = 4
	typeDouble            ColumnType = 5
	typeNull              ColumnType = 6
	typeTimestamp         ColumnType = 7
	typeLongLong          ColumnType = 8
	typeInt24             ColumnType = 9
	typeDate              ColumnType = 10
	typeTime              ColumnType = 11
	typeDatetime          ColumnType = 12
	typeYear              ColumnType = 13
	typeNewDate           ColumnType = 14
	typeVarchar           ColumnType = 15
	typeBit               ColumnType = 16
	typeTimestamp2        ColumnType = 17
	typeDatetime2         ColumnType = 18
	typeTime2             ColumnType = 19
	typeBlobCompressed    ColumnType = 140
	typeVarcharCompressed ColumnType = 141
	typeJSON              ColumnType = 245
	typeNewDecimal        ColumnType = 246
	typeEnum              ColumnType = 247
	typeSet               ColumnType = 248
	typeTinyBlob          ColumnType = 249
	typeMediumBlob        ColumnType = 250
	typeLongBlob          ColumnType = 251
	typeBlob              ColumnType = 252
	typeVarString         ColumnType = 253
	typeString            ColumnType = 254
	typeGeometry          ColumnType = 255
)

// Column is what a table map event says about one column.
type Column struct {
	Type ColumnType
	// Nullable as declared.
	Nullable bool
	// length is the longest byte length of strings, the count of bits of BIT, the
	// pack length of ENUM and SET, the width of the length of blobs.
	length int
	// precision and scale of DECIMAL; scale is also the fractional digits of times.
	precision, scale int

	// What follows is known only with full row metadata.

	// Name is the column's name.
	Name string
	// Unsigned is set for unsigned numeric columns; SignednessKnown says whether the
	// event tells.
	Unsigned, SignednessKnown bool
	// Collation is the id of the collation of a character column, 0 where not told.
	Collation uint64
	// Labels of ENUM and SET, in the charset of Collation.
	Labels []string
	// PrimaryKey: the column is part of the primary key.
	PrimaryKey bool
	// Invisible columns are not part of SELECT *.
	Invisible bool
}

func (c *Column) numeric() bool {
	switch c.Type {
	case typeTiny, typeShort, typeInt24, typeLong, typeLongLong, typeNewDecimal, typeFloat, typeDouble:
		return true
	}
	return false
}

// character reports whether this is a string or blob column, whatever its charset.
func (c *Column) character() bool {
	switch c.Type {
	case typeVarchar, typeVarString, typeString, typeBlob, typeTinyBlob, typeMediumBlob, typeLongBlob,
		typeVarcharCompressed, typeBlobCompressed:
		return true
	}
	return false
}

func (c *Column) enumOrSet() bool { return c.Type == typeEnum || c.Type == typeSet }

// readMetadata decodes the type-specific metadata of a table map event (see
// Table_map_event: 'the metadata block').
func (c *Column) readMetadata(metadata *buffer) error {
	switch c.Type {
	case typeFloat, typeDouble, typeBlob, typeTinyBlob, typeMediumBlob, typeLongBlob, typeGeometry, typeJSON:
		c.length = int(metadata.uint8())
	case typeTimestamp2, typeDatetime2, typeTime2:
		c.scale = int(metadata.uint8())
		if c.scale > 6 {
			return fmt.Errorf("%d fractional digits", c.scale)
		}
	case typeVarchar, typeVarString:
		c.length = int(metadata.uint16())
	case typeVarcharCompressed:
		c.length = int(metadata.uint16())
	case typeBlobCompressed:
		c.length = int(metadata.uint8())
	case typeBit:
		bits, bytes := int(metadata.uint8()), int(metadata.uint8())
		c.length = bytes*8 + bits
	case typeNewDecimal:
		c.precision, c.scale = int(metadata.uint8()), int(metadata.uint8())
		if c.scale > c.precision || c.precision > 65 {
			return fmt.Errorf("DECIMAL(%d,%d)", c.precision, c.scale)
		}
	case typeString:
		c.readStringMetadata(metadata.uint8(), metadata.uint8())
	case typeEnum, typeSet:
		c.readStringMetadata(metadata.uint8(), metadata.uint8())
	}
	return metadata.err
}

// readStringMetadata decodes the metadata of CHAR, BINARY, ENUM and SET: the first
// byte is the real type, and for strings its bits 4 and 5, inverted, are bits 8 and
// 9 of the length.
func (c *Column) readStringMetadata(realType, low uint8) {
	c.length = int(low)
	if t := ColumnType(realType); t == typeEnum || t == typeSet {
		c.Type = t
		return
	}
	c.length |= int(realType&0x30^0x30) << 4
}

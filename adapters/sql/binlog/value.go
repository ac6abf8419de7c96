package binlog

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnsupported is wrapped by errors about something in the log that this package
// cannot decode exactly: the resource must then be followed another way.
var ErrUnsupported = errors.New("not supported from the log")

// Decoding is what is needed, beside the table map, to give one column's values the
// form that a SELECT has. It comes from full row metadata or the table's definition.
type Decoding struct {
	// Unsigned integers.
	Unsigned bool
	// Binary columns hold bytes; a BINARY(n) is as long as declared.
	Binary bool
	// Charset turns stored characters into UTF-8; nil where they are UTF-8.
	Charset *Charset
	// Labels of ENUM and SET, in UTF-8.
	Labels []string
}

// decodeValue reads one value that is not NULL.
func (c *Column) decodeValue(row *buffer, decoding *Decoding) (Datum, error) {
	switch c.Type {
	case typeTiny, typeShort, typeInt24, typeLong, typeLongLong:
		return c.decodeInteger(row, decoding.Unsigned), row.err
	case typeFloat:
		return floatDatum(row.uint32()), row.err
	case typeDouble:
		return doubleDatum(row.littleEndian(8)), row.err
	case typeNewDecimal:
		return decodeDecimal(row, c.precision, c.scale)
	case typeYear:
		return decodeYear(row.uint8()), row.err
	case typeDate, typeNewDate:
		return decodeDate(row.littleEndian(3)), row.err
	case typeDatetime2:
		return decodeDatetime(row, c.scale)
	case typeTimestamp2:
		return decodeTimestamp(row, c.scale)
	case typeTime2:
		return decodeTime(row, c.scale)
	case typeTimestamp:
		return formatTimestamp(uint64(row.uint32()), 0, 0), row.err
	case typeBit:
		return decodeBit(row, c.length), row.err
	case typeEnum:
		return decodeEnum(row.littleEndian(c.length), decoding.Labels, row.err)
	case typeSet:
		return decodeSet(row.littleEndian(c.length), decoding.Labels, row.err)
	case typeVarchar, typeVarString, typeString:
		return c.decodeString(row, decoding)
	case typeBlob, typeTinyBlob, typeMediumBlob, typeLongBlob:
		return decoding.decodeText(row.take(int(row.littleEndian(c.length))), row.err)
	case typeGeometry:
		return bytesDatum(row.take(int(row.littleEndian(c.length)))), row.err
	}
	return Datum{}, fmt.Errorf("%w: column type %d%s", ErrUnsupported, c.Type, unsupportedHint(c.Type))
}

func unsupportedHint(t ColumnType) string {
	switch t {
	case typeBlobCompressed, typeVarcharCompressed:
		return " (a COMPRESSED column)"
	case typeDatetime, typeTime:
		return " (a temporal column in the format before MySQL 5.6; ALTER TABLE … FORCE rewrites it)"
	case typeJSON:
		return " (MySQL's binary JSON)"
	case typeDecimalOld:
		return " (a DECIMAL in the format before MySQL 5.0)"
	}
	return ""
}

func (c *Column) decodeInteger(row *buffer, unsigned bool) Datum {
	size := integerSize(c.Type)
	value := row.littleEndian(size)
	if unsigned {
		return unsignedDatum(value)
	}
	shift := 64 - 8*size
	return intDatum(int64(value<<shift) >> shift)
}

func integerSize(t ColumnType) int {
	switch t {
	case typeTiny:
		return 1
	case typeShort:
		return 2
	case typeInt24:
		return 3
	case typeLong:
		return 4
	}
	return 8
}

// decodeString reads CHAR, VARCHAR, BINARY and VARBINARY: their length takes one
// byte where the longest value has at most 255 bytes, else two.
func (c *Column) decodeString(row *buffer, decoding *Decoding) (Datum, error) {
	width := 1
	if c.length > 255 {
		width = 2
	}
	value := row.take(int(row.littleEndian(width)))
	if decoding.Binary && c.Type == typeString && len(value) < c.length && row.err == nil {
		// The log leaves out the zero bytes that BINARY(n) ends in.
		padded := make([]byte, c.length)
		copy(padded, value)
		value = padded
	}
	return decoding.decodeText(value, row.err)
}

func (d *Decoding) decodeText(value []byte, err error) (Datum, error) {
	if err != nil {
		return Datum{}, err
	}
	if d.Charset == nil || d.Binary {
		return bytesDatum(value), nil
	}
	converted, err := d.Charset.Decode(value)
	return bytesDatum(converted), err
}

// decodeBit gives BIT(n) as its big-endian bytes.
func decodeBit(row *buffer, bits int) Datum { return bytesDatum(row.take((bits + 7) / 8)) }

// decodeEnum turns an ENUM's number into its label. Number 0 is the empty string
// that an invalid value was stored as.
func decodeEnum(number uint64, labels []string, err error) (Datum, error) {
	if err != nil {
		return Datum{}, err
	}
	if number == 0 {
		return stringDatum(""), nil
	}
	if number > uint64(len(labels)) {
		return Datum{}, fmt.Errorf("ENUM value %d of a column with %d labels", number, len(labels))
	}
	return stringDatum(labels[number-1]), nil
}

// decodeSet turns a SET's bits into its labels, in declared order.
func decodeSet(bits uint64, labels []string, err error) (Datum, error) {
	if err != nil {
		return Datum{}, err
	}
	if len(labels) < 64 && bits>>len(labels) != 0 {
		return Datum{}, fmt.Errorf("SET value %b of a column with %d labels", bits, len(labels))
	}
	var members []string
	for i, label := range labels {
		if bits&(1<<i) != 0 {
			members = append(members, label)
		}
	}
	return stringDatum(strings.Join(members, ",")), nil
}

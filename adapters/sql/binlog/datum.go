package binlog

import (
	"database/sql/driver"
	"math"
	"strconv"
)

// DatumKind says which form a [Datum] has.
type DatumKind uint8

const (
	NullDatum DatumKind = iota
	IntDatum
	FloatDatum
	DoubleDatum
	BytesDatum
)

// Datum is one column's value in the form that the binary protocol of
// github.com/go-sql-driver/mysql gives it without parseTime: integers, floating
// point numbers, and bytes for everything else (DECIMAL, dates and times as text;
// character strings in UTF-8; BIT as big-endian bytes).
type Datum struct {
	Kind  DatumKind
	bits  uint64
	bytes []byte
}

// Int returns the value of an IntDatum.
func (d Datum) Int() int64 { return int64(d.bits) }

// Float returns the value of a FloatDatum.
func (d Datum) Float() float32 { return math.Float32frombits(uint32(d.bits)) }

// Double returns the value of a DoubleDatum.
func (d Datum) Double() float64 { return math.Float64frombits(d.bits) }

// Bytes returns the value of a BytesDatum. It may alias the event.
func (d Datum) Bytes() []byte { return d.bytes }

// DriverValue returns the value as the driver gives it. Bytes alias the datum's.
func (d Datum) DriverValue() driver.Value {
	switch d.Kind {
	case IntDatum:
		return d.Int()
	case FloatDatum:
		return d.Float()
	case DoubleDatum:
		return d.Double()
	case BytesDatum:
		return d.bytes
	default:
		return nil
	}
}

func intDatum(value int64) Datum { return Datum{Kind: IntDatum, bits: uint64(value)} }

// unsignedDatum is an unsigned integer: an integer where it fits, else text, as the
// driver gives it.
func unsignedDatum(value uint64) Datum {
	if value <= math.MaxInt64 {
		return intDatum(int64(value))
	}
	return bytesDatum(strconv.AppendUint(nil, value, 10))
}

func floatDatum(bits uint32) Datum   { return Datum{Kind: FloatDatum, bits: uint64(bits)} }
func doubleDatum(bits uint64) Datum  { return Datum{Kind: DoubleDatum, bits: bits} }
func bytesDatum(value []byte) Datum  { return Datum{Kind: BytesDatum, bytes: value} }
func stringDatum(value string) Datum { return Datum{Kind: BytesDatum, bytes: []byte(value)} }

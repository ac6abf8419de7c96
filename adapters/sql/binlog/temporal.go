package binlog

import (
	"fmt"
	"time"
)

func decodeYear(value uint8) Datum {
	if value == 0 {
		return intDatum(0)
	}
	return intDatum(1900 + int64(value))
}

// decodeDate reads a DATE: day in 5 bits, month in 4, year in the rest.
func decodeDate(packed uint64) Datum {
	return stringDatum(fmt.Sprintf("%04d-%02d-%02d", packed>>9, packed>>5&15, packed&31))
}

// fraction reads the fractional seconds behind a temporal value: (scale+1)/2 bytes,
// big-endian, in units of two digits.
func fraction(row *buffer, scale int) uint64 { return row.bigEndian((scale + 1) / 2) }

// appendFraction writes scale digits; the stored number has an even count of them.
func appendFraction(text []byte, value uint64, scale int) []byte {
	if scale == 0 {
		return text
	}
	if scale%2 == 1 {
		value /= 10
	}
	return fmt.Appendf(text, ".%0*d", scale, value)
}

func checkFraction(value uint64, scale int) error {
	limit := [...]uint64{1, 100, 100, 10_000, 10_000, 1_000_000, 1_000_000}[scale]
	if value >= limit {
		return fmt.Errorf("fraction %d of a second with %d digits", value, scale)
	}
	return nil
}

// decodeDatetime reads a DATETIME(scale): 40 bits of a sign (always set), year*13+month
// in 17, day in 5, hour in 5, minute and second in 6 (sql-common/my_time.cc,
// my_datetime_packed_from_binary).
func decodeDatetime(row *buffer, scale int) (Datum, error) {
	packed := row.bigEndian(5)
	part := fraction(row, scale)
	if row.err != nil {
		return Datum{}, row.err
	}
	if packed&(1<<39) == 0 {
		return Datum{}, fmt.Errorf("DATETIME with negative sign: %x", packed)
	}
	if err := checkFraction(part, scale); err != nil {
		return Datum{}, err
	}
	months, day := packed>>22&0x1ffff, packed>>17&31
	hour, minute, second := packed>>12&31, packed>>6&63, packed&63
	text := fmt.Appendf(nil, "%04d-%02d-%02d %02d:%02d:%02d", months/13, months%13, day, hour, minute, second)
	return bytesDatum(appendFraction(text, part, scale)), nil
}

// decodeTimestamp reads a TIMESTAMP(scale): seconds since 1970, big-endian.
func decodeTimestamp(row *buffer, scale int) (Datum, error) {
	seconds := row.bigEndian(4)
	part := fraction(row, scale)
	if row.err != nil {
		return Datum{}, row.err
	}
	if err := checkFraction(part, scale); err != nil {
		return Datum{}, err
	}
	return formatTimestamp(seconds, part, scale), nil
}

// formatTimestamp gives a TIMESTAMP as a session in UTC reads it. Zero is the zero date.
func formatTimestamp(seconds, part uint64, scale int) Datum {
	if seconds == 0 && part == 0 {
		return bytesDatum(appendFraction([]byte("0000-00-00 00:00:00"), 0, scale))
	}
	text := time.Unix(int64(seconds), 0).UTC().AppendFormat(nil, time.DateTime)
	return bytesDatum(appendFraction(text, part, scale))
}

// decodeTime reads a TIME(scale): 24 bits and a fraction, together one number that is
// offset so that negative times sort first (my_time_packed_from_binary).
func decodeTime(row *buffer, scale int) (Datum, error) {
	bytes := (scale + 1) / 2
	packed := int64(row.bigEndian(3 + bytes))
	if row.err != nil {
		return Datum{}, row.err
	}
	packed -= 0x800000 << (8 * bytes)
	var text []byte
	if packed < 0 {
		text, packed = append(text, '-'), -packed
	}
	part := uint64(packed & (1<<(8*bytes) - 1))
	if err := checkFraction(part, scale); err != nil {
		return Datum{}, err
	}
	packed >>= 8 * bytes
	text = fmt.Appendf(text, "%02d:%02d:%02d", packed>>12&0x3ff, packed>>6&63, packed&63)
	return bytesDatum(appendFraction(text, part, scale)), nil
}

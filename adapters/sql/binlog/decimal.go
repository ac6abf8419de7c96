package binlog

import (
	"fmt"
	"strconv"
)

// digitsPerWord decimal digits are packed into each four-byte word of a DECIMAL; the
// digits that are left over take bytesForDigits.
const digitsPerWord = 9

func bytesForDigits(digits int) int { return (digits + 1) / 2 }

// decodeDecimal reads a DECIMAL(precision, scale) in the server's binary format
// (strings/decimal.c, decimal2bin) and gives the text that a SELECT gives: no
// leading zeros but one before the point, and always scale digits after it.
func decodeDecimal(row *buffer, precision, scale int) (Datum, error) {
	whole, wholeRest := (precision-scale)/digitsPerWord, (precision-scale)%digitsPerWord
	part, partRest := scale/digitsPerWord, scale%digitsPerWord
	packed := row.take(4*whole + bytesForDigits(wholeRest) + 4*part + bytesForDigits(partRest))
	if row.err != nil || len(packed) == 0 {
		return Datum{}, row.err
	}
	// Negative numbers are stored with every bit inverted; the sign bit is then
	// flipped, so that bytes sort like numbers.
	negative := packed[0]&0x80 == 0
	bits := make([]byte, len(packed))
	for i, octet := range packed {
		if negative {
			octet = ^octet
		}
		bits[i] = octet
	}
	bits[0] ^= 0x80

	reader := decimalReader{words: buffer{data: bits}}
	if negative {
		reader.text = append(reader.text, '-')
	}
	sign := len(reader.text)
	reader.digits(wholeRest)
	for range whole {
		reader.digits(digitsPerWord)
	}
	reader.trimLeadingZeros(sign)
	if scale > 0 {
		reader.text = append(reader.text, '.')
		for range part {
			reader.digits(digitsPerWord)
		}
		reader.digits(partRest)
	}
	if reader.err != nil {
		return Datum{}, fmt.Errorf("DECIMAL(%d,%d): %w", precision, scale, reader.err)
	}
	return bytesDatum(reader.text), nil
}

type decimalReader struct {
	words buffer
	text  []byte
	err   error
}

// digits appends one group of n digits, with its leading zeros.
func (r *decimalReader) digits(n int) {
	if n == 0 {
		return
	}
	size := 4
	if n < digitsPerWord {
		size = bytesForDigits(n)
	}
	word := r.words.bigEndian(size)
	digits := strconv.AppendUint(nil, word, 10)
	if len(digits) > n {
		r.err = fmt.Errorf("a group of %d digits holds %d", n, word)
		return
	}
	for range n - len(digits) {
		r.text = append(r.text, '0')
	}
	r.text = append(r.text, digits...)
}

// trimLeadingZeros removes the zeros behind the sign, but leaves one digit.
func (r *decimalReader) trimLeadingZeros(sign int) {
	first := sign
	for first < len(r.text)-1 && r.text[first] == '0' {
		first++
	}
	r.text = append(r.text[:sign], r.text[first:]...)
	if len(r.text) == sign {
		r.text = append(r.text, '0')
	}
}

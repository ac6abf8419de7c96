package binlog

import (
	"errors"
	"fmt"
)

// errTruncated is the end of the bytes before the end of what they should hold.
var errTruncated = errors.New("ends too early")

// buffer reads the parts of an event. The first failure sticks: every later read
// gives zero values, and err says what happened, so that callers check once.
type buffer struct {
	data []byte
	at   int
	err  error
}

func (b *buffer) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *buffer) remaining() int { return len(b.data) - b.at }

// take returns the next n bytes, aliasing the event.
func (b *buffer) take(n int) []byte {
	if b.err != nil {
		return nil
	}
	if n < 0 || n > b.remaining() {
		b.fail(fmt.Errorf("%w: %d bytes wanted at %d of %d", errTruncated, n, b.at, len(b.data)))
		return nil
	}
	part := b.data[b.at : b.at+n : b.at+n]
	b.at += n
	return part
}

func (b *buffer) skip(n int) { b.take(n) }

func (b *buffer) uint8() uint8 {
	if part := b.take(1); part != nil {
		return part[0]
	}
	return 0
}

// littleEndian reads an unsigned integer of n bytes, at most 8.
func (b *buffer) littleEndian(n int) uint64 {
	var value uint64
	for i, octet := range b.take(n) {
		value |= uint64(octet) << (8 * i)
	}
	return value
}

// bigEndian reads an unsigned integer of n bytes, at most 8.
func (b *buffer) bigEndian(n int) uint64 {
	var value uint64
	for _, octet := range b.take(n) {
		value = value<<8 | uint64(octet)
	}
	return value
}

func (b *buffer) uint16() uint16 { return uint16(b.littleEndian(2)) }
func (b *buffer) uint32() uint32 { return uint32(b.littleEndian(4)) }

// lengthEncoded reads a length-encoded integer (Protocol::LengthEncodedInteger).
func (b *buffer) lengthEncoded() uint64 {
	first := b.uint8()
	switch first {
	case 0xfc:
		return b.littleEndian(2)
	case 0xfd:
		return b.littleEndian(3)
	case 0xfe:
		return b.littleEndian(8)
	case 0xfb, 0xff:
		b.fail(fmt.Errorf("0x%x is not a length-encoded integer", first))
		return 0
	}
	return uint64(first)
}

// length reads a length-encoded integer that counts things of the same event, so it
// can't be more than the bytes that are left, or than limit where that is positive.
func (b *buffer) length(limit int) int {
	value := b.lengthEncoded()
	if limit <= 0 {
		limit = b.remaining()
	}
	if value > uint64(limit) {
		b.fail(fmt.Errorf("%w: a length of %d where at most %d is possible", errTruncated, value, limit))
		return 0
	}
	return int(value)
}

func (b *buffer) text(n int) string { return string(b.take(n)) }

// bit reports whether bit i is set in a bitmap that starts with the lowest bit.
func bit(bitmap []byte, i int) bool { return bitmap[i/8]&(1<<(i%8)) != 0 }

// setBits counts the set bits among the first n.
func setBits(bitmap []byte, n int) int {
	count := 0
	for i := range n {
		if bit(bitmap, i) {
			count++
		}
	}
	return count
}

func bitmapLength(bits int) int { return (bits + 7) / 8 }

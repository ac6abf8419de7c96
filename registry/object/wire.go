package object

import "google.golang.org/protobuf/encoding/protowire"

// The functions of this file read bodies, which this package made itself and which
// are therefore known to be well-formed. What strangers send is read by
// bodyReader, which checks everything.

// readVarint returns the varint at the start of s and what follows it.
func readVarint(s string) (uint64, string) {
	var value uint64
	for i := 0; i < len(s); i++ {
		value |= uint64(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return value, s[i+1:]
		}
	}
	return 0, ""
}

// readDelimited returns the length-delimited content at the start of s and what
// follows it.
func readDelimited(s string) (content, rest string) {
	length, rest := readVarint(s)
	return rest[:length], rest[length:]
}

func readFixed32(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func readFixed64(s string) uint64 {
	return uint64(readFixed32(s)) | uint64(readFixed32(s[4:]))<<32
}

// readField splits s, which begins with a field's tag, into the tag, the field's
// payload (without length) and what follows the field.
func readField(s string) (tag uint64, payload, rest string) {
	tag, rest = readVarint(s)
	switch protowire.Type(tag & 7) {
	case protowire.VarintType:
		end := 0
		for rest[end] >= 0x80 {
			end++
		}
		return tag, rest[:end+1], rest[end+1:]
	case protowire.Fixed32Type:
		return tag, rest[:4], rest[4:]
	case protowire.Fixed64Type:
		return tag, rest[:8], rest[8:]
	default:
		payload, rest = readDelimited(rest)
		return tag, payload, rest
	}
}

// beginDelimited appends a tag and room for a length of one byte, and returns where
// the content begins. endDelimited fills the length in.
func beginDelimited(dst []byte, tag uint64) ([]byte, int) {
	dst = protowire.AppendVarint(dst, tag)
	dst = append(dst, 0)
	return dst, len(dst)
}

func endDelimited(dst []byte, start int) []byte {
	length := len(dst) - start
	if length < 0x80 {
		dst[start-1] = byte(length)
		return dst
	}
	extra := protowire.SizeVarint(uint64(length)) - 1
	var room [9]byte
	dst = append(dst, room[:extra]...)
	copy(dst[start+extra:], dst[start:start+length])
	protowire.AppendVarint(dst[:start-1], uint64(length))
	return dst
}

package poll

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// hash stands for the values of a record: the first half of a SHA-256. With n
// records the chance that a change goes unseen is below n / 2^128.
type hash [16]byte

// hasher computes hashes, keeping its buffer. Not safe for concurrent use.
type hasher struct{ buffer []byte }

func (h *hasher) sum(record adapters.Record) hash {
	h.buffer = h.buffer[:0]
	for _, value := range record.Values {
		h.buffer = appendValue(h.buffer, value)
	}
	sum := sha256.Sum256(h.buffer)
	return hash(sum[:16])
}

// appendValue appends an encoding that no other value has.
func appendValue(buffer []byte, value adapters.Value) []byte {
	buffer = append(buffer, byte(value.Kind()))
	switch value.Kind() {
	case adapters.NullKind:
		return buffer
	case adapters.BoolKind, adapters.IntKind, adapters.FloatKind:
		return binary.BigEndian.AppendUint64(buffer, uint64(value.Int()))
	case adapters.ListKind, adapters.MapKind, adapters.MessageKind:
		items := value.Items()
		buffer = binary.AppendUvarint(buffer, uint64(len(items)))
		for _, item := range items {
			buffer = appendValue(buffer, item)
		}
		return buffer
	default:
		buffer = binary.AppendUvarint(buffer, uint64(len(value.Text())))
		return append(buffer, value.Text()...)
	}
}

package object

import (
	"crypto/sha1"
	"encoding/hex"
)

// uidSpace is the name space of the UUIDs (RFC 9562, version 5) that objects have as
// UID: the UUID 6f2c5a6e-8f0d-5c39-9b1c-d1f1a3a5f7e2. It must never change, or
// every object gets another UID.
var uidSpace = [16]byte{0x6f, 0x2c, 0x5a, 0x6e, 0x8f, 0x0d, 0x5c, 0x39, 0x9b, 0x1c, 0xd1, 0xf1, 0xa3, 0xa5, 0xf7, 0xe2}

const uidTextLength = 36

// uidOf returns the UUIDv5 of group, resource, namespace and name, joined by slashes,
// which none of them can contain.
func (k *Kind) uidOf(namespace, name string) [16]byte {
	var room [512]byte
	text := append(room[:0], uidSpace[:]...)
	text = append(text, k.uidPrefix...)
	text = append(text, namespace...)
	text = append(text, '/')
	text = append(text, name...)
	sum := sha1.Sum(text)
	var uid [16]byte
	copy(uid[:], sum[:])
	uid[6] = uid[6]&0x0f | 0x50
	uid[8] = uid[8]&0x3f | 0x80
	return uid
}

// UID returns the UID of the object with this name: the same on every replica and
// after every restart, and the same for an object that was deleted and created again.
func (k *Kind) UID(namespace, name string) string {
	return string(appendUID(nil, k.uidOf(namespace, name)))
}

func appendUID(dst []byte, uid [16]byte) []byte {
	var text [uidTextLength]byte
	hex.Encode(text[0:8], uid[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], uid[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], uid[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], uid[8:10])
	text[23] = '-'
	hex.Encode(text[24:36], uid[10:16])
	return append(dst, text[:]...)
}

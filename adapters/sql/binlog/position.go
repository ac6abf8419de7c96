package binlog

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// The parts of a revision: which file of the log, a tag that tells this log from
// every other one, and a place in the file.
const (
	fileBits   = 20
	tagBits    = 8
	offsetBits = 34

	maxFile   = 1<<fileBits - 1
	maxOffset = 1<<offsetBits - 1
)

// Tag is a short hash of a log file's identity.
type Tag uint8

// FileIdentity is what distinguishes a file of one server's log from the file of the
// same number of another server, or of the same server after RESET MASTER.
type FileIdentity struct {
	// Server is the server's own identity: server_uuid of MySQL; of MariaDB, which has
	// none that is stable, its gtid_domain_id and server_id.
	Server string
	// BaseName of the log: mysql-bin of mysql-bin.000123.
	BaseName string
	// Opened is the time in the file's first event, in seconds since 1970.
	Opened uint32
}

// Tag returns the hash of the identity.
func (i FileIdentity) Tag() Tag {
	hash := fnv.New64a()
	hash.Write([]byte(i.Server + "\x00" + i.BaseName + "\x00"))
	hash.Write(binary.BigEndian.AppendUint32(nil, i.Opened))
	sum := hash.Sum64()
	return Tag(sum ^ sum>>8 ^ sum>>16 ^ sum>>24 ^ sum>>32 ^ sum>>40 ^ sum>>48 ^ sum>>56)
}

// Position is a place in the log.
type Position struct {
	// File is the number that the file's name ends in.
	File uint32
	// Offset within the file.
	Offset uint64
}

// Compare orders positions as the log does.
func (p Position) Compare(other Position) int {
	return cmp.Or(cmp.Compare(p.File, other.File), cmp.Compare(p.Offset, other.Offset))
}

// String returns the position for messages.
func (p Position) String() string { return fmt.Sprintf("%06d:%d", p.File, p.Offset) }

// Revision packs a position and its file's tag into the number that becomes a
// resourceVersion: file (20 bits), tag (8), offset (34). Numbers of one log are in the
// log's order because the tag is the same within a file.
func (p Position) Revision(tag Tag) (uint64, error) {
	if p.File > maxFile {
		return 0, fmt.Errorf("log file number %d is above %d: RESET MASTER starts again at 1", p.File, maxFile)
	}
	if p.Offset > maxOffset {
		return 0, fmt.Errorf("offset %d in log file %d is above %d (16 GiB)", p.Offset, p.File, uint64(maxOffset))
	}
	return uint64(p.File)<<(tagBits+offsetBits) | uint64(tag)<<offsetBits | p.Offset, nil
}

// SplitRevision is the reverse of [Position.Revision].
func SplitRevision(revision uint64) (Position, Tag) {
	return Position{
		File:   uint32(revision >> (tagBits + offsetBits) & maxFile),
		Offset: revision & maxOffset,
	}, Tag(revision >> offsetBits)
}

// ParseFileName splits the name of a log file into its base name and number.
func ParseFileName(name string) (base string, number uint32, err error) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return "", 0, fmt.Errorf("log file name %q has no number", name)
	}
	value, err := strconv.ParseUint(name[dot+1:], 10, 32)
	if err != nil {
		return "", 0, fmt.Errorf("log file name %q does not end in a number", name)
	}
	return name[:dot], uint32(value), nil
}

// FileName returns the name of the log file with this number.
func FileName(base string, number uint32) string { return fmt.Sprintf("%s.%06d", base, number) }

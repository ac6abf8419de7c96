package binlog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// EventType is the type code of a log event.
type EventType uint8

// The event types that this package treats on their own; see the enumeration
// binary_log::Log_event_type of MySQL and log_event.h of MariaDB.
const (
	QueryEvent              EventType = 2
	StopEvent               EventType = 3
	RotateEvent             EventType = 4
	IntvarEvent             EventType = 5
	RandEvent               EventType = 13
	UserVarEvent            EventType = 14
	FormatDescriptionEvent  EventType = 15
	XIDEvent                EventType = 16
	BeginLoadQueryEvent     EventType = 17
	ExecuteLoadQueryEvent   EventType = 18
	TableMapEvent           EventType = 19
	WriteRowsV1Event        EventType = 23
	UpdateRowsV1Event       EventType = 24
	DeleteRowsV1Event       EventType = 25
	IncidentEvent           EventType = 26
	HeartbeatEvent          EventType = 27
	IgnorableEvent          EventType = 28
	RowsQueryEvent          EventType = 29
	WriteRowsV2Event        EventType = 30
	UpdateRowsV2Event       EventType = 31
	DeleteRowsV2Event       EventType = 32
	GTIDEvent               EventType = 33
	AnonymousGTIDEvent      EventType = 34
	PreviousGTIDsEvent      EventType = 35
	TransactionContextEvent EventType = 36
	ViewChangeEvent         EventType = 37
	XAPrepareEvent          EventType = 38
	PartialUpdateRowsEvent  EventType = 39
	TransactionPayloadEvent EventType = 40
	HeartbeatV2Event        EventType = 41
	GTIDTaggedEvent         EventType = 42

	MariaDBAnnotateRowsEvent         EventType = 160
	MariaDBBinlogCheckpointEvent     EventType = 161
	MariaDBGTIDEvent                 EventType = 162
	MariaDBGTIDListEvent             EventType = 163
	MariaDBStartEncryptionEvent      EventType = 164
	MariaDBQueryCompressedEvent      EventType = 165
	MariaDBWriteRowsCompressedEvent  EventType = 166
	MariaDBUpdateRowsCompressedEvent EventType = 167
	MariaDBDeleteRowsCompressedEvent EventType = 168
)

// HeaderLength is the length of an event's header in version 4 of the log, the only
// one since MySQL 5.0.
const HeaderLength = 19

// checksumLength is the length of the CRC-32 behind an event.
const checksumLength = 4

// artificialFlag marks events that the server made for this connection only
// (LOG_EVENT_ARTIFICIAL_F): they are not in the file and have no position.
const artificialFlag = 0x20

// Event is one log event as it came over the wire.
type Event struct {
	// Timestamp is when the statement began, in seconds since 1970.
	Timestamp uint32
	Type      EventType
	ServerID  uint32
	// Length of the whole event in the file: header, body and checksum.
	Length uint32
	// EndPosition is the position behind the event in its file, modulo 2^32.
	EndPosition uint32
	Flags       uint16
	// Body is what follows the header, without the checksum. It aliases the packet.
	Body []byte
}

// Artificial reports whether the event was made for this connection only.
func (e Event) Artificial() bool { return e.Flags&artificialFlag != 0 }

// ParseEvent splits a packet of the stream (without its leading OK byte) into
// header and body, and verifies its checksum where the log has one.
func ParseEvent(packet []byte, format Format) (Event, error) {
	if len(packet) < HeaderLength {
		return Event{}, fmt.Errorf("event header %w: %d bytes", errTruncated, len(packet))
	}
	event := Event{
		Timestamp:   binary.LittleEndian.Uint32(packet),
		Type:        EventType(packet[4]),
		ServerID:    binary.LittleEndian.Uint32(packet[5:]),
		Length:      binary.LittleEndian.Uint32(packet[9:]),
		EndPosition: binary.LittleEndian.Uint32(packet[13:]),
		Flags:       binary.LittleEndian.Uint16(packet[17:]),
		Body:        packet[HeaderLength:],
	}
	if int64(event.Length) != int64(len(packet)) {
		return Event{}, fmt.Errorf("event type %d says it has %d bytes and has %d", event.Type, event.Length, len(packet))
	}
	if event.Type == RotateEvent && event.Artificial() {
		event.Body = withoutChecksum(packet)
		return event, nil
	}
	if event.Type == FormatDescriptionEvent || !format.Checksum {
		return event, nil
	}
	body := len(event.Body) - checksumLength
	if body < 0 {
		return Event{}, fmt.Errorf("checksum of event type %d: %w", event.Type, errTruncated)
	}
	want := binary.LittleEndian.Uint32(event.Body[body:])
	if got := crc32.ChecksumIEEE(packet[:len(packet)-checksumLength]); got != want {
		return Event{}, fmt.Errorf("checksum of event type %d at end position %d is %08x, computed %08x", event.Type, event.EndPosition, want, got)
	}
	event.Body = event.Body[:body]
	return event, nil
}

// Format is what a file's format description event says about the events behind it.
type Format struct {
	ServerVersion string
	// Created is the creation time that the file's first event carries: zero but in
	// the first file after a server start.
	Created uint32
	// Timestamp of the event: when the file was opened.
	Timestamp uint32
	// Checksum: events end in a CRC-32.
	Checksum bool
	// tableIDLength is 6, or 4 in logs of very old servers.
	tableIDLength int
}

// MariaDB reports whether the file was written by MariaDB.
func (f Format) MariaDB() bool { return strings.Contains(f.ServerVersion, "MariaDB") }

// ParseFormat decodes a format description event.
func ParseFormat(event Event) (Format, error) {
	body := buffer{data: event.Body}
	version := body.uint16()
	serverVersion := body.take(50)
	format := Format{Timestamp: event.Timestamp, Created: body.uint32(), tableIDLength: 6}
	ownLength := body.uint8()
	if body.err != nil {
		return Format{}, fmt.Errorf("format description: %w", body.err)
	}
	if version != 4 || ownLength != HeaderLength {
		return Format{}, fmt.Errorf("log format version %d with headers of %d bytes is not supported: only version 4", version, ownLength)
	}
	for i, octet := range serverVersion {
		if octet == 0 {
			serverVersion = serverVersion[:i]
			break
		}
	}
	format.ServerVersion = string(serverVersion)
	postHeaders := body.take(body.remaining())
	// Since MySQL 5.6 and MariaDB 5.3 the event ends in an algorithm byte and a
	// checksum of its own, whatever the algorithm.
	if len(postHeaders) < 1+checksumLength {
		return Format{}, fmt.Errorf("format description of %s: %w", format.ServerVersion, errTruncated)
	}
	switch algorithm := postHeaders[len(postHeaders)-1-checksumLength]; algorithm {
	case 0:
	case 1:
		format.Checksum = true
	default:
		return Format{}, fmt.Errorf("checksum algorithm %d is unknown", algorithm)
	}
	if index := int(TableMapEvent) - 1; index < len(postHeaders) && postHeaders[index] == 6 {
		format.tableIDLength = 4
	}
	return format, nil
}

// ParseRotate decodes a rotate event: the file that follows, and where in it.
func ParseRotate(event Event) (file string, position uint64, err error) {
	body := buffer{data: event.Body}
	position = body.littleEndian(8)
	file = body.text(body.remaining())
	if body.err == nil && file == "" {
		body.fail(fmt.Errorf("file name %w", errTruncated))
	}
	if body.err != nil {
		return "", 0, fmt.Errorf("rotate event: %w", body.err)
	}
	return file, position, nil
}

// withoutChecksum returns the body of an artificial rotate event. It comes before the
// format description that would tell whether it has a checksum, so that is told from
// the bytes themselves.
func withoutChecksum(packet []byte) []byte {
	end := len(packet) - checksumLength
	if end >= HeaderLength && crc32.ChecksumIEEE(packet[:end]) == binary.LittleEndian.Uint32(packet[end:]) {
		return packet[HeaderLength:end]
	}
	return packet[HeaderLength:]
}

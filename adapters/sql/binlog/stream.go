package binlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	vitess "github.com/dolthub/vitess/go/mysql"
)

// firstPosition is where the first event of every log file stands, behind the magic
// number.
const firstPosition = 4

// StreamConfig says which log to follow, and as whom.
type StreamConfig struct {
	Connection vitess.ConnParams
	// ServerID that this connection has as a replica. Two replicas with the same one
	// throw each other out.
	ServerID uint32
	// UUID of this connection as a replica (MySQL).
	UUID string
	// File to start with. Every file is read from its beginning, because a dump can't
	// begin inside an event and the command's position has only 32 bits.
	File string
	// Heartbeat is how soon the server tells where an idle log stands: it withholds
	// some events of its own, and their place in the log would stay unknown.
	Heartbeat time.Duration
	// Silence without any packet after which a connection is taken for dead.
	Silence time.Duration
}

// Stream is one connection that follows the log. It belongs to one goroutine.
type Stream struct {
	connection *vitess.Conn
	silence    time.Duration
	format     Format
	file       string
	// end of the last event, extended beyond 32 bits.
	end uint64
}

// LocatedEvent is an event and where it stands.
type LocatedEvent struct {
	Event
	// File that the event stands in.
	File string
	// Start and End of the event in the file. Both are zero for events that are not
	// in the file (see [Event.Artificial]).
	Start, End uint64
	// Format of the file.
	Format Format
}

// ServerError is an error that the server answered.
type ServerError struct {
	Number  int
	Message string
}

func (e *ServerError) Error() string { return fmt.Sprintf("error %d: %s", e.Number, e.Message) }

// OpenStream connects and asks for the log.
func OpenStream(ctx context.Context, config StreamConfig) (*Stream, error) {
	connection, err := vitess.Connect(ctx, &config.Connection)
	if err != nil {
		return nil, fmt.Errorf("connect for the log: %w", serverError(err))
	}
	stream := &Stream{connection: connection, silence: config.Silence}
	stop := context.AfterFunc(ctx, connection.Close)
	defer stop()
	if err := stream.request(config); err != nil {
		connection.Close()
		return nil, errors.Join(err, ctx.Err())
	}
	return stream, nil
}

func (s *Stream) request(config StreamConfig) error {
	// The server sends checksums only to those who say that they know them, and
	// MariaDB's events only to those who know GTIDs. Both servers read the variables
	// of their own name and ignore the others.
	period := config.Heartbeat.Nanoseconds()
	for _, statement := range []string{
		"SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum",
		"SET @mariadb_slave_capability = 4",
		fmt.Sprintf("SET @master_heartbeat_period = %d, @source_heartbeat_period = %d", period, period),
		fmt.Sprintf("SET @slave_uuid = '%s', @replica_uuid = '%s'", config.UUID, config.UUID),
	} {
		if _, err := s.connection.ExecuteFetch(statement, 0, false); err != nil {
			return fmt.Errorf("prepare the log connection: %w", serverError(err))
		}
	}
	if err := s.connection.WriteComBinlogDump(config.ServerID, config.File, firstPosition, 0); err != nil {
		return fmt.Errorf("ask for the log: %w", serverError(err))
	}
	return nil
}

// Close ends the connection. It may be called from any goroutine and interrupts Next.
func (s *Stream) Close() { s.connection.Close() }

// Next waits for the next event. The event's bytes stay valid. It fails with io.EOF
// where the server ended the stream, with a [ServerError] where it says why, and when
// nothing at all arrived for the time of silence.
func (s *Stream) Next(ctx context.Context) (LocatedEvent, error) {
	if s.silence > 0 {
		if err := s.connection.Conn.SetReadDeadline(time.Now().Add(s.silence)); err != nil {
			return LocatedEvent{}, fmt.Errorf("set the log connection's deadline: %w", err)
		}
	}
	packet, err := s.connection.ReadPacket(ctx)
	if err != nil {
		return LocatedEvent{}, fmt.Errorf("read the log: %w", err)
	}
	if len(packet) == 0 {
		return LocatedEvent{}, fmt.Errorf("read the log: empty packet")
	}
	switch packet[0] {
	case vitess.OKPacket:
		return s.locate(packet[1:])
	case vitess.EOFPacket:
		return LocatedEvent{}, fmt.Errorf("the server ended the log stream: %w", io.EOF)
	case vitess.ErrPacket:
		return LocatedEvent{}, fmt.Errorf("the server ended the log stream: %w", serverError(vitess.ParseErrorPacket(packet)))
	}
	return LocatedEvent{}, fmt.Errorf("read the log: packet of unknown kind 0x%02x", packet[0])
}

func (s *Stream) locate(packet []byte) (LocatedEvent, error) {
	event, err := ParseEvent(packet, s.format)
	if err != nil {
		return LocatedEvent{}, fmt.Errorf("log file %s behind %d: %w", s.file, s.end, err)
	}
	if err := s.follow(event); err != nil {
		return LocatedEvent{}, err
	}
	located := LocatedEvent{Event: event, File: s.file, Format: s.format}
	if event.Type == HeartbeatEvent {
		return s.heartbeat(located), nil
	}
	if event.Artificial() || event.EndPosition == 0 || event.Type == HeartbeatV2Event {
		return located, nil
	}
	s.end = extend(s.end, event.EndPosition)
	located.Start, located.End = s.end-uint64(event.Length), s.end
	return located, nil
}

// heartbeat locates a heartbeat: an empty event at the place that the server has read
// the log up to, named in its body.
func (s *Stream) heartbeat(event LocatedEvent) LocatedEvent {
	if string(event.Body) == s.file {
		s.end = extend(s.end, event.EndPosition)
		event.Start, event.End = s.end, s.end
	}
	return event
}

// follow keeps track of the file and its format. A rotate event at the start of a
// dump, or of the next file, is artificial and names the file that follows; the one
// that ends a file is real and is followed by an artificial one.
func (s *Stream) follow(event Event) error {
	switch event.Type {
	case RotateEvent:
		if !event.Artificial() {
			return nil
		}
		file, _, err := ParseRotate(event)
		if err != nil {
			return err
		}
		if file != s.file {
			s.file, s.end = file, 0
		}
	case FormatDescriptionEvent:
		format, err := ParseFormat(event)
		if err != nil {
			return fmt.Errorf("log file %s: %w", s.file, err)
		}
		s.format = format
	}
	return nil
}

// extend gives the full position whose lower 32 bits are low, and which is not
// before the last one: positions in events wrap around at 4 GiB.
func extend(last uint64, low uint32) uint64 {
	position := last&^uint64(1<<32-1) | uint64(low)
	if position < last {
		position += 1 << 32
	}
	return position
}

func serverError(err error) error {
	var sqlError *vitess.SQLError
	if errors.As(err, &sqlError) && sqlError.Num < vitess.CRUnknownError {
		return &ServerError{Number: sqlError.Num, Message: sqlError.Message}
	}
	return err
}

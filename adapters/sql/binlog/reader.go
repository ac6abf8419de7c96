package binlog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// reader reads one connection for a log.
type reader struct {
	log       *Log
	server    Server
	assembler *Assembler
	file      uint32
	tag       Tag
	end       uint64
}

// read hands out what the connection brings, until it ends.
func (r *reader) read(ctx context.Context, stream *Stream) error {
	for {
		event, err := stream.Next(ctx)
		if err != nil {
			return err
		}
		r.log.count(event.Event)
		// The format of a file comes without a position when a dump begins.
		if event.End == 0 && event.Type != FormatDescriptionEvent {
			continue
		}
		if err := r.take(ctx, event); err != nil {
			return fmt.Errorf("log file %s at %d: %w", event.File, event.Start, err)
		}
	}
}

func (r *reader) take(ctx context.Context, event LocatedEvent) error {
	if event.Type == FormatDescriptionEvent {
		if err := r.enter(event); err != nil {
			return err
		}
	}
	if event.End == 0 {
		return nil
	}
	r.end = event.End
	at := Place{Position{r.file, event.End}, r.tag}
	r.locate(event)
	// Groups before the start are put together too: a subscription may go on from
	// inside one, and what was prepared there may be committed later.
	group, err := r.assembler.Add(event)
	if err != nil {
		return err
	}
	r.deliver(ctx, group, at)
	return nil
}

// enter checks what a new file says about the subscriptions' positions.
func (r *reader) enter(event LocatedEvent) error {
	base, number, err := ParseFileName(event.File)
	if err != nil {
		return err
	}
	if number == r.file {
		return nil
	}
	previous, end := r.file, r.end
	r.file, r.end = number, 0
	r.tag = FileIdentity{Server: r.server.Identity, BaseName: base, Opened: event.Timestamp}.Tag()

	l := r.log
	l.mu.Lock()
	for s := range l.subscriptions {
		switch {
		case s.waiting:
		case s.next.File == number && s.tagged && s.next.Tag != r.tag:
			s.err = fmt.Errorf("log file %s is not the one that position %s was in: the log was reset, or the server replaced", event.File, s.next)
		case s.next.File == previous && previous != 0 && s.next.Offset > end:
			s.err = fmt.Errorf("log file number %d ends at %d, before position %s: the server lost the end of its log", previous, end, s.next)
		}
	}
	l.tags[number] = r.tag
	l.mu.Unlock()
	l.dropLost()
	return nil
}

// locate makes sure that the positions that subscriptions go on from are boundaries
// that the log really has.
func (r *reader) locate(event LocatedEvent) {
	l := r.log
	var located []*Subscription
	l.mu.Lock()
	for s := range l.subscriptions {
		if s.waiting || s.located || s.next.File != r.file || s.next.Offset > event.End {
			continue
		}
		s.located = true
		located = append(located, s)
		inRows := isRows(event.Type) && s.next.Offset > event.Start
		if s.next.Offset != event.Start && s.next.Offset != event.End && s.next.Offset > firstPosition && !inRows {
			s.err = fmt.Errorf("position %s is inside an event: the log is another one", s.next)
		}
		s.next.Tag, s.tagged = r.tag, true
	}
	l.mu.Unlock()
	for _, s := range located {
		if s.err == nil {
			s.Handler.Progress(s.next)
		}
	}
	if len(located) > 0 {
		l.dropLost()
	}
}

// deliver hands a group to those whom it concerns, and tells the others how far the
// log has been read. Positions inside a group are no progress.
func (r *reader) deliver(ctx context.Context, group *Group, at Place) {
	idle := r.assembler.Idle()
	r.log.each(func(s *Subscription) {
		if r.log.waits(s) || s.next.Compare(at.Position) >= 0 || s.err != nil {
			return
		}
		if group != nil && group.concerns(s.Table) {
			s.Handler.Group(ctx, group, at)
		}
		if idle {
			s.Handler.Progress(at)
		}
	})
	r.log.advance(at, group != nil, idle)
}

func (g *Group) concerns(table TableName) bool {
	for _, rows := range g.Rows {
		if rows.Name() == table {
			return true
		}
	}
	for _, cut := range g.Cuts {
		if cut.Affects(table) {
			return true
		}
	}
	return false
}

func (l *Log) waits(s *Subscription) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.waiting
}

func (l *Log) advance(at Place, group, idle bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.settled = at, idle
	if group {
		l.metrics.Groups++
	}
	if !idle {
		return
	}
	for s := range l.subscriptions {
		if !s.waiting && s.next.Compare(at.Position) < 0 {
			s.next, s.tagged = at, true
		}
	}
}

func (l *Log) count(event Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.metrics.Events++
	l.metrics.Bytes += uint64(event.Length)
	if event.Timestamp != 0 {
		l.metrics.LastEvent = time.Unix(int64(event.Timestamp), 0)
	}
}

// errorFatalReadingLog is ER_MASTER_FATAL_ERROR_READING_BINLOG.
const errorFatalReadingLog = 1236

// lostLog returns why a connection's failure means that the log no longer has the
// position asked for, or nil where connecting again may help. The server has one
// error number for everything, and tells the reason in words only.
func lostLog(err error) error {
	var server *ServerError
	if !errors.As(err, &server) || server.Number != errorFatalReadingLog {
		return nil
	}
	message := strings.ToLower(server.Message)
	for _, words := range []string{"could not find first log", "purged", "could not open log", "impossible position"} {
		if strings.Contains(message, words) {
			return fmt.Errorf("the server no longer has the log file: %w", err)
		}
	}
	return nil
}

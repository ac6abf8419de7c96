package binlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// LogConfig of a [Log].
type LogConfig struct {
	// Server is asked at every connection, because another one may answer now.
	Server func(ctx context.Context) (Server, error)
	// Head returns where the server's log ends.
	Head func(ctx context.Context, server Server) (Position, error)
	// Stream returns how to connect. ServerID, UUID, File, Heartbeat and Silence are
	// filled in by the log.
	Stream func(ctx context.Context) (StreamConfig, error)
	// TakenServerIDs returns the replication server ids that others use.
	TakenServerIDs func(ctx context.Context, server Server) (map[uint32]bool, error)
	// ServerIDs bounds the replication server ids to choose from, both included.
	ServerIDs [2]uint32
	// UUID of this process as a replica (MySQL).
	UUID string
	// Heartbeat and Silence of the connection, see [StreamConfig].
	Heartbeat, Silence time.Duration
	// GroupLimit bounds the bytes of rows held for one transaction.
	GroupLimit int
	// RetryMin and RetryMax bound the backoff between connections.
	RetryMin, RetryMax time.Duration
	Logger             *slog.Logger
}

// Handler receives what a subscription is about. Its methods are called from the
// log's goroutine, in the log's order; one that blocks holds up every subscription.
type Handler interface {
	// Connected says that the log is being read from a server. An error says that
	// this server's log must not be followed for the handler's table.
	Connected(ctx context.Context, server Server) error
	// Group delivers a group that has rows of the table or cuts its history. Nothing
	// but the rows of the table is of interest in it.
	Group(ctx context.Context, group *Group, at Place)
	// Progress says that everything up to a place has been delivered. The first call
	// confirms the place that delivery starts at, and tells its tag.
	Progress(at Place)
	// Unwell says that the log cannot be read at the moment.
	Unwell(err error)
	// Lost says that the log no longer has what follows the handler's position. It is
	// the last call.
	Lost(err error)
}

// Place is a position and the tag of its file.
type Place struct {
	Position
	Tag Tag
}

// Subscription is what one handler wants.
type Subscription struct {
	Table         TableName
	Transactional bool
	Handler       Handler

	// next is where delivery goes on; what ends at or before it was delivered. Its tag
	// is checked where tagged is true.
	next   Place
	tagged bool
	// waiting is true until a connection begins that reaches back to next: the present
	// one has read past it, and must not serve what comes later.
	waiting bool
	// located is true once the connection has shown that next is a place in the log.
	located bool
	err     error
}

// Log follows one server's log, on one connection, for all who subscribe. It is
// connected while there are subscriptions. It is safe for concurrent use.
type Log struct {
	config LogConfig

	mu            sync.Mutex
	subscriptions map[*Subscription]struct{}
	// at is how far the present connection has read, settled whether no group is open
	// there.
	at      Place
	settled bool
	tags    map[uint32]Tag
	metrics Metrics
	// running is closed when the goroutine has ended; nil while there is none.
	running chan struct{}
	stop    context.CancelFunc
	// reconnect ends the present connection.
	reconnect context.CancelCauseFunc
}

// Metrics count what a log has done since the process started.
type Metrics struct {
	// Bytes and Events received, Groups that were handed out.
	Bytes, Events, Groups uint64
	// Connections made, the first included.
	Connections uint64
	// At is where the reading stands.
	At Position
	// LastEvent is the time in the last event.
	LastEvent time.Time
}

// errReconnect ends a connection that has read past what a new subscription needs.
var errReconnect = errors.New("the log is read again from an earlier position")

// NewLog returns a log that nobody follows yet.
func NewLog(config LogConfig) *Log {
	return &Log{config: config, subscriptions: map[*Subscription]struct{}{}, tags: map[uint32]Tag{}}
}

// Metrics returns the counters.
func (l *Log) Metrics() Metrics {
	l.mu.Lock()
	defer l.mu.Unlock()
	metrics := l.metrics
	metrics.At = l.at.Position
	return metrics
}

// Follows implements [Followed].
func (l *Log) Follows(table TableName) (wanted, transactional bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.subscriptions {
		if s.Table == table {
			return true, s.Transactional
		}
	}
	return false, false
}

// Tag returns the tag of a file that has been read.
func (l *Log) Tag(file uint32) (Tag, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	tag, seen := l.tags[file]
	return tag, seen
}

// Followed reports whether the log is being read.
func (l *Log) Followed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at.File != 0 && l.running != nil
}

// Subscribe starts delivery with the first group that ends behind from. Where from
// carries a tag (tagged), the log's file must have it. The returned function ends
// delivery; one call of the handler that is under way may end later.
func (l *Log) Subscribe(s Subscription, from Place, tagged bool) (cancel func()) {
	s.next, s.tagged = from, tagged
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subscriptions[&s] = struct{}{}
	switch {
	case l.running == nil:
		ctx, stop := context.WithCancel(context.Background())
		l.stop, l.running = stop, make(chan struct{})
		go l.run(ctx, l.running)
	case l.settled && from.Position == l.at.Position && (!tagged || from.Tag == l.at.Tag):
		s.located = true
		s.next, s.tagged = l.at, true
		s.Handler.Progress(l.at)
	case from.Compare(l.at.Position) < 0:
		s.waiting = true
		if l.reconnect != nil {
			l.reconnect(errReconnect)
		}
	}
	return func() { l.unsubscribe(&s) }
}

func (l *Log) unsubscribe(s *Subscription) {
	l.mu.Lock()
	delete(l.subscriptions, s)
	var ended chan struct{}
	if len(l.subscriptions) == 0 && l.running != nil {
		l.stop()
		ended, l.running = l.running, nil
	}
	l.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// run connects again and again until ctx ends.
func (l *Log) run(ctx context.Context, ended chan struct{}) {
	defer close(ended)
	delay := l.config.RetryMin
	for {
		began := time.Now()
		connection, cancel := context.WithCancelCause(ctx)
		l.mu.Lock()
		l.reconnect = cancel
		l.mu.Unlock()
		err := l.follow(connection)
		cause := context.Cause(connection)
		cancel(nil)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(cause, errReconnect) {
			continue
		}
		l.disconnected(err)
		if time.Since(began) > l.config.RetryMax {
			delay = l.config.RetryMin
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay/2 + rand.N(delay)):
		}
		delay = min(2*delay, l.config.RetryMax)
	}
}

func (l *Log) disconnected(err error) {
	lost := lostLog(err)
	l.mu.Lock()
	l.at, l.settled = Place{}, false
	for s := range l.subscriptions {
		if lost != nil {
			s.err = lost
		}
	}
	l.mu.Unlock()
	l.each(func(s *Subscription) { s.Handler.Unwell(err) })
	l.dropLost()
}

// each calls f for every subscription, without the lock.
func (l *Log) each(f func(*Subscription)) {
	l.mu.Lock()
	subscriptions := make([]*Subscription, 0, len(l.subscriptions))
	for s := range l.subscriptions {
		subscriptions = append(subscriptions, s)
	}
	l.mu.Unlock()
	for _, s := range subscriptions {
		f(s)
	}
}

// dropLost ends the subscriptions whose position is not in the log any more.
func (l *Log) dropLost() {
	l.each(func(s *Subscription) {
		if s.err == nil {
			return
		}
		l.mu.Lock()
		delete(l.subscriptions, s)
		l.mu.Unlock()
		s.Handler.Lost(s.err)
	})
}

// follow makes one connection and reads it until something is wrong.
func (l *Log) follow(ctx context.Context) error {
	server, err := l.config.Server(ctx)
	if err != nil {
		return err
	}
	l.each(func(s *Subscription) { s.err = s.Handler.Connected(ctx, server) })
	l.dropLost()
	head, err := l.config.Head(ctx, server)
	if err != nil {
		return fmt.Errorf("ask for the head of the log: %w", err)
	}
	from, ok := l.prepare(head)
	l.dropLost()
	if !ok {
		return errors.New("nobody follows the log")
	}
	stream, err := l.connect(ctx, server, from)
	if err != nil {
		return err
	}
	defer stream.Close()
	release := context.AfterFunc(ctx, stream.Close)
	defer release()
	reader := reader{log: l, server: server, assembler: NewAssembler(l, l.config.GroupLimit)}
	return reader.read(ctx, stream)
}

// prepare returns the lowest position that a subscription needs, and refuses those
// that the server's log doesn't reach.
func (l *Log) prepare(head Position) (Position, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var earliest Position
	for s := range l.subscriptions {
		s.located, s.waiting = false, false
		if s.next.Compare(head) > 0 {
			s.err = fmt.Errorf("position %s is beyond the end of the log, %s: the log was reset, or the server replaced or restored", s.next, head)
			continue
		}
		if earliest.File == 0 || s.next.Compare(earliest) < 0 {
			earliest = s.next.Position
		}
	}
	l.at = Place{Position: earliest}
	l.settled = false
	return earliest, earliest.File != 0
}

func (l *Log) connect(ctx context.Context, server Server, from Position) (*Stream, error) {
	config, err := l.config.Stream(ctx)
	if err != nil {
		return nil, err
	}
	taken, err := l.config.TakenServerIDs(ctx, server)
	if err != nil {
		return nil, fmt.Errorf("list the replicas, to choose a replication server id: %w", err)
	}
	if config.ServerID, err = chooseServerID(l.config.ServerIDs, taken); err != nil {
		return nil, err
	}
	config.UUID, config.File = l.config.UUID, FileName(server.BaseName, from.File)
	config.Heartbeat, config.Silence = l.config.Heartbeat, l.config.Silence
	stream, err := OpenStream(ctx, config)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.metrics.Connections++
	return stream, nil
}

// chooseServerID draws an id that no replica has: two replicas with one id throw
// each other out, and the other one may be in production. Each connection draws
// again, so an id that turned out to be taken is not used twice.
func chooseServerID(bounds [2]uint32, taken map[uint32]bool) (uint32, error) {
	for range 1000 {
		id := bounds[0] + uint32(rand.Uint64N(uint64(bounds[1]-bounds[0])+1))
		if id != 0 && !taken[id] {
			return id, nil
		}
	}
	return 0, fmt.Errorf("no free replication server id was found between %d and %d", bounds[0], bounds[1])
}

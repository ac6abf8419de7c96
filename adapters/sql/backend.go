package sql

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/poll"
)

// Backend is one server and schema. It is safe for concurrent use.
type Backend struct {
	config Config
	epoch  poll.Epoch
	log    *serverLog

	mu          sync.Mutex
	connections *connections
	closed      bool
	// server is what the last new connection said about the server.
	server server
}

// server is what a connection learns about the server when it is made.
type server struct {
	version  string
	location *time.Location
	// packet is the largest value that the server accepts, in bytes.
	packet int64
}

// Open returns a backend. It never connects: a backend that cannot be reached shows
// in what its resources answer. It fails where the configuration is wrong.
func Open(config Config) (*Backend, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	epoch, err := poll.NewEpoch()
	if err != nil {
		return nil, err
	}
	b := &Backend{config: config, epoch: epoch}
	b.log = newServerLog(b)
	return b, nil
}

// Resource returns the adapter of a table or view, which is also an
// [adapters.Writer], [adapters.KeyHead] and [adapters.RevisionChecker]. It fails where
// the configuration is wrong in itself; how it fits the database is found out, and
// reported, when the adapter is used.
func (b *Backend) Resource(config ResourceConfig) (adapters.Adapter, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("backend %s: %w", b.config.Name, err)
	}
	return newResource(b, config), nil
}

// Close closes the connections. Whoever uses a resource of the backend must have
// ended before.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.log.close()
	if b.connections != nil {
		b.discard(b.connections)
		b.connections = nil
	}
	return nil
}

// current returns the pools, making them if there are none.
func (b *Backend) current() (*connections, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, adapters.Errorf(adapters.Unavailable, "backend %s is closed", b.config.Name)
	}
	if b.connections == nil {
		b.connections = newConnections(b)
	}
	return b.connections, nil
}

// replace makes sure that pools whose DSN is no longer the present one are not used again.
func (b *Backend) replace(old *connections) {
	b.mu.Lock()
	isCurrent := b.connections == old
	if isCurrent {
		b.connections = nil
	}
	b.mu.Unlock()
	if !isCurrent {
		return
	}
	b.discard(old)
}

func (b *Backend) learned(s server) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.server = s
}

// packet is the largest value that the server accepts, in bytes.
func (b *Backend) packet() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.server.packet
}

// location is the meaning of DATETIME, nil where it isn't known.
func (b *Backend) location() *time.Location {
	if b.config.TimeZone != "" {
		// Checked when the backend was opened.
		location, _ := loadZone(b.config.TimeZone)
		return location
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.server.location
}

func (b *Backend) serverIsMariaDB() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Contains(b.server.version, "MariaDB")
}

// discard ends pools. Idle connections that the server has ended before say so, which
// changes nothing.
func (b *Backend) discard(c *connections) {
	if err := c.close(); err != nil {
		b.config.Logger.Debug("closing connections", "error", err)
	}
}

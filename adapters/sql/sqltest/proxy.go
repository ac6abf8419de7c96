package sqltest

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy is a TCP proxy that can treat connections badly. Its
// methods are safe for concurrent use.
type Proxy struct {
	target   string
	listener net.Listener
	workers  sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	connections map[net.Conn]struct{}
	refusing    bool
	// flowing is closed while bytes may pass.
	flowing chan struct{}
	// allowance is how many bytes may still come from the server before the connection
	// that brings more is cut; negative is no limit.
	allowance int64
}

// Proxy starts a proxy in front of the server. It ends with the test.
func (s *Server) Proxy(tb testing.TB) *Proxy {
	tb.Helper()
	return NewProxy(tb, s.Address())
}

// NewProxy starts a proxy in front of any TCP server. It ends with the test.
func NewProxy(tb testing.TB, target string) *Proxy {
	tb.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("starting a proxy: %v", err)
	}
	proxy := &Proxy{
		target: target, listener: listener, connections: map[net.Conn]struct{}{},
		flowing: closedChannel(), allowance: -1,
	}
	proxy.workers.Go(proxy.serve)
	tb.Cleanup(proxy.close)
	return proxy
}

// Address returns the host and port of the proxy.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// DSN returns the data source name of a user who may do everything, through the proxy.
func (p *Proxy) DSN(database string) string { return dataSourceName(p.Address(), database) }

// Cut ends every connection now. New ones are possible.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut()
}

// CutAfter lets the server send this many more bytes, over all connections, and ends
// the one that brings more in the middle of whatever it was bringing. It happens once.
func (p *Proxy) CutAfter(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowance = bytes
}

// Refuse ends every connection, and each new one at once, until Accept.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = true
	p.cut()
}

// Accept ends Refuse.
func (p *Proxy) Accept() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = false
}

// Stall keeps connections open, and accepts new ones, but lets no byte pass until Flow.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flowing:
		p.flowing = make(chan struct{})
	default:
	}
}

// Flow ends Stall. The bytes held back pass.
func (p *Proxy) Flow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flow()
}

// Connections returns how many connections are open.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.connections) / 2
}

func (p *Proxy) flow() {
	select {
	case <-p.flowing:
	default:
		close(p.flowing)
	}
}

func (p *Proxy) cut() {
	for connection := range p.connections {
		connection.Close() // the copying goroutines notice
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.listener.Close()
	p.cut()
	p.flow()
	p.mu.Unlock()
	p.workers.Wait()
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.workers.Go(func() { p.connect(client) })
	}
}

func (p *Proxy) connect(client net.Conn) {
	defer client.Close()
	server, err := net.DialTimeout("tcp4", p.target, 10*time.Second)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(client, server) {
		return
	}
	defer p.forget(client, server)
	var directions sync.WaitGroup
	directions.Go(func() { p.copy(server, client, false) })
	directions.Go(func() { p.copy(client, server, true) })
	directions.Wait()
}

func (p *Proxy) add(connections ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusing || p.closed {
		return false
	}
	for _, connection := range connections {
		p.connections[connection] = struct{}{}
	}
	return true
}

func (p *Proxy) forget(connections ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, connection := range connections {
		delete(p.connections, connection)
	}
}

// copy passes bytes on until either side ends, then ends both.
func (p *Proxy) copy(to, from net.Conn, fromServer bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 16<<10)
	for {
		read, err := from.Read(buffer)
		<-p.passable()
		passing := read
		if fromServer {
			passing = p.allow(read)
		}
		if _, writeErr := to.Write(buffer[:passing]); writeErr != nil || passing < read {
			return
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) passable() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flowing
}

// allow returns how many of these bytes may pass; fewer than all is the cut.
func (p *Proxy) allow(bytes int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.allowance < 0 {
		return bytes
	}
	if int64(bytes) <= p.allowance {
		p.allowance -= int64(bytes)
		return bytes
	}
	passing := int(p.allowance)
	p.allowance = -1
	return passing
}

func closedChannel() chan struct{} {
	channel := make(chan struct{})
	close(channel)
	return channel
}

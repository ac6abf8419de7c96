package sqltest

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// shared is the server that all tests of a process use which break nothing.
var shared struct {
	sync.Mutex
	// managed is set by Main: without it nobody would remove the server.
	managed bool
	server  *Server
}

// Shared returns a server for tests that leave it as it was: they create a [Database]
// of their own and neither stop the server nor change its settings. It has row-based
// binary logging on.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if !shared.managed {
		tb.Fatal("sqltest.Shared needs func TestMain(m *testing.M) { sqltest.Main(m) } in the package")
	}
	if shared.server != nil {
		return shared.server
	}
	server, err := start([]Option{Arguments(LogArguments...)})
	if err != nil {
		tb.Fatalf("starting MariaDB: %v", err)
	}
	shared.server = server
	return server
}

// LogArguments turn on a complete binary log.
var LogArguments = []string{
	"--server-id=1", "--log-bin=log", "--binlog-format=ROW", "--binlog-row-image=FULL", "--binlog-row-metadata=FULL",
}

// Main runs a package's tests, removes the shared server, checks that no goroutine is
// left, and exits.
func Main(m *testing.M) {
	shared.managed = true
	code := m.Run()
	if err := removeShared(); err != nil {
		fmt.Fprintf(os.Stderr, "removing the shared MariaDB: %v\n", err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintf(os.Stderr, "goroutines are left: %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}

func removeShared() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return nil
	}
	return shared.server.remove()
}

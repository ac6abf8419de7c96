package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// startTimeout bounds one start, recovery after a kill included.
const startTimeout = 2 * time.Minute

// Server is a MariaDB server of a test's own. Its methods fail the test they are
// given, and must be called from its goroutine.
type Server struct {
	installation installation
	directory    string
	arguments    []string
	port         int
	process      *process
	// admin is root through the socket, so that CutConnections spares it.
	admin *sql.DB
}

// Option changes how a server starts.
type Option func(*Server)

// Arguments adds command line arguments, such as --log-bin.
func Arguments(arguments ...string) Option {
	return func(s *Server) { s.arguments = append(s.arguments, arguments...) }
}

// Start starts a server that ends with the test. It fails the test where MariaDB is
// not installed.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	server, err := start(options)
	if err != nil {
		tb.Fatalf("starting MariaDB: %v", err)
	}
	tb.Cleanup(func() {
		if err := server.remove(); err != nil {
			tb.Errorf("removing MariaDB: %v", err)
		}
	})
	return server
}

func start(options []Option) (*Server, error) {
	found, err := installed()
	if err != nil {
		return nil, err
	}
	// Not the test's own directory: a socket's path must be short.
	directory, err := os.MkdirTemp("", "mariadb-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	server := &Server{installation: found, directory: directory}
	for _, option := range options {
		option(server)
	}
	if err := server.initialise(); err != nil {
		return nil, errors.Join(err, server.remove())
	}
	return server, nil
}

func (s *Server) initialise() error {
	if err := os.CopyFS(s.dataDirectory(), os.DirFS(s.installation.template)); err != nil {
		return fmt.Errorf("copying the template: %w", err)
	}
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr, config.MultiStatements = "root", "unix", s.socket(), true
	config.Logger = &mysql.NopLogger{} // lost connections are what tests are about
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return fmt.Errorf("preparing the administrator's connection: %w", err)
	}
	s.admin = sql.OpenDB(connector)
	s.admin.SetMaxIdleConns(0) // nothing of the harness is left behind in a test that checks for leaks
	if s.port, err = freePort(); err != nil {
		return err
	}
	return s.launch()
}

// freePort picks a port below the range that the kernel gives to outgoing
// connections, so that it is still free when a killed server comes back.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		var listener net.Listener
		listener, err = net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("finding a free port: %w", err)
}

func (s *Server) dataDirectory() string { return filepath.Join(s.directory, "data") }
func (s *Server) socket() string        { return filepath.Join(s.directory, "socket") }
func (s *Server) logFile() string       { return filepath.Join(s.directory, "log") }

// launch starts the process and waits until it answers.
func (s *Server) launch() error {
	arguments := append([]string{
		"--no-defaults",
		"--datadir=" + s.dataDirectory(),
		"--socket=" + s.socket(),
		// A server that starts deletes the temporary tables that it finds in tmpdir,
		// those of other servers among them.
		"--tmpdir=" + s.directory,
		"--pid-file=" + filepath.Join(s.directory, "pid"),
		"--bind-address=127.0.0.1",
		"--port=" + strconv.Itoa(s.port),
		"--skip-name-resolve",
		"--innodb-buffer-pool-size=64M",
		"--character-set-server=utf8mb4",
	}, installOptions...)
	arguments = append(arguments, userOptions()...)
	process, err := launch(s.installation.daemon, append(arguments, s.arguments...), s.logFile())
	if err != nil {
		return err
	}
	s.process = process
	if err := s.awaitReady(); err != nil {
		return errors.Join(err, process.kill())
	}
	return nil
}

func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := s.admin.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.process.exited:
			return fmt.Errorf("the server ended (%v); its log ends with:\n%s", s.process.err, s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("the server did not answer in %s: %w; its log ends with:\n%s", startTimeout, err, s.logTail())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Server) logTail() []byte {
	content, err := os.ReadFile(s.logFile())
	if err != nil {
		return []byte(err.Error())
	}
	return content[max(0, len(content)-4000):]
}

// remove ends the server and everything it leaves on disk.
func (s *Server) remove() error {
	var errs []error
	if s.admin != nil {
		errs = append(errs, s.admin.Close())
	}
	if s.process != nil {
		errs = append(errs, s.process.kill())
	}
	return errors.Join(append(errs, os.RemoveAll(s.directory))...)
}

// Address returns the host and port that the server listens on, the same after a restart.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// DSN returns the data source name of a user who may do everything, over TCP.
// Database may be empty.
func (s *Server) DSN(database string) string { return dataSourceName(s.Address(), database) }

func dataSourceName(address, database string) string {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.Net, config.Addr, config.DBName = userName, userPassword, "tcp", address, database
	return config.FormatDSN()
}

// Exec executes statements, separated by semicolons, as root.
func (s *Server) Exec(tb testing.TB, statements string, arguments ...any) {
	tb.Helper()
	if _, err := s.admin.ExecContext(context.Background(), statements, arguments...); err != nil {
		tb.Fatalf("executing %q: %v", statements, err)
	}
}

// Pause stops the process without ending it: connections stay open and nothing answers.
func (s *Server) Pause(tb testing.TB) {
	tb.Helper()
	s.signal(tb, syscall.SIGSTOP)
	for {
		done, err := stopped(s.process.command.Process.Pid)
		if err != nil {
			tb.Fatalf("pausing MariaDB: %v", err)
		}
		if done {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Resume ends Pause.
func (s *Server) Resume(tb testing.TB) { s.signal(tb, syscall.SIGCONT) }

func (s *Server) signal(tb testing.TB, signal syscall.Signal) {
	tb.Helper()
	if err := s.process.signal(signal); err != nil {
		tb.Fatal(err)
	}
}

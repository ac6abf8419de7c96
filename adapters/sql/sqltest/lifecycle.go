package sqltest

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// stopTimeout bounds an orderly shutdown.
const stopTimeout = time.Minute

// Kill ends the server with SIGKILL, as a crash would.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	if err := s.process.kill(); err != nil {
		tb.Fatalf("killing MariaDB: %v", err)
	}
}

// Stop shuts the server down in order.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	for _, signal := range []syscall.Signal{syscall.SIGCONT, syscall.SIGTERM} {
		s.signal(tb, signal)
	}
	select {
	case <-s.process.exited:
	case <-time.After(stopTimeout):
		tb.Fatalf("MariaDB did not stop in %s; its log ends with:\n%s", stopTimeout, s.logTail())
	}
}

// Restart starts the server again after Kill or Stop, and stops it before that where
// it still runs. Address and data are the same as before. Arguments given here are
// added for good.
func (s *Server) Restart(tb testing.TB, arguments ...string) {
	tb.Helper()
	if s.process.running() {
		s.Stop(tb)
	}
	s.arguments = append(s.arguments, arguments...)
	if err := s.launch(); err != nil {
		tb.Fatalf("restarting MariaDB: %v", err)
	}
}

// errNoSuchThread is the server's answer to killing a connection that has just gone.
const errNoSuchThread = 1094

// CutConnections ends every connection that is not the harness's own, replication
// clients included.
func (s *Server) CutConnections(tb testing.TB) {
	tb.Helper()
	if err := s.cutConnections(context.Background()); err != nil {
		tb.Fatalf("cutting the connections: %v", err)
	}
}

func (s *Server) cutConnections(ctx context.Context) error {
	rows, err := s.admin.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE user NOT IN ('root', 'system user', 'event_scheduler')")
	if err != nil {
		return fmt.Errorf("listing connections: %w", err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return fmt.Errorf("listing connections: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("listing connections: %w", err)
	}
	for _, id := range ids {
		_, err := s.admin.ExecContext(ctx, fmt.Sprintf("KILL CONNECTION %d", id))
		var refused *mysql.MySQLError
		if errors.As(err, &refused) && refused.Number == errNoSuchThread {
			continue
		}
		if err != nil {
			return fmt.Errorf("killing connection %d: %w", id, err)
		}
	}
	return nil
}

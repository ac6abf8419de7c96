package sqltest

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

func TestMain(m *testing.M) { Main(m) }

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	handle, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { handle.Close() })
	return handle
}

// within runs a statement that must end in time, one way or the other.
func within(t *testing.T, handle *sql.DB, limit time.Duration, statement string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	_, err := handle.ExecContext(ctx, statement)
	return err
}

func TestKilledServerKeepsWhatIsCommitted(t *testing.T) {
	server := Start(t)
	database := server.Database(t)
	database.Exec(t, "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)")
	address := server.Address()
	server.Kill(t)
	handle := open(t, database.DSN())
	if err := within(t, handle, 10*time.Second, "SELECT 1"); err == nil {
		t.Fatal("a killed server answers")
	}
	server.Restart(t)
	if server.Address() != address {
		t.Errorf("the address changed from %s to %s", address, server.Address())
	}
	if got := database.Query(t, "SELECT id, NULL FROM t ORDER BY id"); !slices.Equal(got, []string{"1\tNULL", "2\tNULL"}) {
		t.Errorf("after the restart the table has %q", got)
	}
	server.Stop(t)
	server.Restart(t, "--read-only=1")
	if got := database.Query(t, "SELECT @@read_only"); !slices.Equal(got, []string{"1"}) {
		t.Errorf("read_only is %q after a restart with --read-only", got)
	}
}

func TestPausedServerAnswersLater(t *testing.T) {
	server := Start(t)
	handle := open(t, server.DSN(""))
	if err := within(t, handle, 10*time.Second, "DO 1"); err != nil {
		t.Fatal(err)
	}
	server.Pause(t)
	if err := within(t, handle, 100*time.Millisecond, "DO 1"); err == nil {
		t.Error("a paused server answers")
	}
	server.Resume(t)
	if err := within(t, handle, 10*time.Second, "DO 1"); err != nil {
		t.Errorf("after Resume: %v", err)
	}
}

func TestSharedServerHasACompleteLog(t *testing.T) {
	database := Shared(t).Database(t)
	got := database.Query(t, "SELECT @@log_bin, @@binlog_format, @@binlog_row_image, @@binlog_row_metadata")
	if !slices.Equal(got, []string{"1\tROW\tFULL\tFULL"}) {
		t.Errorf("the log's settings are %q", got)
	}
}

func TestCutConnections(t *testing.T) {
	server := Start(t)
	connection, err := open(t, server.DSN("")).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	server.CutConnections(t)
	if err := connection.PingContext(t.Context()); err == nil {
		t.Error("the connection is still there")
	}
	server.Exec(t, "DO 1")
}

func TestProxy(t *testing.T) {
	proxy := Shared(t).Proxy(t)
	handle := open(t, proxy.DSN(""))
	works := func() error { return within(t, handle, 10*time.Second, "DO 1") }
	if err := works(); err != nil {
		t.Fatal(err)
	}
	if open := proxy.Connections(); open != 1 {
		t.Errorf("%d connections are open, want 1", open)
	}

	proxy.Stall()
	if err := within(t, handle, 100*time.Millisecond, "DO 1"); err == nil {
		t.Error("a stalled proxy passes bytes")
	}
	proxy.Flow()
	if err := works(); err != nil {
		t.Errorf("after Flow: %v", err)
	}

	proxy.Refuse()
	if err := works(); err == nil {
		t.Error("a refusing proxy connects")
	}
	proxy.Accept()
	if err := works(); err != nil {
		t.Errorf("after Accept: %v", err)
	}

	proxy.CutAfter(1000)
	var text string
	err := handle.QueryRowContext(t.Context(), "SELECT REPEAT('x', 100000)").Scan(&text)
	if err == nil {
		t.Errorf("a cut connection delivered %d bytes", len(text))
	}
	if err := works(); err != nil {
		t.Errorf("after the cut: %v", err)
	}
}

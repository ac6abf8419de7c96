package sql_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

func TestOpenRefusesWrongConfigurations(t *testing.T) {
	dsn := fixedDSN("user@tcp(127.0.0.1:1)/db")
	for title, test := range map[string]struct {
		config sql.Config
		words  []string
	}{
		"no name":         {sql.Config{DSN: dsn}, []string{"name"}},
		"no DSN":          {sql.Config{Name: "erp"}, []string{"DSN"}},
		"unknown mode":    {sql.Config{Name: "erp", DSN: dsn, Watch: "Log"}, []string{"erp", "Log", "Poll"}},
		"one connection":  {sql.Config{Name: "erp", DSN: dsn, MaxOpenConns: 1}, []string{"erp", "maxOpenConns", "2"}},
		"unknown zone":    {sql.Config{Name: "erp", DSN: dsn, TimeZone: "Mars/Olympus"}, []string{"erp", "timeZone", "Mars/Olympus"}},
		"zone with quote": {sql.Config{Name: "erp", DSN: dsn, TimeZone: "'; DROP TABLE x"}, []string{"timeZone"}},
	} {
		_, err := sql.Open(test.config)
		for _, word := range test.words {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v does not contain %q", title, err, word)
			}
		}
	}
	backend := openBackend(t, sql.Config{DSN: dsn})
	key := []sql.Column{{Column: "id"}}
	for title, config := range map[string]sql.ResourceConfig{
		"no table":   {Name: "r", Key: key},
		"no key":     {Name: "r", Table: "t"},
		"no column":  {Name: "r", Table: "t", Key: key, Fields: []sql.Column{{Field: adapters.Field{Name: "spec.x"}}}},
		"empty list": {Name: "r", Table: "t", Key: key, Where: map[string][]string{"x": nil}},
	} {
		if _, err := backend.Resource(config); err == nil || !strings.Contains(err.Error(), "erp") {
			t.Errorf("%s: %v", title, err)
		}
	}
}

// TestOpenNeverConnects opens a backend whose DSN must not be read.
func TestOpenNeverConnects(t *testing.T) {
	backend := openBackend(t, sql.Config{DSN: func() (string, error) {
		t.Error("the DSN was read")
		return "", nil
	}})
	resource := resourceOf(t, backend, customers())
	resource.Capabilities()
	resource.Schema()
}

// TestConnectionsAreBounded looks from outside how many connections there are.
func TestConnectionsAreBounded(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, legacySchema)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC", MaxOpenConns: 3})
	resource := resourceOf(t, backend, customers())
	ctx, cancel := context.WithCancel(t.Context())
	var users sync.WaitGroup
	var done atomic.Int64
	for i := range 12 {
		users.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				record, err := resource.Create(ctx, customer(fmt.Sprintf("c%d-%d", i, n)))
				if err == nil {
					_, err = resource.Get(ctx, record.Record.Key)
				}
				done.Add(1)
				if err != nil && ctx.Err() == nil && !adapters.Is(err, adapters.Overloaded) {
					t.Errorf("working: %v", err)
				}
			}
		})
	}
	most := 0
	for done.Load() < 300 {
		lines := database.Query(t, "SELECT COUNT(*) FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID()", database.Name)
		var count int
		if _, err := fmt.Sscan(lines[0], &count); err != nil {
			t.Fatal(err)
		}
		most = max(most, count)
	}
	cancel()
	users.Wait()
	if most > 3 || most == 0 {
		t.Errorf("%d connections were seen, want at most 3", most)
	}
}

// TestChangedDSN moves the backend to another database while it is used.
func TestChangedDSN(t *testing.T) {
	server := sqltest.Shared(t)
	first, second := server.Database(t), server.Database(t)
	first.Exec(t, legacySchema+"INSERT INTO CUST_MASTER (cust_no, cust_nm) VALUES ('c1', 'first')")
	second.Exec(t, legacySchema+"INSERT INTO CUST_MASTER (cust_no, cust_nm) VALUES ('c1', 'second')")
	var dsn atomic.Value
	dsn.Store(first.DSN())
	backend := openBackend(t, sql.Config{TimeZone: "UTC", PollInterval: 20 * time.Millisecond,
		DSN: func() (string, error) { return dsn.Load().(string), nil }})
	feed := follow(t, resourceOf(t, backend, customers()))
	shows := func(name_ string) func() bool {
		return func() bool {
			record, ok := feed.state[key("c1").ID()]
			return ok && record.Values[name].Text() == name_
		}
	}
	feed.until(t, "the first database", shows("first"))
	dsn.Store(second.DSN())
	server.CutConnections(t)
	feed.until(t, "the second database", shows("second"))
}

// TestLargeRows reads and writes rows of a megabyte, and refuses what the server's
// packets cannot hold.
func TestLargeRows(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, "CREATE TABLE large (id INT PRIMARY KEY, c LONGBLOB, d LONGTEXT) CHARACTER SET utf8mb4")
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN())})
	resource := resourceOf(t, backend, sql.ResourceConfig{Name: "large", Table: "large", Key: []sql.Column{{Column: "id"}},
		Fields: []sql.Column{{Field: adapters.Field{Name: "spec.c"}, Column: "c", Type: sql.TypeBytes}, {Column: "d"}}})
	record := adapters.Record{Key: key("1"), Values: []adapters.Value{
		adapters.Bytes(strings.Repeat("\x00\xff", 1<<20)), adapters.String(strings.Repeat("ü", 1<<19))}}
	stored := create(t, resource, record)
	if !stored.Equal(record) {
		t.Error("a row of three megabytes came back changed")
	}
	if records := readAll(t, resource); len(records) != 1 || !records[0].Equal(record) {
		t.Error("a row of three megabytes was read changed")
	}
	_, err := resource.Update(t.Context(), stored, with(stored, 0, adapters.Bytes(strings.Repeat("x", 20<<20))))
	expected{adapters.Invalid, "spec.c", adapters.TooLongValue, []string{"max_allowed_packet"}}.check(t, err)
}

// TestUncommittedIsNeverRead reads with a server whose default is READ UNCOMMITTED.
func TestUncommittedIsNeverRead(t *testing.T) {
	server := sqltest.Start(t, sqltest.Arguments("--transaction-isolation=READ-UNCOMMITTED"))
	database := server.Database(t)
	database.Exec(t, legacySchema)
	resource := resourceOf(t, openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC"}), customers())
	tx, err := database.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO CUST_MASTER (cust_no, cust_nm) VALUES ('c1', 'Acme')"); err != nil {
		t.Fatal(err)
	}
	if records := readAll(t, resource); len(records) != 0 {
		t.Errorf("read %v", records)
	}
}

// TestStatementLog writes to a server whose binary log holds statements.
func TestStatementLog(t *testing.T) {
	server := sqltest.Start(t, sqltest.Arguments("--log-bin=log", "--binlog-format=STATEMENT", "--server-id=1"))
	database := server.Database(t)
	database.Exec(t, legacySchema)
	resource := resourceOf(t, openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC"}), customers())
	stored := create(t, resource, customer("c1"))
	if _, err := resource.Update(t.Context(), stored, with(stored, name, adapters.String("Other"))); err != nil {
		t.Error(err)
	}
}

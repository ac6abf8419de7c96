package sql_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// sink notes what a feed says.
type sink struct {
	mu      sync.Mutex
	state   map[string]adapters.Record
	loaded  bool
	resets  int
	unwell  error
	changed chan struct{}
}

func newSink() *sink {
	return &sink{state: map[string]adapters.Record{}, changed: make(chan struct{}, 1)}
}

func (s *sink) note(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwell = nil
	do()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *sink) Reset(string) {
	s.note(func() { s.state, s.resets = map[string]adapters.Record{}, s.resets+1 })
}
func (s *sink) Load(records []adapters.VersionedRecord) {
	s.note(func() {
		for _, record := range records {
			s.state[record.Record.Key.ID()] = record.Record
		}
	})
}
func (s *sink) Loaded(adapters.State) { s.note(func() { s.loaded = true }) }
func (s *sink) Apply(changes []adapters.Change) {
	s.note(func() {
		for _, change := range changes {
			delete(s.state, change.Key.ID())
			if change.After != nil {
				s.state[change.Key.ID()] = *change.After
			}
		}
	})
}
func (s *sink) Progress(adapters.Revision) { s.note(func() {}) }
func (s *sink) Unwell(err error) {
	s.note(func() { s.unwell = err })
	s.mu.Lock()
	s.unwell = err
	s.mu.Unlock()
}

// follow lets a sink follow a resource until the test ends.
func follow(t *testing.T, resource adapters.Adapter) *sink {
	t.Helper()
	s := newSink()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- resource.Sync(ctx, 0, s) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Sync returned %v", err)
		}
	})
	return s
}

// until waits for a condition on what the feed said.
func (s *sink) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		reached, unwell := holds(), s.unwell
		s.mu.Unlock()
		if reached {
			return
		}
		select {
		case <-s.changed:
		case <-deadline.C:
			t.Fatalf("waited too long for %s; the feed's trouble is %v", what, unwell)
		}
	}
}

// untilUnwell waits for a report with these words.
func (s *sink) untilUnwell(t *testing.T, words ...string) {
	t.Helper()
	s.until(t, "Unwell with "+strings.Join(words, ", "), func() bool {
		if s.unwell == nil {
			return false
		}
		for _, word := range words {
			if !strings.Contains(s.unwell.Error(), word) {
				return false
			}
		}
		return true
	})
}

const secret = "s3cr/et@pass:word"

// TestConfigurationFaults breaks what an operator can break, looks at what is said
// about it, mends it, and waits for the feed to be well by itself.
func TestConfigurationFaults(t *testing.T) {
	server := sqltest.Shared(t)
	for title, test := range map[string]struct {
		breakIt, mendIt string
		dsn             func(good string) string
		words           []string
	}{
		"no DSN":           {dsn: func(string) string { return "" }, words: []string{"DSN", "erp"}},
		"no valid DSN":     {dsn: func(string) string { return "user:" + secret }, words: []string{"DSN is not valid", "erp"}},
		"wrong password":   {dsn: func(good string) string { return "nobody:" + secret + good[strings.LastIndex(good, "@"):] }, words: []string{"erp", "password", "DSN"}},
		"nobody listens":   {dsn: func(good string) string { return "user:" + secret + "@tcp(127.0.0.1:1)/test" }, words: []string{"erp", "cannot be reached"}},
		"missing database": {dsn: func(good string) string { return strings.Replace(good, "/test", "/missing", 1) }, words: []string{"erp", "database"}},
		"missing table":    {breakIt: "RENAME TABLE CUST_MASTER TO elsewhere", mendIt: "RENAME TABLE elsewhere TO CUST_MASTER", words: []string{"CUST_MASTER", "does not exist", "GRANT"}},
		"missing column": {breakIt: "ALTER TABLE CUST_MASTER CHANGE city town VARCHAR(20)", mendIt: "ALTER TABLE CUST_MASTER CHANGE town city VARCHAR(20)",
			words: []string{"CUST_MASTER", "column city", "does not exist"}},
		"unsupported type": {breakIt: "ALTER TABLE CUST_MASTER DROP COLUMN city, ADD COLUMN city POINT", mendIt: "ALTER TABLE CUST_MASTER DROP COLUMN city, ADD COLUMN city VARCHAR(20)",
			words: []string{"column city", "POINT"}},
		"impossible type": {breakIt: "ALTER TABLE CUST_MASTER DROP COLUMN since, ADD COLUMN since INT", mendIt: "ALTER TABLE CUST_MASTER DROP COLUMN since, ADD COLUMN since TIMESTAMP NULL",
			words: []string{"column since", "dateTime", "int"}},
		"no unique key": {breakIt: "DROP TABLE invoice; ALTER TABLE CUST_MASTER DROP PRIMARY KEY", mendIt: "ALTER TABLE CUST_MASTER ADD PRIMARY KEY (cust_no)",
			words: []string{"CUST_MASTER", "cust_no", "unique"}},
	} {
		t.Run(title, func(t *testing.T) {
			database := server.Database(t)
			database.Exec(t, legacySchema+"INSERT INTO CUST_MASTER (cust_no, cust_nm) VALUES ('c1', 'Acme')")
			if test.breakIt != "" {
				database.Exec(t, test.breakIt)
			}
			var dsn atomic.Value
			dsn.Store(database.DSN())
			if test.dsn != nil {
				dsn.Store(test.dsn(database.DSN()))
			}
			backend := openBackend(t, sql.Config{PollInterval: 20 * time.Millisecond, TimeZone: "UTC",
				DSN: func() (string, error) {
					if dsn.Load() == "" {
						return "", errors.New("the file is empty")
					}
					return dsn.Load().(string), nil
				}})
			resource := resourceOf(t, backend, customers())
			feed := follow(t, resource)
			feed.untilUnwell(t, test.words...)
			for operation, err := range everyOperation(t, resource) {
				if !adapters.Is(err, adapters.Unavailable) {
					t.Errorf("%s returned %v, want Unavailable", operation, err)
				}
				if strings.Contains(err.Error(), "s3cr") {
					t.Errorf("%s gives the password away: %v", operation, err)
				}
			}
			if test.mendIt != "" {
				database.Exec(t, test.mendIt)
			}
			dsn.Store(database.DSN())
			feed.until(t, "recovery", func() bool { return feed.loaded && feed.unwell == nil && len(feed.state) == 1 })
			if _, err := resource.Head(t.Context()); err != nil {
				t.Errorf("after the recovery, Head returned %v", err)
			}
		})
	}
}

func everyOperation(t *testing.T, resource *sql.Resource) map[string]error {
	results := map[string]error{}
	_, results["Head"] = resource.Head(t.Context())
	_, results["Get"] = resource.Get(t.Context(), key("c1"))
	_, results["Create"] = resource.Create(t.Context(), customer("c2"))
	_, results["Update"] = resource.Update(t.Context(), customer("c1"), with(customer("c1"), name, adapters.String("Other")))
	_, results["Delete"] = resource.Delete(t.Context(), customer("c1"))
	return results
}

// TestDriftWhileRunning changes the table under a running feed.
func TestDriftWhileRunning(t *testing.T) {
	database, resource := legacyTable(t, nil)
	create(t, resource, with(customer("c1"), since, adapters.String("2024-01-01T00:00:00Z")))
	feed := follow(t, resource)
	feed.until(t, "the full state", func() bool { return feed.loaded })

	database.Exec(t, "ALTER TABLE CUST_MASTER DROP COLUMN city")
	feed.untilUnwell(t, "CUST_MASTER", "city")
	database.Exec(t, "ALTER TABLE CUST_MASTER ADD COLUMN city VARCHAR(20) DEFAULT 'Bonn' FIRST, ADD COLUMN further INT FIRST")
	feed.until(t, "the new column's value", func() bool { return feed.state[key("c1").ID()].Values[city].Text() == "Bonn" })

	// The same words, and another meaning: 2024-01-01 01:00 in Berlin.
	database.Exec(t, "SET time_zone = 'Europe/Berlin'; ALTER TABLE CUST_MASTER MODIFY since DATETIME NULL; SET time_zone = DEFAULT")
	database.Exec(t, "UPDATE CUST_MASTER SET since = '2024-07-01 12:00:00'")
	feed.until(t, "the new meaning", func() bool { return feed.state[key("c1").ID()].Values[since].Text() == "2024-07-01T10:00:00Z" })
	feed.mu.Lock()
	defer feed.mu.Unlock()
	if feed.resets != 1 {
		t.Errorf("the history was cut %d times", feed.resets-1)
	}
}

// TestPrivileges shows that a lacking privilege is the operator's matter.
func TestPrivileges(t *testing.T) {
	database, _ := legacyTable(t, nil)
	database.Server().Exec(t, "CREATE OR REPLACE USER reader IDENTIFIED BY 'readonly'; GRANT SELECT ON "+database.Name+".* TO reader")
	var log strings.Builder
	backend := openBackend(t, sql.Config{TimeZone: "UTC", Logger: slog.New(slog.NewTextHandler(&log, nil)),
		DSN: fixedDSN("reader:readonly@" + strings.SplitN(database.DSN(), "@", 2)[1])})
	resource := resourceOf(t, backend, customers())
	if _, err := resource.Get(t.Context(), key("none")); !adapters.Is(err, adapters.NotFound) {
		t.Errorf("Get returned %v", err)
	}
	_, err := resource.Create(t.Context(), customer("c1"))
	expected{code: adapters.Internal, words: []string{"erp", "privilege", "GRANT", "CUST_MASTER"}}.check(t, err)
	if !strings.Contains(log.String(), "INSERT command denied") || strings.Contains(log.String(), "readonly") {
		t.Errorf("the log says %s", &log)
	}
}

// TestLocks shows that a lock held by others is waited for only briefly.
func TestLocks(t *testing.T) {
	database, resource := legacyTable(t, nil)
	stored := create(t, resource, customer("c1"))
	holder, err := database.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.Rollback()
	if _, err := holder.ExecContext(t.Context(), "UPDATE CUST_MASTER SET city = 'Bonn'"); err != nil {
		t.Fatal(err)
	}
	_, err = resource.Update(t.Context(), stored, with(stored, name, adapters.String("Other")))
	want := expected{code: adapters.Unavailable, words: []string{"locks"}}
	want.check(t, err)
	var failure *adapters.Error
	if errors.As(err, &failure) && failure.RetryAfter == 0 {
		t.Error("the error does not say when to try again")
	}

	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = resource.Update(short, stored, with(stored, name, adapters.String("Other")))
	expected{code: adapters.Timeout}.check(t, err)
	if record, err := resource.Get(t.Context(), stored.Key); err != nil || !record.Equal(stored) {
		t.Errorf("uncommitted values were read, or nothing: %v, %v", record, err)
	}
}

// TestServerRefusals shows what a server in a bad state becomes.
func TestServerRefusals(t *testing.T) {
	server := sqltest.Start(t)
	database := server.Database(t)
	database.Exec(t, legacySchema)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC"})
	resource := resourceOf(t, backend, customers())
	stored := create(t, resource, customer("c1"))

	t.Run("statement timeout", func(t *testing.T) {
		database.Exec(t, "CREATE TRIGGER slow BEFORE INSERT ON CUST_MASTER FOR EACH ROW SET NEW.rating = SLEEP(60)")
		_, err := slowResource(t, database).Create(t.Context(), customer("slow"))
		expected{code: adapters.Timeout}.check(t, err)
		database.Exec(t, "DROP TRIGGER slow")
	})
	t.Run("read-only", func(t *testing.T) {
		server.Exec(t, "CREATE USER writer IDENTIFIED BY 'writer'; GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO writer; SET GLOBAL read_only = 1")
		defer server.Exec(t, "SET GLOBAL read_only = 0")
		limited := openBackend(t, sql.Config{TimeZone: "UTC", DSN: fixedDSN("writer:writer@" + strings.SplitN(database.DSN(), "@", 2)[1])})
		_, err := resourceOf(t, limited, customers()).Update(t.Context(), stored, with(stored, name, adapters.String("Other")))
		expected{code: adapters.Unavailable, words: []string{"read-only"}}.check(t, err)
	})
	t.Run("too many connections of the user", func(t *testing.T) {
		server.Exec(t, "CREATE USER few IDENTIFIED BY 'few' WITH MAX_USER_CONNECTIONS 1; GRANT ALL ON *.* TO few")
		limited := openBackend(t, sql.Config{TimeZone: "UTC", DSN: fixedDSN("few:few@" + strings.SplitN(database.DSN(), "@", 2)[1])})
		_, err := resourceOf(t, limited, customers()).Update(t.Context(), stored, with(stored, name, adapters.String("Other")))
		expected{code: adapters.Overloaded, words: []string{"max_connections"}}.check(t, err)
	})
	t.Run("too many connections to the server", func(t *testing.T) {
		server.Exec(t, "CREATE USER crowd IDENTIFIED BY 'crowd'; GRANT SELECT ON *.* TO crowd")
		// Open before the server is full: a new connection could not undo it.
		administrator, err := database.SQL().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer administrator.Close()
		limit := func(connections int) {
			if _, err := administrator.ExecContext(t.Context(), fmt.Sprintf("SET GLOBAL max_connections = %d", connections)); err != nil {
				t.Fatal(err)
			}
		}
		limit(10)
		defer limit(151)
		dsn := "crowd:crowd@" + strings.SplitN(database.DSN(), "@", 2)[1]
		// Each backend keeps a connection, and those of earlier tests end meanwhile.
		for range 30 {
			limited := openBackend(t, sql.Config{TimeZone: "UTC", DSN: fixedDSN(dsn)})
			if _, err = resourceOf(t, limited, customers()).Get(t.Context(), key("c1")); err != nil {
				break
			}
		}
		expected{code: adapters.Overloaded, words: []string{"max_connections"}}.check(t, err)
	})
	t.Run("deadlock", func(t *testing.T) {
		other := create(t, resource, customer("d1"))
		holder, err := database.SQL().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer holder.Rollback()
		// The write locks d2 by its prelude, then d1; the holder does it the other way round.
		create(t, resource, customer("d2"))
		if _, err := holder.ExecContext(t.Context(), "UPDATE CUST_MASTER SET score = 1 WHERE cust_no = 'd1'"); err != nil {
			t.Fatal(err)
		}
		config := customers()
		config.BeforeWrite = []string{"SELECT 1 FROM CUST_MASTER WHERE cust_no = 'd2' FOR UPDATE"}
		result := make(chan error, 1)
		go func() {
			_, err := resourceOf(t, backend, config).Update(t.Context(), other, with(other, name, adapters.String("Other")))
			result <- err
		}()
		waitForLockWait(t, database)
		_, holderErr := holder.ExecContext(t.Context(), "UPDATE CUST_MASTER SET score = 1 WHERE cust_no = 'd2'")
		if err := holder.Rollback(); err != nil {
			t.Fatal(err)
		}
		// Whichever of the two the server chose: the write is done in the end.
		if err := <-result; err != nil {
			t.Errorf("the write failed with %v; the other transaction with %v", err, holderErr)
		}
	})
	t.Run("all connections in use", func(t *testing.T) {
		small := openBackend(t, sql.Config{TimeZone: "UTC", MaxOpenConns: 2, DSN: fixedDSN(database.DSN())})
		resource := resourceOf(t, small, customers())
		numbers := []string{"c1", "c2", "c3"}
		for _, number := range numbers[1:] {
			create(t, resource, customer(number))
		}
		holder, err := database.SQL().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer holder.Rollback()
		if _, err := holder.ExecContext(t.Context(), "SELECT * FROM CUST_MASTER FOR UPDATE"); err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 3)
		for _, number := range numbers {
			go func() {
				_, err := resource.Delete(t.Context(), customer(number))
				results <- err
			}()
		}
		codes := map[adapters.Code]int{}
		for range numbers {
			codes[adapters.CodeOf(<-results)]++
		}
		if codes[adapters.Overloaded] == 0 {
			t.Errorf("the codes are %v, want Overloaded among them", codes)
		}
	})
}

// waitForLockWait waits until a transaction waits for a lock.
func waitForLockWait(t *testing.T, database *sqltest.Database) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if waiting := database.Query(t, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'"); waiting[0] != "0" {
			return
		}
	}
	t.Fatal("no transaction waits for a lock")
}

// slowResource is one whose writing sessions have a short limit for statements.
func slowResource(t *testing.T, database *sqltest.Database) *sql.Resource {
	config := customers()
	config.BeforeWrite = []string{"SET max_statement_time = 0.2"}
	return resourceOf(t, openBackend(t, sql.Config{TimeZone: "UTC", DSN: fixedDSN(database.DSN())}), config)
}

// TestLostCommit cuts the connection at every possible moment of a write. What the
// error says about the outcome must be true.
func TestLostCommit(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, legacySchema)
	proxy := server.Proxy(t)
	backend := openBackend(t, sql.Config{TimeZone: "UTC", DSN: fixedDSN(proxy.DSN(database.Name))})
	resource := resourceOf(t, backend, customers())
	create(t, resource, customer("c1"))
	codes := map[adapters.Code]int{}
	const succeeded = adapters.Code(255)
	for allowance := int64(0); codes[succeeded] < 5; allowance += 5 {
		// With a connection that has everything prepared, the bytes are those of the
		// write itself.
		stored := warmUp(t, resource, fmt.Sprint("w", allowance))
		wanted := adapters.String(fmt.Sprint("n", allowance))
		proxy.CutAfter(allowance)
		receipt, err := resource.Update(t.Context(), stored, with(stored, name, wanted))
		proxy.CutAfter(-1)
		lines := database.Query(t, "SELECT cust_nm FROM CUST_MASTER")
		happened := lines[0] == wanted.Text()
		switch code := adapters.CodeOf(err); {
		case err == nil && (!happened || !receipt.Record.Values[name].Equal(wanted)):
			t.Errorf("after %d bytes the write succeeded, and the table has %q", allowance, lines)
		case err != nil && code != adapters.Indeterminate && happened:
			t.Errorf("after %d bytes the write failed with %v, and happened", allowance, err)
		case err != nil && code != adapters.Indeterminate && code != adapters.Unavailable:
			t.Errorf("after %d bytes the write failed with %v", allowance, err)
		case err == nil:
			codes[succeeded]++
		default:
			codes[code]++
		}
	}
	if codes[adapters.Indeterminate] == 0 || codes[adapters.Unavailable] == 0 {
		t.Errorf("the outcomes were %v (255 is success), want all three kinds", codes)
	}
}

// warmUp writes until that works, and returns what is stored.
func warmUp(t *testing.T, resource *sql.Resource, company string) adapters.Record {
	t.Helper()
	var err error
	for range 20 {
		var present adapters.Record
		if present, err = resource.Get(t.Context(), key("c1")); err != nil {
			continue
		}
		var receipt adapters.Receipt
		if receipt, err = resource.Update(t.Context(), present, with(present, name, adapters.String(company))); err == nil {
			return receipt.Record
		}
	}
	t.Fatalf("the connection does not come back: %v", err)
	return adapters.Record{}
}

// TestRecoveryWithoutReset kills the server under a feed: what changed meanwhile is
// delivered as changes.
func TestRecoveryWithoutReset(t *testing.T) {
	server := sqltest.Start(t)
	database := server.Database(t)
	database.Exec(t, legacySchema+"INSERT INTO CUST_MASTER (cust_no, cust_nm) VALUES ('c1', 'Acme'), ('c2', 'Acme')")
	backend := openBackend(t, sql.Config{TimeZone: "UTC", PollInterval: 20 * time.Millisecond, DSN: fixedDSN(database.DSN())})
	feed := follow(t, resourceOf(t, backend, customers()))
	feed.until(t, "the full state", func() bool { return feed.loaded && len(feed.state) == 2 })
	database.Exec(t, "DELETE FROM CUST_MASTER WHERE cust_no = 'c2'")
	server.Kill(t)
	feed.untilUnwell(t, "erp")
	server.Restart(t)
	feed.until(t, "the deletion", func() bool { return feed.unwell == nil && len(feed.state) == 1 })
	feed.mu.Lock()
	defer feed.mu.Unlock()
	if feed.resets != 1 {
		t.Errorf("the history was cut %d times", feed.resets-1)
	}
}

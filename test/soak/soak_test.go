package soak

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settleTimeout is how long the views may take to become the table once the writers
// have stopped.
const settleTimeout = 30 * time.Second

// TestSoak runs for SOAK_DURATION, 60s if that is not set, where it is asked for: by
// that variable or by -run.
func TestSoak(t *testing.T) {
	w := newWorld(t, soakDuration(t))
	w.run(t)
	w.verify(t)
	t.Log(w.summary())
}

func soakDuration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK_DURATION")
	if text == "" {
		if !strings.Contains(flag.Lookup("test.run").Value.String(), "Soak") {
			t.Skip("skipped: the soak takes a minute and more; run it with make soak, or with -run TestSoak")
		}
		text = "60s"
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 10*time.Second {
		t.Fatalf("SOAK_DURATION is %q, want a duration of at least 10s, such as 60s or 10m", text)
	}
	return duration
}

// world is everything that takes part.
type world struct {
	duration time.Duration
	server   *sqltest.Server
	database *sqltest.Database
	// toDatabase is between bridge and database, toBridge between clients and bridge.
	toDatabase, toBridge *sqltest.Proxy
	bridge               *bridge

	foreign   []*foreignWriter
	writers   []*kubernetesWriter
	followers []*follower
	pages     *pageReader
	faults    []string
	// settled is how often all views were compared with the table.
	settled int
	// reported is when the state of things was last logged.
	reported time.Time

	// gate is locked while the writers pause.
	gate               sync.RWMutex
	writing, following sync.WaitGroup
}

// serverArguments let triggers of concurrent transactions number the ledger without
// waiting for each other; the order within one key comes from the row's lock.
var serverArguments = append([]string{"--innodb-autoinc-lock-mode=2"}, sqltest.LogArguments...)

func newWorld(t *testing.T, duration time.Duration) *world {
	t.Helper()
	w := &world{duration: duration, server: sqltest.Start(t, sqltest.Arguments(serverArguments...))}
	w.database = w.server.Database(t)
	for _, statement := range strings.Split(schemaSQL, ";\n") {
		if strings.TrimSpace(statement) != "" {
			w.database.Exec(t, statement)
		}
	}
	w.toDatabase = w.server.Proxy(t)
	w.bridge = buildBridge(t, w.toDatabase.DSN(w.database.Name))
	w.bridge.start(t)
	w.toBridge = sqltest.NewProxy(t, w.bridge.address())
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w.addWriters(t, seed)
	w.addFollowers(t)
	return w
}

func (w *world) addWriters(t *testing.T, seed uint64) {
	t.Helper()
	for i := range uint64(4) {
		w.foreign = append(w.foreign, newForeignWriter(fmt.Sprintf("foreign%d", i), w.database.SQL(), &w.gate, seed+i))
	}
	w.writers = []*kubernetesWriter{
		newKubernetesWriter("json", w.client(t, contentJSON), &w.gate, seed),
		newKubernetesWriter("protobuf", w.client(t, contentProtobuf), &w.gate, seed+1),
	}
}

func (w *world) addFollowers(t *testing.T) {
	t.Helper()
	for _, kind := range []struct {
		name, contentType string
		classic           bool
	}{
		{"informer in JSON", contentJSON, false},
		{"informer in protobuf", contentProtobuf, false},
		{"informer in protobuf that lists", contentProtobuf, true},
	} {
		follower, err := newFollower(kind.name, w.client(t, kind.contentType), kind.classic)
		if err != nil {
			t.Fatal(err)
		}
		w.followers = append(w.followers, follower)
	}
	w.pages = newPageReader(w.client(t, contentProtobuf))
}

// client makes a client whose connections go through the proxy.
func (w *world) client(t *testing.T, contentType string) *client {
	t.Helper()
	made, err := newClient(w.bridge.kubeconfig(), w.toBridge.Address(), contentType)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.rest.Client.CloseIdleConnections)
	return made
}

// run lets everybody work while faults happen. It returns when the writers have
// stopped; the followers go on until the test ends.
func (w *world) run(t *testing.T) {
	t.Helper()
	following, stopFollowing := context.WithCancel(context.Background())
	t.Cleanup(func() {
		stopFollowing()
		w.following.Wait()
	})
	for _, follower := range w.followers {
		w.following.Go(func() { follower.run(following) })
	}
	begin := time.Now()
	writing, stopWriting := context.WithCancel(t.Context())
	defer stopWriting()
	for _, writer := range w.foreign {
		w.writing.Go(func() { writer.run(writing) })
	}
	for _, writer := range w.writers {
		w.writing.Go(func() { writer.run(writing) })
	}
	w.writing.Go(func() { w.pages.run(writing) })
	if w.harm(t, begin) {
		pause(t.Context(), time.Until(begin.Add(w.duration)))
	}
	stopWriting()
	w.writing.Wait()
}

func (w *world) summary() string {
	var text strings.Builder
	var committed int64
	failed := map[uint16]int{}
	for _, writer := range w.foreign {
		committed += writer.committed.Load()
		writer.addFailures(failed)
	}
	fmt.Fprintf(&text, "foreign transactions: %d done; failed, by error number: %v", committed, failed)
	for _, writer := range w.writers {
		counts := writer.counts()
		fmt.Fprintf(&text, "\nKubernetes writes in %s: %d acknowledged, %d refused, %d unknown",
			writer.name, counts[acknowledged], counts[refused], counts[unknown])
	}
	for _, follower := range w.followers {
		fmt.Fprintf(&text, "\n%s", follower)
	}
	fmt.Fprintf(&text, "\n%s", w.pages)
	fmt.Fprintf(&text, "\nall views compared with the table: %d times", w.settled)
	fmt.Fprintf(&text, "\nfaults: %s", strings.Join(w.faults, ", "))
	return text.String()
}

package mirror

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// scriptedAdapter runs one function for each call of Sync, and then waits.
type scriptedAdapter struct {
	adapters.Adapter
	// away makes Head fail; else it is revision 5.
	away   atomic.Bool
	mu     sync.Mutex
	froms  []adapters.Revision
	script []func(context.Context, adapters.Sink) error
}

func (a *scriptedAdapter) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	a.mu.Lock()
	a.froms = append(a.froms, from)
	step := len(a.froms) - 1
	a.mu.Unlock()
	if step < len(a.script) {
		if err := a.script[step](ctx, sink); err != nil || ctx.Err() != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func (a *scriptedAdapter) Head(context.Context) (adapters.Revision, error) {
	if a.away.Load() {
		return 0, adapters.Errorf(adapters.Unavailable, "the test wants it")
	}
	return 5, nil
}

func (a *scriptedAdapter) calls() []adapters.Revision {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]adapters.Revision(nil), a.froms...)
}

// run runs a mirror until the test ends.
func run(t *testing.T, adapter adapters.Adapter, config Config) *Mirror {
	t.Helper()
	config.Name, config.Adapter, config.Projector = "things", adapter, textProjector{}
	config.RetryMin, config.RetryMax = time.Millisecond, 2*time.Millisecond
	config.Logger = slog.New(slog.DiscardHandler)
	m, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return m
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func fullState(at, since adapters.Revision, keys ...string) func(context.Context, adapters.Sink) error {
	return func(_ context.Context, sink adapters.Sink) error {
		sink.Reset("a test wants it")
		for _, key := range keys {
			sink.Load([]adapters.VersionedRecord{{Record: textRecord(key, key), Revision: since}})
		}
		sink.Loaded(adapters.State{At: at, Since: since})
		return nil
	}
}

func steps(functions ...func(context.Context, adapters.Sink) error) func(context.Context, adapters.Sink) error {
	return func(ctx context.Context, sink adapters.Sink) error {
		for _, function := range functions {
			if err := function(ctx, sink); err != nil {
				return err
			}
		}
		return nil
	}
}

func applied(revisions ...adapters.Revision) func(context.Context, adapters.Sink) error {
	return func(_ context.Context, sink adapters.Sink) error {
		for _, revision := range revisions {
			record := textRecord("k", revision.String())
			sink.Apply([]adapters.Change{{Revision: revision, Key: record.Key, After: &record}})
		}
		return nil
	}
}

func failing(code adapters.Code) func(context.Context, adapters.Sink) error {
	return func(context.Context, adapters.Sink) error { return adapters.Errorf(code, "the test wants it") }
}

// TestRunResumes: where Sync is called again from, after each way to end.
func TestRunResumes(t *testing.T) {
	lost := failing(adapters.Unavailable)
	half := func(_ context.Context, sink adapters.Sink) error {
		sink.Reset("half a state")
		sink.Load([]adapters.VersionedRecord{{Record: textRecord("other", "x"), Revision: 1}})
		return adapters.Errorf(adapters.Unavailable, "lost within the full state")
	}
	nothing := func(context.Context, adapters.Sink) error { return nil }
	for name, test := range map[string]struct {
		script []func(context.Context, adapters.Sink) error
		froms  []adapters.Revision
	}{
		"lost connection":           {[]func(context.Context, adapters.Sink) error{steps(fullState(5, 4), applied(7), lost), nothing}, []adapters.Revision{0, 7}},
		"lost after progress":       {[]func(context.Context, adapters.Sink) error{steps(fullState(5, 4), progressed(9), lost), nothing}, []adapters.Revision{0, 9}},
		"lost position":             {[]func(context.Context, adapters.Sink) error{steps(fullState(5, 4), applied(7), failing(adapters.Expired)), nothing}, []adapters.Revision{0, 0}},
		"lost within a full state":  {[]func(context.Context, adapters.Sink) error{steps(fullState(5, 4), lost), half, nothing}, []adapters.Revision{0, 5, 0}},
		"regressing revision":       {[]func(context.Context, adapters.Sink) error{steps(fullState(5, 4), applied(7, 7), lost), nothing}, []adapters.Revision{0, 0}},
		"change before the state":   {[]func(context.Context, adapters.Sink) error{applied(7), nothing}, []adapters.Revision{0, 0}},
		"loaded without reset":      {[]func(context.Context, adapters.Sink) error{func(_ context.Context, s adapters.Sink) error { s.Loaded(adapters.State{At: 1}); return nil }, nothing}, []adapters.Revision{0, 0}},
		"load without reset":        {[]func(context.Context, adapters.Sink) error{func(_ context.Context, s adapters.Sink) error { s.Load(nil); return nil }, nothing}, []adapters.Revision{0, 0}},
		"state from after its time": {[]func(context.Context, adapters.Sink) error{fullState(5, 6), nothing}, []adapters.Revision{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			adapter := &scriptedAdapter{script: test.script}
			run(t, adapter, Config{})
			eventually(t, func() bool { return len(adapter.calls()) >= len(test.froms) })
			for i, from := range adapter.calls() {
				if from != test.froms[i] {
					t.Errorf("Sync was called from %s, want %s", adapter.calls(), test.froms)
				}
			}
		})
	}
}

func progressed(revision adapters.Revision) func(context.Context, adapters.Sink) error {
	return func(_ context.Context, sink adapters.Sink) error {
		sink.Progress(revision)
		return nil
	}
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the condition does not come true")
		}
	}
}

// TestFullStateIsServedAtOnce: while a full state arrives, the old one is served; then
// everybody who watched is told.
func TestFullStateIsServedAtOnce(t *testing.T) {
	proceed, arrived := make(chan struct{}), make(chan struct{})
	adapter := &scriptedAdapter{script: []func(context.Context, adapters.Sink) error{steps(
		fullState(5, 4, "a"), applied(7),
		func(ctx context.Context, sink adapters.Sink) error {
			sink.Reset("the log is gone")
			sink.Load([]adapters.VersionedRecord{{Record: textRecord("b", "b"), Revision: 8}})
			close(arrived)
			<-proceed
			sink.Loaded(adapters.State{At: 20, Since: 8})
			return nil
		},
	)}}
	m := run(t, adapter, Config{})
	<-arrived
	before, err := m.Present()
	if err != nil || before.Revision() != 7 || before.Len() != 2 {
		t.Fatalf("while the new state arrives: %v, %v", before, err)
	}
	watcher, err := m.Watch(7, WatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Stop()
	impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := m.WaitFor(impatient, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a state that is being replaced counts as up to date: %v", err)
	}
	close(proceed)
	if err := m.WaitFor(within(t), 20); err != nil {
		t.Fatal(err)
	}
	if _, err := watcher.Next(within(t), nil); !adapters.Is(err, adapters.Expired) || !strings.Contains(err.Error(), "the log is gone") {
		t.Errorf("a watcher of the old state: %v", err)
	}
	for revision, want := range map[adapters.Revision]bool{7: false, 8: true, 19: true, 20: true} {
		resumed, err := m.Watch(revision, WatchOptions{})
		if (err == nil) != want {
			t.Errorf("Watch(%s): %v", revision, err)
		}
		if err == nil {
			resumed.Stop()
		}
		if _, err := m.At(revision); (err == nil) != want {
			t.Errorf("At(%s): %v", revision, err)
		}
	}
	if status := m.Status(); status.Resyncs != 1 || status.ResetReason != "the log is gone" || status.Floor != 8 {
		t.Errorf("status: %+v", status)
	}
	if before.Len() != 2 || before.Get("a") == nil {
		t.Error("a snapshot has changed")
	}
}

// TestUnwell: what the feed reports is known until it delivers again.
func TestUnwell(t *testing.T) {
	lost := errors.New("connection refused")
	proceed := make(chan struct{})
	adapter := &scriptedAdapter{script: []func(context.Context, adapters.Sink) error{steps(
		fullState(5, 4, "a"),
		func(_ context.Context, sink adapters.Sink) error {
			sink.Unwell(lost)
			<-proceed
			sink.Progress(5)
			return nil
		},
	)}}
	m := run(t, adapter, Config{})
	eventually(t, func() bool { _, unwell := m.Unwell(); return unwell != nil })
	status := m.Status()
	if !errors.Is(status.Unwell, lost) || status.UnwellSince.IsZero() || status.FreshAt.After(status.UnwellSince) || !status.Synced {
		t.Errorf("status: %+v", status)
	}
	close(proceed)
	eventually(t, func() bool { _, unwell := m.Unwell(); return unwell == nil })
	if status := m.Status(); !errors.Is(status.LastError, lost) {
		t.Errorf("the last error is %v", status.LastError)
	}
}

// TestWellAgainWithoutNews: a feed that ended and is followed again is well although
// nothing has happened meanwhile, but not before the backend answers.
func TestWellAgainWithoutNews(t *testing.T) {
	adapter := &scriptedAdapter{script: []func(context.Context, adapters.Sink) error{
		steps(fullState(5, 4, "a"), failing(adapters.Unavailable)), func(context.Context, adapters.Sink) error { return nil },
	}}
	adapter.away.Store(true)
	m := run(t, adapter, Config{})
	eventually(t, func() bool { return len(adapter.calls()) == 2 })
	if _, unwell := m.Unwell(); unwell == nil {
		t.Error("the feed is well although the backend doesn't answer")
	}
	adapter.away.Store(false)
	eventually(t, func() bool { _, unwell := m.Unwell(); return unwell == nil })
}

// TestClose: after Run nobody waits any more, and nothing can be run again.
func TestClose(t *testing.T) {
	m, err := New(Config{Name: "things", Adapter: memory.New(memory.Config{Schema: textSchema}), Projector: textProjector{}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	if err := m.WaitSynced(within(t)); err != nil {
		t.Fatal(err)
	}
	watcher, err := m.Watch(m.Revision(), WatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ends := make(chan error, 2)
	go func() { _, err := watcher.Next(context.Background(), nil); ends <- err }()
	go func() { ends <- m.WaitFor(context.Background(), 1000) }()
	if err := m.Run(ctx); err == nil {
		t.Error("Run ran twice")
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	for range 2 {
		if err := <-ends; !errors.Is(err, ErrClosed) {
			t.Errorf("a waiter ended with %v", err)
		}
	}
	if err := m.Run(context.Background()); err == nil {
		t.Error("Run ran again")
	}
}

var textSchema = adapters.Schema{
	Key:    []adapters.Field{{Name: "key", Type: adapters.StringType, Required: true}},
	Fields: []adapters.Field{{Name: "text", Type: adapters.StringType}},
}

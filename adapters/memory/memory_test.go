package memory

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var oneField = adapters.Schema{
	Key:    []adapters.Field{{Name: "id"}},
	Fields: []adapters.Field{{Name: "value", Type: adapters.StringType}},
}

func record(key, value string) adapters.Record {
	return adapters.Record{Key: adapters.Key{adapters.String(key)}, Values: []adapters.Value{adapters.String(value)}}
}

func mustCreate(t *testing.T, writer adapters.Writer, key, value string) adapters.Receipt {
	t.Helper()
	receipt, err := writer.Create(t.Context(), record(key, value))
	if err != nil {
		t.Fatalf("Create(%s): %v", key, err)
	}
	return receipt
}

func TestRevisionsBeginAtOne(t *testing.T) {
	adapter := New(Config{Schema: oneField})
	head, err := adapter.Head(t.Context())
	if err != nil || head != 1 {
		t.Fatalf("Head of an empty table = %v, %v; want 1", head, err)
	}
	if receipt := mustCreate(t, adapter, "a", "1"); receipt.Revision != 2 {
		t.Errorf("first change has revision %v, want 2", receipt.Revision)
	}
	if moved := adapter.IncreaseRevision(); moved != 3 {
		t.Errorf("IncreaseRevision = %v, want 3", moved)
	}
}

func TestRollbackRestoresEverything(t *testing.T) {
	adapter := New(Config{Schema: oneField, Unique: []string{"value"}})
	created := mustCreate(t, adapter, "a", "1")
	refused := errors.New("refused")
	_, err := adapter.Transaction(func(tx *Transaction) error {
		return errors.Join(
			tx.Update(record("a", "2")),
			tx.Insert(record("b", "1")),
			tx.Delete(adapters.Key{adapters.String("a")}),
			tx.Insert(record("a", "3")),
			refused)
	})
	if !errors.Is(err, refused) {
		t.Fatalf("Transaction returned %v", err)
	}
	got, err := adapter.Get(t.Context(), created.Record.Key)
	if err != nil || !got.Equal(created.Record) {
		t.Errorf("after the rollback a = %v, %v; want %v", got, err, created.Record)
	}
	if head, _ := adapter.Head(t.Context()); head != created.Revision {
		t.Errorf("the rollback moved the head to %v", head)
	}
	if _, err := adapter.Create(t.Context(), record("c", "1")); !adapters.Is(err, adapters.Conflict) {
		t.Errorf("after the rollback the unique value 1 is free: %v", err)
	}
	mustCreate(t, adapter, "d", "2")
}

func TestExpireDeletesOnlyTheRevisionItWasGiven(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	adapter := New(Config{Schema: oneField, Now: func() time.Time { return now }})
	kept, gone := mustCreate(t, adapter, "kept", "1"), mustCreate(t, adapter, "gone", "1")
	for _, receipt := range []adapters.Receipt{kept, gone} {
		if err := adapter.Expire(t.Context(), receipt.Record.Key, receipt.Revision, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := adapter.Update(t.Context(), kept.Record, record("kept", "2")); err != nil {
		t.Fatal(err)
	}
	if err := adapter.Expire(t.Context(), kept.Record.Key, kept.Revision, time.Minute); !adapters.Is(err, adapters.Conflict) {
		t.Errorf("Expire at an old revision returned %v, want a Conflict", err)
	}
	now = now.Add(time.Minute)
	if _, err := adapter.Get(t.Context(), gone.Record.Key); !adapters.Is(err, adapters.NotFound) {
		t.Errorf("the expired record is still there: %v", err)
	}
	if _, err := adapter.Get(t.Context(), kept.Record.Key); err != nil {
		t.Errorf("the changed record is gone: %v", err)
	}
}

func TestGeneratedKeys(t *testing.T) {
	adapter := New(Config{Schema: oneField, GeneratedKey: true})
	receipt, err := adapter.Create(t.Context(), adapters.Record{Values: []adapters.Value{adapters.String("x")}})
	if err != nil || receipt.Record.Key.String() != "1" {
		t.Errorf("Create = %v, %v; want key 1", receipt.Record.Key, err)
	}
	if _, err := adapter.Create(t.Context(), record("7", "x")); !adapters.Is(err, adapters.Invalid) {
		t.Errorf("Create with a key of its own returned %v, want Invalid", err)
	}
}

// counts is a sink that says on a channel what it was called with.
type counts struct{ calls chan string }

func (c counts) Reset(string)                    { c.calls <- "reset" }
func (c counts) Load([]adapters.VersionedRecord) { c.calls <- "load" }
func (c counts) Loaded(state adapters.State)     { c.calls <- "loaded " + state.At.String() }
func (c counts) Apply(changes []adapters.Change) {
	c.calls <- "apply " + lastRevision(changes).String()
}
func (c counts) Progress(revision adapters.Revision) { c.calls <- "progress " + revision.String() }
func (c counts) Unwell(err error)                    { c.calls <- "unwell " + adapters.CodeOf(err).String() }

func (c counts) expect(t *testing.T, want ...string) {
	t.Helper()
	for _, call := range want {
		select {
		case got := <-c.calls:
			if got != call {
				t.Fatalf("the sink got %q, want %q", got, call)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the sink got nothing, want %q", call)
		}
	}
}

func follow(t *testing.T, adapter adapters.Adapter, from adapters.Revision) (counts, <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	sink, ended := counts{make(chan string, 100)}, make(chan error, 1)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		ended <- adapter.Sync(ctx, from, sink)
	}()
	t.Cleanup(func() { cancel(); <-stopped })
	return sink, ended
}

func TestCompactLosesOnlyWhatIsBefore(t *testing.T) {
	adapter := New(Config{Schema: oneField})
	first := mustCreate(t, adapter, "a", "1")
	second := mustCreate(t, adapter, "b", "1")
	mustCreate(t, adapter, "c", "1")
	adapter.Compact(second.Revision)

	sink, _ := follow(t, adapter, second.Revision)
	sink.expect(t, "apply 4")
	sink, _ = follow(t, adapter, first.Revision)
	sink.expect(t, "reset", "load", "loaded 4")
	sink, _ = follow(t, adapter, 99)
	sink.expect(t, "reset", "load", "loaded 4")
}

func TestHistoryLimitDropsTheOldest(t *testing.T) {
	adapter := New(Config{Schema: oneField, HistoryLimit: 2})
	for _, key := range []string{"a", "b", "c"} {
		mustCreate(t, adapter, key, "1")
	}
	sink, _ := follow(t, adapter, 2)
	sink.expect(t, "apply 3", "apply 4")
	sink, _ = follow(t, adapter, 1)
	sink.expect(t, "reset", "load", "loaded 4")
}

func TestFaultsOfTheFeed(t *testing.T) {
	faults := NewFaults(New(Config{Schema: oneField}))
	sink, ended := follow(t, faults, 0)
	sink.expect(t, "reset", "loaded 1")

	faults.Hold()
	mustCreate(t, faults, "a", "1")
	faults.Disconnect(nil)
	sink.expect(t, "unwell unavailable")
	if _, err := faults.Head(t.Context()); !adapters.Is(err, adapters.Unavailable) {
		t.Errorf("Head while disconnected returned %v", err)
	}
	mustCreate(t, faults.Adapter(), "b", "1")
	faults.Reconnect()
	faults.Release()
	sink.expect(t, "progress 1", "apply 2", "apply 3")

	faults.Cut()
	sink.expect(t, "reset", "load", "loaded 3")
	faults.Disconnect(nil)
	sink.expect(t, "unwell unavailable")
	faults.Cut()
	faults.Reconnect()
	sink.expect(t, "progress 3", "reset", "load", "loaded 3")
	faults.LosePosition()
	if err := <-ended; !adapters.Is(err, adapters.Expired) {
		t.Errorf("Sync returned %v, want Expired", err)
	}
}

func TestFaultsOfWrites(t *testing.T) {
	faults := NewFaults(New(Config{Schema: oneField}))
	faults.FailNext(CallCreate, adapters.Errorf(adapters.Overloaded, "busy"))
	if _, err := faults.Create(t.Context(), record("a", "1")); !adapters.Is(err, adapters.Overloaded) {
		t.Errorf("Create returned %v, want Overloaded", err)
	}
	faults.FailAfterCommit(adapters.Errorf(adapters.Indeterminate, "the answer is lost"))
	if _, err := faults.Create(t.Context(), record("a", "1")); !adapters.Is(err, adapters.Indeterminate) {
		t.Errorf("Create returned %v, want Indeterminate", err)
	}
	if _, err := faults.Create(t.Context(), record("a", "1")); !adapters.Is(err, adapters.Exists) {
		t.Errorf("Create returned %v, want Exists: the one before was committed", err)
	}
	faults.Foreign(func(revision adapters.Revision) bool { return revision > 100 })
	if err := faults.CheckRevision(t.Context(), 101); !adapters.Is(err, adapters.Expired) {
		t.Errorf("CheckRevision(101) returned %v, want Expired", err)
	}
	if err := faults.CheckRevision(t.Context(), 100); err != nil {
		t.Errorf("CheckRevision(100) returned %v", err)
	}
}

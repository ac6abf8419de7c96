package adaptertest_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/adaptertest"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
)

// defectVariable tells a second run of this test binary which defect to build in.
const defectVariable = "ADAPTERTEST_DEFECT"

// defect is a way of breaking the contract and a sentence that must notice.
type defect struct {
	name     string
	sentence string
	build    func(*memory.Faults) adapters.Adapter
}

var defects = []defect{
	{"none", "", func(f *memory.Faults) adapters.Adapter { return f }},
	{"a change is lost", "Every committed change is delivered exactly once", sinkDefect(func(s *brokenSink) { s.dropEvery = 7 })},
	{"a change is delivered twice", "Changes are delivered in commit order", sinkDefect(func(s *brokenSink) { s.twice = true })},
	{"a commit is split", "Changes committed together", sinkDefect(func(s *brokenSink) { s.split = true })},
	{"records of the full state are lost", "A large full state is complete", sinkDefect(func(s *brokenSink) { s.shortLoad = true })},
	{"progress is not reported", "A change or progress mark at the head follows", sinkDefect(func(s *brokenSink) { s.noProgress = true })},
	{"the record before is wrong", "Changes are delivered in commit order", sinkDefect(func(s *brokenSink) { s.noBefore = true })},
	{"a lost connection is hidden", "A lost connection is reported by Unwell", sinkDefect(func(s *brokenSink) { s.noUnwell = true })},
	{"the sink is called after the end", "Sync returns nil when its context has ended", func(f *memory.Faults) adapters.Adapter { return lateCaller{f} }},
	{"Sync returns the context's error", "Sync returns nil when its context has ended", func(f *memory.Faults) adapters.Adapter { return contextReturner{f} }},
	{"a goroutine is left", "Sync from zero delivers the full state", func(f *memory.Faults) adapters.Adapter { return leaker{f} }},
	{"the head is old", "Head covers every commit", func(f *memory.Faults) adapters.Adapter { return &oldHead{Faults: f} }},
	{"Get answers from a copy", "Get reads the backend itself", func(f *memory.Faults) adapters.Adapter { return &cachedGet{Faults: f} }},
	{"writes do not compare", "Update and Delete of what has changed are Conflict", func(f *memory.Faults) adapters.Adapter { return blindWriter{f} }},
	{"writes do not compare atomically", "Concurrent compare-and-write loses no update", func(f *memory.Faults) adapters.Adapter { return blindWriter{f} }},
	{"a receipt has another revision", "A receipt carries the revision", func(f *memory.Faults) adapters.Adapter { return wrongReceipt{f} }},
	{"a taken key is a Conflict", "Create of a taken key is Exists", func(f *memory.Faults) adapters.Adapter { return wrongCode{f} }},
}

// TestDefect is the second run: it fails where the suite notices the defect.
func TestDefect(t *testing.T) {
	name := os.Getenv(defectVariable)
	if name == "" {
		t.Skip("skipped: run by TestSuiteNoticesDefects")
	}
	for _, defect := range defects {
		if defect.name != name {
			continue
		}
		timeout := time.Second // for what never comes
		if defect.sentence == "" {
			timeout = 0 // the default: everything comes, on a slow machine too
		}
		adaptertest.Run(t, adaptertest.Harness{
			Timeout: timeout,
			Seed:    1,
			Open: func(t *testing.T, resource adaptertest.Resource) adaptertest.Backend {
				table := memory.New(memory.Config{Schema: resource.Schema, Unique: resource.Unique, GeneratedKey: resource.GeneratedKey})
				faults := memory.NewFaults(table)
				return adaptertest.Backend{
					Adapter:      defect.build(faults),
					Foreign:      legacy{table},
					MoveRevision: func(*testing.T) { table.IncreaseRevision() },
					Disconnect:   func(*testing.T) { faults.Disconnect(nil) },
					Reconnect:    func(*testing.T) { faults.Reconnect() },
				}
			},
		})
	}
}

func TestSuiteNoticesDefects(t *testing.T) {
	for _, defect := range defects {
		t.Run(defect.name, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDefect$/"+pattern(defect.sentence))
			run.Env = append(os.Environ(), defectVariable+"="+defect.name)
			output, err := run.CombinedOutput()
			if defect.sentence == "" {
				if err != nil {
					t.Errorf("the suite objects to an adapter without a defect: %v\n%s", err, output)
				}
				return
			}
			if err == nil || !strings.Contains(string(output), "--- FAIL: TestDefect/"+pattern(defect.sentence)) {
				t.Errorf("%q did not notice the defect: %v\n%s", defect.sentence, err, output)
			}
		})
	}
}

// pattern selects a subtest by the beginning of its name.
func pattern(sentence string) string { return strings.ReplaceAll(sentence, " ", "_") }

type legacy struct{ table *memory.Adapter }

func (l legacy) Transaction(_ context.Context, do func(adaptertest.ForeignTransaction) error) error {
	_, err := l.table.Transaction(func(tx *memory.Transaction) error { return do(tx) })
	return err
}

func (l legacy) Records(context.Context) ([]adapters.Record, error) { return l.table.Records(), nil }

// brokenSink changes what passes through it.
type brokenSink struct {
	adapters.Sink
	dropEvery, seen                                         int
	twice, split, shortLoad, noProgress, noBefore, noUnwell bool
}

func (s *brokenSink) Load(records []adapters.VersionedRecord) {
	if s.shortLoad && len(records) > 100 {
		records = records[1:]
	}
	s.Sink.Load(records)
}

func (s *brokenSink) Apply(changes []adapters.Change) {
	s.seen++
	if s.dropEvery > 0 && s.seen%s.dropEvery == 0 {
		return
	}
	if s.noBefore {
		for i := range changes {
			changes[i].Before = nil
		}
	}
	if s.split {
		for i := range changes {
			s.Sink.Apply(changes[i : i+1])
		}
		return
	}
	s.Sink.Apply(changes)
	if s.twice {
		s.Sink.Apply(changes)
	}
}

func (s *brokenSink) Progress(revision adapters.Revision) {
	if !s.noProgress {
		s.Sink.Progress(revision)
	}
}

func (s *brokenSink) Unwell(err error) {
	if !s.noUnwell {
		s.Sink.Unwell(err)
	}
}

type brokenFeed struct {
	*memory.Faults
	breakSink func(*brokenSink)
}

func sinkDefect(breakSink func(*brokenSink)) func(*memory.Faults) adapters.Adapter {
	return func(f *memory.Faults) adapters.Adapter { return brokenFeed{f, breakSink} }
}

func (b brokenFeed) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	broken := &brokenSink{Sink: sink}
	b.breakSink(broken)
	return b.Faults.Sync(ctx, from, broken)
}

type lateCaller struct{ *memory.Faults }

func (l lateCaller) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	err := l.Faults.Sync(ctx, from, sink)
	go l.callWhenMoved(sink)
	return err
}

func (l lateCaller) callWhenMoved(sink adapters.Sink) {
	before, _ := l.Faults.Adapter().Head(context.Background())
	for {
		if head, _ := l.Faults.Adapter().Head(context.Background()); head != before {
			sink.Progress(head)
			return
		}
		runtime.Gosched()
	}
}

type contextReturner struct{ *memory.Faults }

func (c contextReturner) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	if err := c.Faults.Sync(ctx, from, sink); err != nil {
		return err
	}
	return ctx.Err()
}

type leaker struct{ *memory.Faults }

func (l leaker) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	go func() { <-make(chan struct{}) }()
	return l.Faults.Sync(ctx, from, sink)
}

type oldHead struct {
	*memory.Faults
	last atomic.Uint64
}

func (o *oldHead) Head(ctx context.Context) (adapters.Revision, error) {
	head, err := o.Faults.Head(ctx)
	old := o.last.Swap(uint64(head))
	return max(adapters.Revision(old), 1), err
}

type cachedGet struct {
	*memory.Faults
	cached atomic.Pointer[adapters.Record]
}

func (c *cachedGet) Get(ctx context.Context, key adapters.Key) (adapters.Record, error) {
	if cached := c.cached.Load(); cached != nil && cached.Key.Equal(key) {
		return *cached, nil
	}
	record, err := c.Faults.Get(ctx, key)
	if err == nil {
		c.cached.Store(&record)
	}
	return record, err
}

type blindWriter struct{ *memory.Faults }

func (b blindWriter) Update(ctx context.Context, before, after adapters.Record) (adapters.Receipt, error) {
	time.Sleep(time.Millisecond) // as long as a statement takes, so that others come in between
	present, err := b.Get(ctx, before.Key)
	if err != nil {
		return adapters.Receipt{}, err
	}
	return b.Faults.Update(ctx, present, after)
}

type wrongReceipt struct{ *memory.Faults }

func (w wrongReceipt) Create(ctx context.Context, record adapters.Record) (adapters.Receipt, error) {
	receipt, err := w.Faults.Create(ctx, record)
	receipt.Revision--
	return receipt, err
}

type wrongCode struct{ *memory.Faults }

func (w wrongCode) Create(ctx context.Context, record adapters.Record) (adapters.Receipt, error) {
	receipt, err := w.Faults.Create(ctx, record)
	if adapters.Is(err, adapters.Exists) {
		return receipt, adapters.Errorf(adapters.Conflict, "taken")
	}
	return receipt, err
}

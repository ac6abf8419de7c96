package storage_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	apistorage "k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// tableOf is an adapter with many records, which changes them when it is told to.
type tableOf struct {
	adapters.Adapter
	records  int
	fields   int
	commits  chan []adapters.Change
	revision adapters.Revision
}

func (a *tableOf) Head(context.Context) (adapters.Revision, error) { return a.revision, nil }

func (a *tableOf) Sync(ctx context.Context, _ adapters.Revision, sink adapters.Sink) error {
	sink.Reset("a benchmark")
	for i := range a.records {
		sink.Load([]adapters.VersionedRecord{{Record: a.record(i, "Acme"), Revision: 1}})
	}
	sink.Loaded(adapters.State{At: a.revision})
	for {
		select {
		case <-ctx.Done():
			return nil
		case changes := <-a.commits:
			sink.Apply(changes)
		}
	}
}

func (a *tableOf) record(i int, name string) adapters.Record {
	values := make([]adapters.Value, a.fields)
	values[0], values[1] = adapters.String(name), adapters.String("Active")
	return adapters.Record{Key: adapters.Key{adapters.String(fmt.Sprintf("%08d", i))}, Values: values}
}

func newTableStore(b *testing.B, records int) (*kindStore, *tableOf) {
	b.Helper()
	kind := newKind(b, clusterKind)
	table := &tableOf{records: records, fields: len(kind.AdapterSchema().Fields), commits: make(chan []adapters.Change), revision: 1}
	codec := kind.StorageCodec()
	followed := follow(b, mirror.Config{Name: "orders", Adapter: table, Projector: codec})
	store, err := storage.New(storage.Config{
		GroupResource: kind.Resource().GroupResource(), Prefix: "/orders/", Adapter: table, Mirror: followed, Codec: codec,
		NewFunc: func() runtime.Object { return kind.NewObject() }, NewListFunc: func() runtime.Object { return kind.NewList() },
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	return &kindStore{Store: store, kind: kind, mirror: followed}, table
}

// BenchmarkListPage reads pages of 500 from the middle: the time must not depend on
// the number of objects.
func BenchmarkListPage(b *testing.B) {
	for _, records := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(records), func(b *testing.B) {
			s, _ := newTableStore(b, records)
			token, err := apistorage.EncodeContinue(s.root()+fmt.Sprintf("%08d", records/2), s.root(), 1)
			if err != nil {
				b.Fatal(err)
			}
			opts := s.everything()
			opts.Predicate.Limit, opts.Predicate.Continue = 500, token
			b.ReportAllocs()
			for b.Loop() {
				if list := s.list(b, opts); len(list.Items) != 500 || *list.RemainingItemCount != int64(records/2-500) {
					b.Fatalf("%d items, %d remaining", len(list.Items), *list.RemainingItemCount)
				}
			}
		})
	}
}

// BenchmarkListAll reads all objects at once.
func BenchmarkListAll(b *testing.B) {
	s, _ := newTableStore(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if list := s.list(b, s.everything()); len(list.Items) != 10_000 {
			b.Fatalf("%d items", len(list.Items))
		}
	}
}

// BenchmarkListSelected reads one of 10,000 objects by a field.
func BenchmarkListSelected(b *testing.B) {
	s, _ := newTableStore(b, 10_000)
	opts := s.selecting(b, "", "spec.status=Inactive")
	b.ReportAllocs()
	for b.Loop() {
		if list := s.list(b, opts); len(list.Items) != 0 {
			b.Fatalf("%d items", len(list.Items))
		}
	}
}

// BenchmarkGet reads one object, consistently and at any revision.
func BenchmarkGet(b *testing.B) {
	for _, revision := range []string{"", "0"} {
		b.Run("resourceVersion="+revision, func(b *testing.B) {
			s, _ := newTableStore(b, 10_000)
			out := s.kind.NewObject()
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Get(b.Context(), s.key("", "00005000"), apistorage.GetOptions{ResourceVersion: revision}, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFanOut brings one change to 1,000 watches.
func BenchmarkFanOut(b *testing.B) {
	const watches = 1000
	s, table := newTableStore(b, 1)
	arrived := make(chan *object.Object, watches)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for range watches {
		w, err := s.Watch(ctx, s.root(), s.from("1"))
		if err != nil {
			b.Fatal(err)
		}
		go func() {
			for event := range w.ResultChan() {
				if event.Type == watch.Modified {
					arrived <- nil
				}
			}
		}()
	}
	b.ReportAllocs()
	revision := adapters.Revision(1)
	for b.Loop() {
		revision++
		record := table.record(0, revision.String())
		table.commits <- []adapters.Change{{Revision: revision, Key: record.Key, After: &record}}
		for range watches {
			<-arrived
		}
	}
}

// BenchmarkPastRevision reads at revisions that have to be computed, with 1,000 events
// to undo.
func BenchmarkPastRevision(b *testing.B) {
	s, table := newTableStore(b, 100_000)
	var changes []adapters.Change
	for i := range 10_000 {
		record := table.record(i, "changed")
		changes = append(changes, adapters.Change{Revision: adapters.Revision(i + 2), Key: record.Key, After: &record})
	}
	table.commits <- changes
	if err := s.mirror.WaitFor(b.Context(), 10_001); err != nil {
		b.Fatal(err)
	}
	opts := s.everything()
	opts.Predicate.Limit, opts.ResourceVersionMatch = 500, metav1.ResourceVersionMatchExact
	revision := 9_000
	b.ReportAllocs()
	for b.Loop() {
		revision = 9_000 - (9_000-revision+1)%100
		opts.ResourceVersion = fmt.Sprint(revision)
		s.list(b, opts)
	}
}

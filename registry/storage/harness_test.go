package storage_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/apis/example"
	apistorage "k8s.io/apiserver/pkg/storage"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
	"k8s.io/apiserver/pkg/storage/value"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// podStore is a Store of example.Pod with the hooks that upstream's tests need.
type podStore struct {
	*storage.Store
	codec   *podCodec
	mirror  *mirror.Mirror
	adapter adapters.Adapter
	// increase moves the backend's revision, without a change of a Pod that a test
	// looks at.
	increase func(context.Context) (adapters.Revision, error)
	// compactionMoves is true where forgetting history moves the revision by one, as
	// etcd's compactor does.
	compactionMoves bool
}

// newPodStore follows an adapter whose records are of podSchema until the test ends.
func newPodStore(t testing.TB, adapter adapters.Adapter) *podStore {
	t.Helper()
	codec := newPodCodec()
	followed := follow(t, mirror.Config{Name: "pods", Adapter: adapter, Projector: codec})
	store, err := storage.New(storage.Config{
		GroupResource: schema.GroupResource{Resource: "pods"},
		Prefix:        "/pods/",
		Adapter:       adapter,
		Mirror:        followed,
		Codec:         codec,
		Logger:        slog.New(slog.DiscardHandler),
		NewFunc:       func() runtime.Object { return &example.Pod{} },
		NewListFunc:   func() runtime.Object { return &example.PodList{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return &podStore{Store: store, codec: codec, mirror: followed, adapter: adapter}
}

// newMemoryPodStore returns a store of Pods in memory.
func newMemoryPodStore(t testing.TB) *podStore {
	table := memory.New(memory.Config{Schema: podSchema})
	store := newPodStore(t, table)
	store.compactionMoves = true
	store.increase = func(context.Context) (adapters.Revision, error) { return table.IncreaseRevision(), nil }
	return store
}

// follow runs a mirror until the test ends, and waits for its first full state.
func follow(t testing.TB, config mirror.Config) *mirror.Mirror {
	t.Helper()
	config.Logger = slog.New(slog.DiscardHandler)
	followed, err := mirror.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- followed.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	if err := followed.WaitSynced(t.Context()); err != nil {
		t.Fatalf("waiting for the first full state: %v", err)
	}
	return followed
}

// increaseRevision is the hook by which upstream's tests move the revision.
func (s *podStore) increaseRevision(ctx context.Context, t *testing.T) int64 {
	t.Helper()
	revision, err := s.increase(ctx)
	if err != nil {
		t.Fatalf("moving the revision: %v", err)
	}
	if err := s.mirror.WaitFor(ctx, revision); err != nil {
		t.Fatalf("waiting for revision %s: %v", revision, err)
	}
	return int64(revision)
}

// compact is the hook by which upstream's tests forget history.
func (s *podStore) compact(ctx context.Context, t *testing.T, resourceVersion string) {
	t.Helper()
	revision, err := adapters.ParseRevision(resourceVersion)
	if err != nil {
		t.Fatal(err)
	}
	if s.compactionMoves {
		s.increaseRevision(ctx, t)
	}
	s.mirror.Compact(revision)
}

// checkStored is the hook by which upstream's tests look at what is stored: a Pod
// without resourceVersion and selfLink.
func (s *podStore) checkStored(ctx context.Context, t *testing.T, key string) {
	t.Helper()
	recordKey, err := s.codec.RecordKey(key[len("/pods/"):])
	if err != nil {
		t.Fatal(err)
	}
	record, err := s.adapter.Get(ctx, recordKey)
	if err != nil {
		t.Fatalf("read the record of %s: %v", key, err)
	}
	image, _, err := s.codec.Image(record, 0)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := s.codec.Object(image, 0)
	if err != nil {
		t.Fatalf("decode the record of %s: %v", key, err)
	}
	if pod := obj.(*example.Pod); pod.GetResourceVersion() != "" || pod.GetSelfLink() != "" {
		t.Errorf("stored with resourceVersion %q and selfLink %q", pod.GetResourceVersion(), pod.GetSelfLink())
	}
}

// checkReads is the hook by which upstream's tests count decoded objects.
func (s *podStore) checkReads(t *testing.T, _, expected uint64) {
	t.Helper()
	transformer := s.codec.current().(*storagetesting.PrefixTransformer)
	if reads := transformer.GetReadsAndReset(); reads != expected {
		t.Errorf("decoded %d objects, expected %d", reads, expected)
	}
}

// readCountingStore is for the tests that count decoded objects: they don't mean those
// that a creation answers with.
type readCountingStore struct{ *podStore }

func (s readCountingStore) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	defer s.codec.current().(*storagetesting.PrefixTransformer).GetReadsAndReset()
	return s.podStore.Create(ctx, key, obj, out, ttl)
}

// UpdatePrefixTransformer implements storagetesting.InterfaceWithPrefixTransformer.
func (s *podStore) UpdatePrefixTransformer(modify storagetesting.PrefixTransformerModifier) func() {
	transformer := *s.codec.current().(*storagetesting.PrefixTransformer)
	return s.codec.exchange(modify(&transformer))
}

// UpdateTransformer implements storagetesting.InterfaceWithTransformerOverride.
func (s *podStore) UpdateTransformer(modify storagetesting.TransformerModifier) func() {
	return s.codec.exchange(modify(s.codec.current()))
}

// creatingStore is for the one test whose transformer creates an object whenever it
// reads one: it must not read what it has created.
type creatingStore struct{ *podStore }

func (s creatingStore) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	if err := s.podStore.Create(ctx, key, obj, nil, ttl); err != nil {
		return err
	}
	obj.(*example.Pod).DeepCopyInto(out.(*example.Pod))
	return nil
}

var (
	_ storagetesting.InterfaceWithPrefixTransformer   = (*podStore)(nil)
	_ storagetesting.InterfaceWithTransformerOverride = (*podStore)(nil)
	_ value.Transformer                               = (*storagetesting.PrefixTransformer)(nil)
	_ apistorage.Interface                            = (*podStore)(nil)
)

func mustParse(t testing.TB, resourceVersion string) uint64 {
	t.Helper()
	revision, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		t.Fatalf("resourceVersion %q: %v", resourceVersion, err)
	}
	return revision
}

package storage_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/warning"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// expectStatus compares what a client would be told.
func expectStatus(t *testing.T, err error, code int, reason metav1.StatusReason, retryAfter int32, text string) metav1.Status {
	t.Helper()
	status := apierrors.APIStatus(nil)
	if !asStatus(err, &status) {
		t.Fatalf("%v is no Status", err)
	}
	got := status.Status()
	after := int32(0)
	if got.Details != nil {
		after = got.Details.RetryAfterSeconds
	}
	if int(got.Code) != code || got.Reason != reason || after != retryAfter || !strings.Contains(got.Message, text) {
		t.Errorf("got %d %s, retry after %d: %q\nwant %d %s, retry after %d: …%q…",
			got.Code, got.Reason, after, got.Message, code, reason, retryAfter, text)
	}
	return got
}

// TestWriteErrors gives every error of the contract its Status.
func TestWriteErrors(t *testing.T) {
	field := []adapters.FieldError{{Field: "spec.name", Reason: adapters.TooLongValue, Detail: "at most 10 characters"}}
	for name, test := range map[string]struct {
		given      *adapters.Error
		code       int
		reason     metav1.StatusReason
		retryAfter int32
		text       string
		causes     []metav1.StatusCause
	}{
		"invalid": {&adapters.Error{Code: adapters.Invalid, Message: "too long", Fields: field}, 422, metav1.StatusReasonInvalid, 0, "at most 10 characters",
			[]metav1.StatusCause{{Type: metav1.CauseTypeTooLong, Message: "Too long: at most 10 characters", Field: "spec.name"}}},
		"invalid as a whole": {&adapters.Error{Code: adapters.Invalid, Message: "a trigger refuses it"}, 422, metav1.StatusReasonInvalid, 0, "a trigger refuses it", nil},
		"conflict with another record": {&adapters.Error{Code: adapters.Conflict, Message: "taken", Fields: []adapters.FieldError{{Field: "spec.name", Reason: adapters.DuplicateValue, Detail: "another customer has it"}}},
			409, metav1.StatusReasonConflict, 0, "another customer has it", []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueDuplicate, Message: "Duplicate value: another customer has it", Field: "spec.name"}}},
		"forbidden":     {&adapters.Error{Code: adapters.Forbidden, Message: "no privilege"}, 403, metav1.StatusReasonForbidden, 0, "no privilege", nil},
		"unavailable":   {&adapters.Error{Code: adapters.Unavailable, Message: "no route", RetryAfter: 2500 * time.Millisecond}, 503, metav1.StatusReasonServiceUnavailable, 3, "no route", nil},
		"overloaded":    {&adapters.Error{Code: adapters.Overloaded, Message: "pool exhausted"}, 429, metav1.StatusReasonTooManyRequests, 1, "pool exhausted", nil},
		"timeout":       {&adapters.Error{Code: adapters.Timeout, Message: "lock wait"}, 504, metav1.StatusReasonTimeout, 0, "lock wait", nil},
		"indeterminate": {&adapters.Error{Code: adapters.Indeterminate, Message: "connection lost"}, 504, metav1.StatusReasonTimeout, 0, "not known whether", nil},
		"unconfirmed":   {&adapters.Error{Code: adapters.Unconfirmed, Message: "no feed"}, 504, metav1.StatusReasonTimeout, 0, "committed", nil},
		"internal":      {&adapters.Error{Code: adapters.Internal, Message: "password of root"}, 500, metav1.StatusReasonInternalError, 0, "log", nil},
		"expired":       {&adapters.Error{Code: adapters.Expired, Message: "gone"}, 410, metav1.StatusReasonExpired, 0, "gone", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newKindStore(t, namespacedKind)
			s.create(t, "eu", "old", `{"name":"old"}`)
			for verb, write := range s.writes(t) {
				s.faults.FailNext(memory.Call(verb), test.given)
				got := expectStatus(t, write(), test.code, test.reason, test.retryAfter, test.text)
				if strings.Contains(got.Message, "root") {
					t.Errorf("%s: internals are told: %q", verb, got.Message)
				}
				for _, cause := range test.causes {
					if len(got.Details.Causes) != 1 || got.Details.Causes[0] != cause {
						t.Errorf("%s: causes are %+v, want %+v", verb, got.Details.Causes, cause)
					}
				}
			}
		})
	}
}

// writes returns one write of each kind, by the adapter's method that it calls.
func (s *kindStore) writes(t *testing.T) map[memory.Call]func() error {
	return map[memory.Call]func() error{
		memory.CallCreate: func() error {
			return s.Create(t.Context(), s.key("eu", "new"), s.object(t, "eu", "new", `{"name":"new"}`), nil, 0)
		},
		memory.CallUpdate: func() error {
			return s.GuaranteedUpdate(t.Context(), s.key("eu", "old"), s.kind.NewObject(), false, nil, s.withSpec(t, "eu", "old", `{"name":"changed"}`), nil)
		},
		memory.CallDelete: func() error {
			return s.Delete(t.Context(), s.key("eu", "old"), s.kind.NewObject(), nil, apistorage.ValidateAllObjectFunc, nil, apistorage.DeleteOptions{})
		},
	}
}

// TestUniqueKeyConflictIsNotRetried: computing the update again would not help.
func TestUniqueKeyConflictIsNotRetried(t *testing.T) {
	s := newKindStore(t, namespacedKind)
	s.create(t, "eu", "a", `{"name":"taken"}`)
	s.create(t, "eu", "b", `{"name":"free"}`)
	calls := 0
	err := s.GuaranteedUpdate(t.Context(), s.key("eu", "b"), s.kind.NewObject(), false, nil,
		func(runtime.Object, apistorage.ResponseMeta) (runtime.Object, *uint64, error) {
			calls++
			return s.object(t, "eu", "b", `{"name":"taken"}`), nil, nil
		}, nil)
	expectStatus(t, err, 409, metav1.StatusReasonConflict, 0, "spec.name")
	if calls != 1 {
		t.Errorf("computed %d times", calls)
	}
}

// TestStuckConflictEnds: a backend that refuses for ever what it has according to its
// own feed is not asked for ever.
func TestStuckConflictEnds(t *testing.T) {
	s := newKindStore(t, namespacedKind)
	s.create(t, "eu", "a", `{"name":"a"}`)
	for verb, write := range s.writes(t) {
		if verb == memory.CallCreate {
			continue
		}
		conflict := adapters.Errorf(adapters.Conflict, "not what you think")
		for range 3 {
			s.faults.FailNext(verb, conflict)
		}
		if verb == memory.CallUpdate || verb == memory.CallDelete {
			s.faults.FailNext(memory.CallCreate)
		}
		s.create(t, "eu", "old", `{"name":"old"}`)
		expectStatus(t, write(), 409, metav1.StatusReasonConflict, 0, "not what you think")
		s.delete(t, "eu", "old")
	}
}

// TestBackendAway: reads of any revision go on and say how old they are, everything
// that needs the backend is refused with a time to retry after, watches stay.
func TestBackendAway(t *testing.T) {
	s := newKindStore(t, namespacedKind)
	created := s.create(t, "eu", "a", `{"name":"a"}`)
	w := s.watching(t, s.root(), s.from(created.ResourceVersion))
	s.faults.Disconnect(&adapters.Error{Code: adapters.Unavailable, Message: "connection refused", RetryAfter: 4 * time.Second})
	awaitFeed(t, s.mirror, true)
	recorder := &warnings{}
	ctx := warning.WithWarningRecorder(t.Context(), recorder)

	stale := s.from("0")
	if list, err := s.tryList(ctx, stale); err != nil || len(list.Items) != 1 {
		t.Errorf("a list of any revision: %v", err)
	}
	if err := s.Get(ctx, s.key("eu", "a"), apistorage.GetOptions{ResourceVersion: "0"}, s.kind.NewObject()); err != nil {
		t.Errorf("a get of any revision: %v", err)
	}
	if texts := recorder.all(); len(texts) != 2 || !strings.Contains(texts[0], "ago") {
		t.Errorf("warnings: %q", texts)
	}

	_, listErr := s.tryList(ctx, s.everything())
	_, watchErr := s.Watch(ctx, s.root(), s.everything())
	failures := map[string]error{
		"list": listErr, "watch": watchErr,
		"get": s.Get(ctx, s.key("eu", "a"), apistorage.GetOptions{}, s.kind.NewObject()),
	}
	for verb, write := range s.writes(t) {
		failures[string(verb)] = write()
	}
	for what, err := range failures {
		t.Run(what, func(t *testing.T) {
			expectStatus(t, err, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, 4, "connection refused")
		})
	}
	s.faults.Reconnect()
	awaitFeed(t, s.mirror, false)
	expect(t, w, watch.Modified, s.put(t, "eu", "a", `{"name":"b"}`))
}

// awaitFeed waits until the feed is unwell, or well again although nothing changes.
func awaitFeed(t *testing.T, m *mirror.Mirror, unwell bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := m.Unwell(); (err != nil) == unwell {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the feed is not unwell=%t", unwell)
		}
	}
}

// warnings records Warning headers.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

func (w *warnings) AddWarning(_, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

func (w *warnings) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.texts
}

// TestBeforeTheFirstState: 429 while the first state is being read, 503 when it cannot be.
func TestBeforeTheFirstState(t *testing.T) {
	kind := newKind(t, namespacedKind)
	for name, test := range map[string]struct {
		unwell error
		code   int
		reason metav1.StatusReason
		text   string
	}{
		"initializing": {nil, 429, metav1.StatusReasonTooManyRequests, "initializing"},
		"away":         {adapters.Errorf(adapters.Unavailable, "no such host"), 503, metav1.StatusReasonServiceUnavailable, "no such host"},
		"misconfigured": {adapters.Errorf(adapters.Internal, "access denied for root with password x"), 503,
			metav1.StatusReasonServiceUnavailable, "log"},
	} {
		t.Run(name, func(t *testing.T) {
			adapter := &stuckAdapter{Adapter: memory.New(memory.Config{Schema: kind.AdapterSchema()}), unwell: test.unwell, told: make(chan struct{})}
			made, err := mirror.New(mirror.Config{Name: "customers", Adapter: adapter, Projector: kind.StorageCodec()})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- made.Run(ctx) }()
			defer func() { cancel(); <-done }()
			<-adapter.told
			store, err := storage.New(storage.Config{
				GroupResource: kind.Resource().GroupResource(), Prefix: "/customers/", Adapter: adapter, Mirror: made, Codec: kind.StorageCodec(),
				NewFunc: func() runtime.Object { return kind.NewObject() }, NewListFunc: func() runtime.Object { return kind.NewList() },
			})
			if err != nil {
				t.Fatal(err)
			}
			s := &kindStore{Store: store, kind: kind, mirror: made}
			_, listErr := s.tryList(ctx, s.from("0"))
			_, watchErr := s.Watch(ctx, s.root(), s.everything())
			for what, err := range map[string]error{
				"list": listErr, "watch": watchErr,
				"get":    s.Get(ctx, s.key("eu", "a"), apistorage.GetOptions{}, kind.NewObject()),
				"create": s.Create(ctx, s.key("eu", "a"), s.object(t, "eu", "a", `{}`), nil, 0),
			} {
				t.Log(what)
				if got := expectStatus(t, err, test.code, test.reason, 1, test.text); strings.Contains(got.Message, "password") {
					t.Errorf("internals are told: %q", got.Message)
				}
			}
			if err := s.ReadinessCheck(); !errors.Is(err, apistorage.ErrStorageNotReady) {
				t.Errorf("ReadinessCheck: %v", err)
			}
		})
	}
}

// stuckAdapter never delivers a state.
type stuckAdapter struct {
	*memory.Adapter
	unwell error
	told   chan struct{}
}

func (a *stuckAdapter) Sync(ctx context.Context, _ adapters.Revision, sink adapters.Sink) error {
	if a.unwell != nil {
		sink.Unwell(a.unwell)
	}
	close(a.told)
	<-ctx.Done()
	return nil
}

// TestCommittedButNotSeen: a write whose event doesn't come in time is not repeated.
func TestCommittedButNotSeen(t *testing.T) {
	s := newKindStore(t, namespacedKind)
	s.faults.Hold()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := s.Create(ctx, s.key("eu", "a"), s.object(t, "eu", "a", `{"name":"a"}`), s.kind.NewObject(), 0)
	expectStatus(t, err, http.StatusGatewayTimeout, metav1.StatusReasonTimeout, 0, "committed")
	s.faults.Release()
	s.get(t, "eu", "a")
}

// TestConsistentReadsWaitForTheFeed: a read after a foreign commit shows it, however
// far behind the feed is.
func TestConsistentReadsWaitForTheFeed(t *testing.T) {
	s := newKindStore(t, namespacedKind)
	s.create(t, "eu", "a", `{"name":"a"}`)
	s.faults.Lag(50 * time.Millisecond)
	for i := range 5 {
		changed := s.with(t, s.record(t, "eu", "a"), "spec.name", adapters.String(fmt.Sprint("n", i)))
		s.foreign(t, func(tx *memory.Transaction) error { return tx.Update(changed) })
		if got := spec(t, s.get(t, "eu", "a"))["name"]; got != fmt.Sprint("n", i) {
			t.Errorf("after the commit of n%d: %v", i, got)
		}
	}
}

// TestReadOnlyAdapter: writes of an adapter that cannot are 405, a time to live too.
func TestReadOnlyAdapter(t *testing.T) {
	s := newKindStore(t, namespacedKind, func(storageConfig *storage.Config, mirrorConfig *mirror.Config) {
		readOnly := struct{ adapters.Adapter }{storageConfig.Adapter}
		storageConfig.Adapter, mirrorConfig.Adapter = readOnly, readOnly
	})
	for _, write := range s.writes(t) {
		expectStatus(t, write(), http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed, 0, "not supported")
	}
	writable := newKindStore(t, namespacedKind, func(storageConfig *storage.Config, _ *mirror.Config) {
		storageConfig.Adapter = struct {
			adapters.Adapter
			adapters.Writer
		}{storageConfig.Adapter, storageConfig.Adapter.(adapters.Writer)}
	})
	err := writable.Create(t.Context(), writable.key("eu", "a"), writable.object(t, "eu", "a", `{}`), nil, 5)
	expectStatus(t, err, http.StatusMethodNotAllowed, metav1.StatusReasonMethodNotAllowed, 0, "time to live")
}

package storage_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	apistorage "k8s.io/apiserver/pkg/storage"
	"k8s.io/utils/ptr"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

func asStatus(err error, status *apierrors.APIStatus) bool { return errors.As(err, status) }

// watching starts a watch, which must succeed, and stops it with the test.
func (s *kindStore) watching(t testing.TB, key string, opts apistorage.ListOptions) watch.Interface {
	t.Helper()
	w, err := s.Watch(t.Context(), key, opts)
	if err != nil {
		t.Fatalf("watch: %v", err)
	}
	t.Cleanup(w.Stop)
	return w
}

// next returns the next event.
func next(t testing.TB, w watch.Interface) watch.Event {
	t.Helper()
	select {
	case event, ok := <-w.ResultChan():
		if !ok {
			t.Fatal("the watch has ended")
		}
		return event
	case <-time.After(patience):
		t.Fatal("no event came")
		return watch.Event{}
	}
}

func plainObject(t testing.TB, event watch.Event) *object.Object {
	t.Helper()
	obj := event.Object
	if shared, ok := obj.(runtime.CacheableObject); ok {
		obj = shared.GetObject()
	}
	declared, ok := obj.(*object.Object)
	if !ok {
		t.Fatalf("a %s event has a %T: %v", event.Type, obj, obj)
	}
	return declared
}

// expect compares the next event.
func expect(t testing.TB, w watch.Interface, eventType watch.EventType, want *object.Object) {
	t.Helper()
	event := next(t, w)
	if got := plainObject(t, event); event.Type != eventType || document(t, got) != document(t, want) {
		t.Fatalf("got %s\n%s\nwant %s\n%s", event.Type, document(t, got), eventType, document(t, want))
	}
}

// expectEnd expects nothing more.
func expectEnd(t testing.TB, w watch.Interface) {
	t.Helper()
	select {
	case event, ok := <-w.ResultChan():
		if ok {
			t.Fatalf("got %s instead of the end", event.Type)
		}
	case <-time.After(patience):
		t.Fatal("the watch did not end")
	}
}

// expectExpired expects 410 and the end.
func expectExpired(t testing.TB, w watch.Interface) {
	t.Helper()
	event := next(t, w)
	if event.Type != watch.Error || !apierrors.IsResourceExpired(apierrors.FromObject(event.Object)) {
		t.Fatalf("got %s %v instead of 410", event.Type, event.Object)
	}
	expectEnd(t, w)
}

func (s *kindStore) from(revision string) apistorage.ListOptions {
	opts := s.everything()
	opts.ResourceVersion = revision
	return opts
}

func runKindWatch(t *testing.T, s *kindStore) {
	w := s.watching(t, s.root(), s.from(s.list(t, s.everything()).ResourceVersion))
	created := s.create(t, "eu", "acme", acme)
	updated := s.put(t, "eu", "acme", `{"name":"Acme"}`)
	deleted := s.delete(t, "eu", "acme")
	expect(t, w, watch.Added, created)
	expect(t, w, watch.Modified, updated)
	expect(t, w, watch.Deleted, deleted)
	resumed := s.watching(t, s.root(), s.from(created.ResourceVersion))
	expect(t, resumed, watch.Modified, updated)
	expect(t, resumed, watch.Deleted, deleted)
	resumed.Stop()
	expectEnd(t, resumed)
}

func runKindWatchWithSelector(t *testing.T, s *kindStore) {
	opts := s.selecting(t, "", "spec.status=Active")
	opts.ResourceVersion = s.list(t, s.everything()).ResourceVersion
	w := s.watching(t, s.root(), opts)
	s.create(t, "eu", "acme", `{"name":"A","status":"New"}`)
	entered := s.put(t, "eu", "acme", `{"name":"A","status":"Active"}`)
	changed := s.put(t, "eu", "acme", `{"name":"B","status":"Active"}`)
	left := s.put(t, "eu", "acme", `{"name":"B","status":"Inactive"}`)
	s.delete(t, "eu", "acme")
	again := s.create(t, "eu", "other", `{"name":"O","status":"Active"}`)
	expect(t, w, watch.Added, entered)
	expect(t, w, watch.Modified, changed)
	changed.ResourceVersion = left.ResourceVersion
	expect(t, w, watch.Deleted, changed)
	expect(t, w, watch.Added, again)
}

func runKindWatchFromState(t *testing.T, s *kindStore) {
	first, second := s.create(t, "eu", "a", `{"name":"A"}`), s.create(t, "eu", "b", `{"name":"B"}`)
	for _, revision := range []string{"", "0"} {
		w := s.watching(t, s.root(), s.from(revision))
		expect(t, w, watch.Added, first)
		expect(t, w, watch.Added, second)
		second = s.put(t, "eu", "b", `{"name":"B of `+revision+`"}`)
		expect(t, w, watch.Modified, second)
	}
}

func runKindWatchList(t *testing.T, s *kindStore) {
	first := s.create(t, "eu", "a", `{"name":"A"}`)
	for _, revision := range []string{"", "0", first.ResourceVersion} {
		opts := s.from(revision)
		opts.SendInitialEvents, opts.Predicate.AllowWatchBookmarks = ptr.To(true), true
		opts.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
		w := s.watching(t, s.root(), opts)
		expect(t, w, watch.Added, first)
		event := next(t, w)
		mark := plainObject(t, event)
		if event.Type != watch.Bookmark || mark.Annotations[metav1.InitialEventsAnnotationKey] != "true" || mark.ResourceVersion != s.mirror.Revision().String() {
			t.Errorf("resourceVersion %q: the end is marked by %s %s", revision, event.Type, document(t, mark))
		}
	}
	opts := s.from(beyond)
	opts.SendInitialEvents, opts.ResourceVersionMatch = ptr.To(true), metav1.ResourceVersionMatchNotOlderThan
	event := next(t, s.watching(t, s.root(), opts))
	if event.Type != watch.Error || !apistorage.IsTooLargeResourceVersion(apierrors.FromObject(event.Object)) {
		t.Errorf("a revision to come: %s %v", event.Type, event.Object)
	}
}

func runKindWatchExpired(t *testing.T, s *kindStore) {
	first := s.create(t, "eu", "a", `{"name":"A"}`)
	second := s.put(t, "eu", "a", `{"name":"B"}`)
	s.mirror.Compact(adapters.Revision(mustParse(t, second.ResourceVersion)))
	expectExpired(t, s.watching(t, s.root(), s.from(first.ResourceVersion)))
	w := s.watching(t, s.root(), s.from(second.ResourceVersion))
	expect(t, w, watch.Deleted, s.delete(t, "eu", "a"))
	if _, err := s.Watch(t.Context(), s.root(), s.from("9223372036854775808")); !apierrors.IsBadRequest(err) {
		t.Errorf("2^63: %v", err)
	}
}

func runKindWatchFuture(t *testing.T, s *kindStore) {
	present := s.create(t, "eu", "a", `{"name":"A"}`)
	future := adapters.Revision(mustParse(t, present.ResourceVersion) + 2)
	w := s.watching(t, s.root(), s.from(future.String()))
	s.put(t, "eu", "a", `{"name":"B"}`)
	s.put(t, "eu", "a", `{"name":"C"}`)
	expect(t, w, watch.Modified, s.put(t, "eu", "a", `{"name":"D"}`))
	s.faults.Foreign(func(revision adapters.Revision) bool { return revision > 1<<40 })
	expectExpired(t, s.watching(t, s.root(), s.from(beyond)))
}

// runKindWatchSharesEncodings encodes an event for several watches: every watch gets the
// bytes of the object itself, encoded once.
func runKindWatchSharesEncodings(t *testing.T, s *kindStore) {
	start := s.list(t, s.everything()).ResourceVersion
	var watches []watch.Interface
	for range 3 {
		watches = append(watches, s.watching(t, s.root(), s.from(start)))
	}
	created := s.create(t, "eu", "acme", acme)
	calls := 0
	encode := func(obj runtime.Object, w io.Writer) error {
		calls++
		_, err := io.WriteString(w, document(t, obj.(*object.Object)))
		return err
	}
	var events []watch.Event
	for _, w := range watches {
		events = append(events, next(t, w))
	}
	for _, event := range events {
		var buffer bytes.Buffer
		if err := event.Object.(runtime.CacheableObject).CacheEncode("test", encode, &buffer); err != nil {
			t.Fatal(err)
		}
		if buffer.String() != document(t, created) {
			t.Errorf("encoded\n%s\nwant\n%s", buffer.String(), document(t, created))
		}
	}
	if calls != 1 {
		t.Errorf("encoded %d times for %d watches", calls, len(watches))
	}
}

func runKindWatchOne(t *testing.T, s *kindStore) {
	first := s.create(t, "eu", "a", `{"name":"A"}`)
	opts := s.from("0")
	opts.Recursive = false
	w := s.watching(t, s.key("eu", "a"), opts)
	expect(t, w, watch.Added, first)
	s.create(t, "eu", "ab", `{"name":"AB"}`)
	expect(t, w, watch.Modified, s.put(t, "eu", "a", `{"name":"C"}`))
}

func runKindWatchCut(t *testing.T, s *kindStore) {
	first := s.create(t, "eu", "a", `{"name":"A"}`)
	w := s.watching(t, s.root(), s.from(first.ResourceVersion))
	s.faults.Cut()
	expectExpired(t, w)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.mirror.WaitSynced(ctx); err != nil {
		t.Fatal(err)
	}
	resumed := s.watching(t, s.root(), s.from(first.ResourceVersion))
	expect(t, resumed, watch.Modified, s.put(t, "eu", "a", `{"name":"B"}`))
}

package storage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/watch"
	apistorage "k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// TestSlowWatchIsToldToRelist: a client that doesn't read gets what waits for it, then
// 410; one that reads is not held up.
func TestSlowWatchIsToldToRelist(t *testing.T) {
	s := newKindStore(t, namespacedKind, func(_ *storage.Config, m *mirror.Config) {
		m.History, m.HistoryForWatchers = mirror.Bounds{Events: 10}, mirror.Bounds{Events: 300}
	})
	start := s.create(t, "eu", "a", `{"name":"0"}`)
	slow, reading := s.watching(t, s.root(), s.from(start.ResourceVersion)), s.watching(t, s.root(), s.from(start.ResourceVersion))
	const writes = 1000
	for i := 1; i <= writes; i++ {
		expect(t, reading, watch.Modified, s.put(t, "eu", "a", fmt.Sprintf(`{"name":"%d"}`, i)))
	}
	previous, received := mustParse(t, start.ResourceVersion), 0
	for {
		event := next(t, slow)
		if event.Type == watch.Error {
			if err := apierrors.FromObject(event.Object); !apierrors.IsResourceExpired(err) {
				t.Errorf("the slow watch ends with %v", err)
			}
			break
		}
		revision := mustParse(t, plainObject(t, event).ResourceVersion)
		if revision != previous+1 {
			t.Fatalf("revision %d came after %d", revision, previous)
		}
		previous = revision
		received++
	}
	if received == 0 || received >= writes {
		t.Errorf("the slow watch received %d of %d events", received, writes)
	}
	expectEnd(t, slow)
}

// TestBookmarks come from time to time, with the revision that everything is known up
// to, and only to those who asked.
func TestBookmarks(t *testing.T) {
	s := newKindStore(t, namespacedKind, func(c *storage.Config, _ *mirror.Config) { c.BookmarkPeriod = 5 * time.Millisecond })
	start := s.create(t, "eu", "a", `{"name":"0"}`)
	opts := s.from(start.ResourceVersion)
	deaf := s.watching(t, s.root(), opts)
	opts.Predicate.AllowWatchBookmarks = true
	w := s.watching(t, "/customers/us", opts)
	for range 3 {
		revision := s.table.IncreaseRevision()
		event := next(t, w)
		if mark := plainObject(t, event); event.Type != watch.Bookmark || mustParse(t, mark.ResourceVersion) > uint64(revision) || len(mark.Annotations) != 0 || mark.Name != "" {
			t.Errorf("got %s %s", event.Type, document(t, mark))
		}
		if err := s.mirror.WaitFor(t.Context(), revision); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, deaf, watch.Modified, s.put(t, "eu", "a", `{"name":"1"}`))
}

// TestWatchEndsWithTheServer: without an error, as when a connection ends.
func TestWatchEndsWithTheServer(t *testing.T) {
	var w watch.Interface
	t.Run("server", func(t *testing.T) {
		s := newKindStore(t, namespacedKind)
		var err error
		if w, err = s.Watch(context.Background(), s.root(), s.from("0")); err != nil {
			t.Fatal(err)
		}
	})
	expectEnd(t, w)
}

// FuzzContinueToken: a forged token gives a page or a Status that a client knows.
func FuzzContinueToken(f *testing.F) {
	for _, token := range []string{"", "AAAA", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi8uLi9hIn0"} {
		f.Add(token)
	}
	for _, revision := range []int64{-1, 0, 1, 2, 1 << 62} {
		token, err := apistorage.EncodeContinue("/customers/eu/a\x00", "/customers/", revision)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(token)
	}
	s := newKindStore(f, namespacedKind, func(c *storage.Config, _ *mirror.Config) { c.RevisionWait = time.Millisecond })
	s.create(f, "eu", "a", `{"name":"0"}`)
	s.faults.Foreign(func(revision adapters.Revision) bool { return revision > 1<<40 })
	f.Fuzz(func(t *testing.T, token string) {
		opts := s.everything()
		opts.Predicate.Continue, opts.Predicate.Limit = token, 1
		_, err := s.tryList(context.Background(), opts)
		if err != nil && !apierrors.IsBadRequest(err) && !apierrors.IsResourceExpired(err) && !apistorage.IsTooLargeResourceVersion(err) {
			t.Errorf("token %q: %v", token, err)
		}
	})
}

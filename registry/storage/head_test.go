package storage

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// TestHeadIsShared: callers never join a question that began before them, and all who
// arrive during one share the next.
func TestHeadIsShared(t *testing.T) {
	var asked atomic.Int64
	answers := make(chan struct{})
	head := newSharedHead(func(context.Context) (adapters.Revision, error) {
		revision := adapters.Revision(asked.Add(1))
		<-answers
		return revision, nil
	}, time.Minute)
	get := func(into *adapters.Revision, group *sync.WaitGroup) {
		group.Go(func() {
			revision, err := head.get(t.Context())
			if err != nil {
				t.Errorf("get: %v", err)
			}
			*into = revision
		})
	}
	var group sync.WaitGroup
	revisions := make([]adapters.Revision, 101)
	get(&revisions[0], &group)
	await(t, func() bool { return asked.Load() == 1 })
	for i := range 100 {
		get(&revisions[1+i], &group)
	}
	await(t, func() bool {
		head.mu.Lock()
		defer head.mu.Unlock()
		return head.next != nil && head.next.waiting == 100
	})
	answers <- struct{}{}
	answers <- struct{}{}
	group.Wait()
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
	for i, revision := range revisions {
		if want := min(adapters.Revision(i), 1) + 1; revision != want {
			t.Errorf("caller %d has the answer to question %s, want %s", i, revision, want)
		}
	}
}

// TestHeadIsGivenUp: a question that nobody waits for any more ends.
func TestHeadIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	head := newSharedHead(func(ctx context.Context) (adapters.Revision, error) {
		cancel()
		<-ctx.Done()
		ended <- ctx.Err()
		return 0, ctx.Err()
	}, time.Minute)
	if _, err := head.get(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the question ended with %v", err)
	}
}

// TestHeadAfterEverybodyLeft: who comes after those who gave up gets an answer.
func TestHeadAfterEverybodyLeft(t *testing.T) {
	answers := make(chan struct{})
	head := newSharedHead(func(context.Context) (adapters.Revision, error) {
		<-answers
		return 7, nil
	}, time.Minute)
	var group sync.WaitGroup
	group.Go(func() { _, _ = head.get(t.Context()) })
	await(t, func() bool { head.mu.Lock(); defer head.mu.Unlock(); return head.current != nil })
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := head.get(impatient); !errors.Is(err, context.Canceled) {
		t.Errorf("get: %v", err)
	}
	group.Go(func() {
		if revision, err := head.get(t.Context()); err != nil || revision != 7 {
			t.Errorf("get: %s, %v", revision, err)
		}
	})
	close(answers)
	group.Wait()
}

func await(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the condition does not come true")
		}
	}
}

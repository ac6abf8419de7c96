package soak

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// follower is an informer that remembers what it was told: the revisions of each
// watch as they come over the wire, and the states of each key as its handlers see them.
type follower struct {
	name     string
	client   *client
	informer cache.SharedIndexInformer
	// classic lists first and watches then, as clients did before watch-list.
	classic bool

	mu       sync.Mutex
	seen     map[rowKey][]*row
	watches  int
	events   int
	lists    int
	problems []string
}

func newFollower(name string, client *client, classic bool) (*follower, error) {
	f := &follower{name: name, client: client, classic: classic, seen: map[rowKey][]*row{}}
	source := &cache.ListWatch{ListWithContextFunc: f.list, WatchFuncWithContext: f.watch}
	f.informer = cache.NewSharedIndexInformer(source, &Account{}, 0, cache.Indexers{})
	_, err := f.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { f.saw(object.(*Account), false) },
		UpdateFunc: func(_, object any) { f.saw(object.(*Account), false) },
		DeleteFunc: func(object any) {
			if last, stale := object.(cache.DeletedFinalStateUnknown); stale {
				object = last.Obj
			}
			f.saw(object.(*Account), true)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("adding a handler: %w", err)
	}
	return f, nil
}

// run follows until ctx ends.
func (f *follower) run(ctx context.Context) { f.informer.RunWithContext(ctx) }

func (f *follower) list(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	f.mu.Lock()
	f.lists++
	f.mu.Unlock()
	return f.client.list(ctx, options)
}

func (f *follower) watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	initial := options.SendInitialEvents != nil && *options.SendInitialEvents
	if f.classic && initial {
		// What a server without watch-list answers: the informer then lists.
		return nil, &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
		}}
	}
	source, err := f.client.watch(ctx, options)
	if err != nil {
		return nil, err
	}
	order := &watchOrder{initial: initial}
	if !initial {
		order.position = revisionOf(options.ResourceVersion)
	}
	f.mu.Lock()
	f.watches++
	f.mu.Unlock()
	return observe(source, func(event watch.Event) { f.check(order, event) }), nil
}

func (f *follower) check(order *watchOrder, event watch.Event) {
	if event.Type == watch.Error {
		return
	}
	object, err := meta.Accessor(event.Object)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.problems = append(f.problems, fmt.Sprintf("a %s event has no metadata: %v", event.Type, err))
		return
	}
	f.events++
	problem := order.next(step{
		revision:     revisionOf(object.GetResourceVersion()),
		bookmark:     event.Type == watch.Bookmark,
		endOfInitial: object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true",
	})
	if problem != "" {
		f.problems = append(f.problems, fmt.Sprintf("%s (%s of %s/%s)", problem, event.Type, object.GetNamespace(), object.GetName()))
	}
}

// saw adds a state, unless it is the one before: lists repeat what was there.
func (f *follower) saw(account *Account, gone bool) {
	var state *row
	if !gone {
		present := rowOf(account)
		state = &present
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	states := f.seen[account.key()]
	if len(states) > 0 && sameRow(states[len(states)-1], state) {
		return
	}
	f.seen[account.key()] = append(states, state)
}

// present returns the states that the handlers know.
func (f *follower) present() map[rowKey]row {
	f.mu.Lock()
	defer f.mu.Unlock()
	rows := map[rowKey]row{}
	for key, states := range f.seen {
		if last := states[len(states)-1]; last != nil {
			rows[key] = *last
		}
	}
	return rows
}

// stored returns what the informer's cache has.
func (f *follower) stored() map[rowKey]row {
	rows := map[rowKey]row{}
	for _, object := range f.informer.GetStore().List() {
		account := object.(*Account)
		rows[account.key()] = rowOf(account)
	}
	return rows
}

// checkAgainst returns everything that contradicts the ledger.
func (f *follower) checkAgainst(l *ledger) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	problems := f.problems
	for key := range l.states {
		if problem := l.checkSequence(key, f.seen[key]); problem != "" {
			problems = append(problems, problem)
		}
	}
	for key, states := range f.seen {
		if _, known := l.states[key]; !known {
			problems = append(problems, fmt.Sprintf("%s: %d states of a key that never was", key, len(states)))
		}
	}
	return problems
}

func (f *follower) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("%s: %d lists, %d watches, %d events", f.name, f.lists, f.watches, f.events)
}

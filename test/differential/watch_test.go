package differential

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/storage"
)

// eventTimeout is how long an event may take that is certain to come.
const eventTimeout = 20 * time.Second

// endNote is the annotation value that the last event of a watch carries.
const endNote = "end-of-watch-"

// open is storage.Interface.Watch. Its events are collected until the sequence ends.
type open struct {
	scope     scope
	selection selection
	moment    moment
	// list asks for the present state first, ended by a bookmark.
	list bool
	// bookmarks are allowed.
	bookmarks bool
}

func (o open) String() string {
	return fmt.Sprintf("watch %s %s revision=%s list=%t bookmarks=%t", o.scope.key(), o.selection, o.moment, o.list, o.bookmarks)
}

func (o open) perform(ctx context.Context, r *run) (string, error) {
	options := storage.ListOptions{
		Recursive:       o.scope.recursive(),
		ResourceVersion: o.moment.resolve(&r.revisions),
		Predicate:       o.selection.predicate(),
	}
	options.Predicate.AllowWatchBookmarks = o.bookmarks || o.list
	if o.list {
		options.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
		options.SendInitialEvents = &o.list
	}
	watchContext, cancel := context.WithCancel(ctx)
	stream, err := r.store.Watch(watchContext, o.scope.key(), options)
	if err != nil {
		cancel()
		return describeWatchError(err), nil
	}
	w := &watcher{operation: o, id: endNote + strconv.Itoa(len(r.watches)), stream: stream, cancel: cancel, ended: make(chan struct{})}
	r.watches = append(r.watches, w)
	go w.collect()
	return "watching", nil
}

// watcher collects the events of one watch.
type watcher struct {
	operation open
	id        string
	stream    watch.Interface
	cancel    context.CancelFunc
	// events are complete when ended is closed.
	events []watch.Event
	ended  chan struct{}
}

// collect reads until the event that ends the watch, or until the stream closes.
func (w *watcher) collect() {
	defer close(w.ended)
	for event := range w.stream.ResultChan() {
		event.Object = resolveCached(event.Object)
		w.events = append(w.events, event)
		if pod, ok := event.Object.(*example.Pod); ok && pod.Annotations["note"] == w.id {
			return
		}
	}
}

// resolveCached unwraps the objects that a watch cache encodes once for all watchers.
func resolveCached(object runtime.Object) runtime.Object {
	if cacheable, ok := object.(runtime.CacheableObject); ok {
		return cacheable.GetObject()
	}
	return object
}

// finishWatches makes an event for each watch that it must see, and returns what all
// of them have seen up to it.
func (r *run) finishWatches(ctx context.Context) ([]string, error) {
	for _, w := range r.watches {
		if err := r.writeLast(ctx, w); err != nil {
			return nil, err
		}
	}
	seen := make([]string, 0, len(r.watches))
	for _, w := range r.watches {
		text, err := r.finish(w)
		if err != nil {
			return nil, err
		}
		seen = append(seen, text)
	}
	return seen, nil
}

// writeLast changes one object that the watch covers and selects.
func (r *run) writeLast(ctx context.Context, w *watcher) error {
	at := place{namespace: w.operation.scope.namespace, name: w.operation.scope.name}
	if at.namespace == "" {
		at.namespace = namespaces[0]
	}
	if w.operation.selection.name != "" {
		at.name = w.operation.selection.name
	}
	if at.name == "" {
		at.name = names[0]
	}
	last := update{
		at: at, ignoreNotFound: true, conditions: conditions{version: noVersion},
		content: content{tier: w.operation.selection.tier, node: w.operation.selection.node, note: w.id},
	}
	if _, err := last.perform(ctx, r); err != nil {
		return fmt.Errorf("make the last event of %s: %w", w.operation, err)
	}
	return nil
}

func (r *run) finish(w *watcher) (string, error) {
	select {
	case <-w.ended:
	case <-time.After(eventTimeout):
		r.stopWatch(w)
		return w.operation.String() + "\nSTALLED after\n" + r.describeEvents(w), nil
	}
	r.stopWatch(w)
	return w.operation.String() + "\n" + r.describeEvents(w), nil
}

func (r *run) describeEvents(w *watcher) string {
	var lines []string
	for _, event := range w.events {
		if line := r.describeEvent(event); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// describeEvent leaves out the bookmarks that come at times of the store's choosing.
func (r *run) describeEvent(event watch.Event) string {
	if event.Type == watch.Error {
		return "ERROR " + describeError(func(err error) error { return err }, apierrors.FromObject(event.Object))
	}
	pod, ok := event.Object.(*example.Pod)
	if !ok {
		return fmt.Sprintf("%s %T", event.Type, event.Object)
	}
	if event.Type == watch.Bookmark {
		if pod.Annotations[metav1.InitialEventsAnnotationKey] != "true" {
			return ""
		}
		return "BOOKMARK initial events end@" + r.revisions.ordinal(pod.ResourceVersion)
	}
	return fmt.Sprintf("%s %s", event.Type, r.describe(pod))
}

func (r *run) stopWatches() {
	for _, w := range r.watches {
		r.stopWatch(w)
	}
}

// stopWatch ends a watch and waits until its collector has ended too.
func (r *run) stopWatch(w *watcher) {
	w.cancel()
	w.stream.Stop()
	for range w.stream.ResultChan() {
	}
	<-w.ended
}

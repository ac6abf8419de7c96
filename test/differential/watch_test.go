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
	if r.justBeforeCompaction(options.ResourceVersion) {
		return "not compared, see differences_test.go", nil
	}
	watchContext, cancel := context.WithCancel(ctx)
	stream, err := r.store.Watch(watchContext, o.scope.key(), options)
	if err != nil {
		cancel()
		return describeWatchError(err), nil
	}
	w := &watcher{operation: o, id: endNote + strconv.Itoa(len(r.watches)), stream: stream, cancel: cancel, ended: make(chan struct{}), noted: make(chan string, 1000)}
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
	// noted receives the notes of the events, while there is room.
	noted chan string
}

// collect reads until the event that ends the watch, or until the stream closes.
func (w *watcher) collect() {
	defer close(w.ended)
	for event := range w.stream.ResultChan() {
		event.Object = resolveCached(event.Object)
		w.events = append(w.events, event)
		pod, ok := event.Object.(*example.Pod)
		if !ok {
			continue
		}
		note := pod.Annotations["note"]
		if note == w.id {
			return
		}
		select {
		case w.noted <- note:
		default:
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
func (r *run) finishWatches(ctx context.Context) ([]watched, error) {
	for _, w := range r.watches {
		if err := r.writeFor(ctx, w, w.id); err != nil {
			return nil, err
		}
	}
	seen := make([]watched, len(r.watches))
	for i, w := range r.watches {
		seen[i] = watched{operation: w.operation, text: r.finish(w)}
	}
	return seen, nil
}

// catchUp makes an event for each watch and waits until it has seen it: a watch that
// is behind when the history is cut may be cut too, which would be a matter of luck.
func (r *run) catchUp(ctx context.Context) error {
	for i, w := range r.watches {
		note := fmt.Sprintf("caught-up-%d-%d", i, len(r.revisions.known))
		if err := r.writeFor(ctx, w, note); err != nil {
			return err
		}
		if err := w.awaitNote(note); err != nil {
			return err
		}
	}
	return nil
}

// awaitNote returns when the watch has seen this note, or has ended.
func (w *watcher) awaitNote(note string) error {
	timeout := time.After(eventTimeout)
	for {
		select {
		case seen := <-w.noted:
			if seen == note {
				return nil
			}
		case <-w.ended:
			return nil
		case <-timeout:
			return fmt.Errorf("%s did not see %q", w.operation, note)
		}
	}
}

// writeFor changes one object that the watch covers and selects.
func (r *run) writeFor(ctx context.Context, w *watcher, note string) error {
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
		content: content{tier: w.operation.selection.tier, node: w.operation.selection.node, note: note},
	}
	if _, err := last.perform(ctx, r); err != nil {
		return fmt.Errorf("make an event for %s: %w", w.operation, err)
	}
	return nil
}

// finish waits for the watch's last event, or the end of its stream.
func (r *run) finish(w *watcher) string {
	stalled := ""
	select {
	case <-w.ended:
	case <-time.After(eventTimeout):
		stalled = "STALLED after\n"
	}
	r.stopWatch(w)
	return stalled + r.describeEvents(w)
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

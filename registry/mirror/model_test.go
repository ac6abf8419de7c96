package mirror

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// textProjector serves records as their first value; "!" in it cannot be represented.
// Keys are case-sensitive in the backend and are not as names, so that two records can
// have the same.
type textProjector struct{}

func (textProjector) ObjectKey(key adapters.Key) (string, error) {
	text := key[0].Text()
	if strings.Contains(text, "?") {
		return "", fmt.Errorf("no name for %q", text)
	}
	return strings.ToLower(text), nil
}

func (textProjector) Image(record adapters.Record, _ adapters.Revision) (any, int, error) {
	text := record.Values[0].Text()
	if strings.Contains(text, "!") {
		return nil, 0, fmt.Errorf("no form for %q", text)
	}
	return text, len(text), nil
}

func textRecord(key, text string) adapters.Record {
	return adapters.Record{Key: adapters.Key{adapters.String(key)}, Values: []adapters.Value{adapters.String(text)}}
}

// newFed returns a mirror and the sink that feeds it, without a Run in between.
func newFed(t interface{ Fatal(...any) }, config Config) (*Mirror, *sink) {
	config.Name, config.Projector, config.Adapter = "things", textProjector{}, silentAdapter{}
	config.Logger = slog.New(slog.DiscardHandler)
	m, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return m, &sink{mirror: m, abort: func(error) {}}
}

// silentAdapter is for tests that feed the mirror themselves.
type silentAdapter struct{ adapters.Adapter }

// fullHistory is the mirror as it would be if memory cost nothing: every state.
type fullHistory struct {
	revision adapters.Revision
	floor    adapters.Revision
	records  map[string]string
	// objects is the state at each revision since the last cut.
	objects map[adapters.Revision]map[string]string
	// owners says which record is served under an object key, in the order of arrival.
	owners map[string][]string
}

func newFullHistory() *fullHistory {
	return &fullHistory{records: map[string]string{}, objects: map[adapters.Revision]map[string]string{}, owners: map[string][]string{}}
}

// representable says what the projector says.
func representable(key, text string) bool {
	return !strings.Contains(key, "?") && !strings.Contains(text, "!")
}

func (h *fullHistory) change(key, text string, exists bool) {
	before, had := h.records[key]
	object := strings.ToLower(key)
	if had && representable(key, before) && !(exists && representable(key, text)) {
		h.owners[object] = slices.DeleteFunc(h.owners[object], func(owner string) bool { return owner == key })
	}
	if exists && representable(key, text) && !slices.Contains(h.owners[object], key) {
		h.owners[object] = append(h.owners[object], key)
	}
	delete(h.records, key)
	if exists {
		h.records[key] = text
	}
}

func (h *fullHistory) served() map[string]string {
	objects := map[string]string{}
	for object, owners := range h.owners {
		if len(owners) > 0 {
			objects[object] = h.records[owners[0]]
		}
	}
	return objects
}

// at returns the state at a revision: that of the last one at or before it.
func (h *fullHistory) at(revision adapters.Revision) map[string]string {
	var found adapters.Revision
	for at := range h.objects {
		if at <= revision && at > found {
			found = at
		}
	}
	return h.objects[found]
}

func contentOf(snapshot *Snapshot) map[string]string {
	content := map[string]string{}
	snapshot.Ascend("", "", func(entry *Entry) bool {
		content[entry.Key] = entry.Image.(string)
		return true
	})
	return content
}

func equalContent(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if other, ok := b[key]; !ok || other != value {
			return false
		}
	}
	return true
}

// follower is a watcher and what its reader has made of the events.
type follower struct {
	watcher  *Watcher
	content  map[string]string
	position adapters.Revision
	cut      bool
}

func (f *follower) read(t *rapid.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for !f.cut {
		batch, err := f.watcher.Next(ctx, nil)
		if adapters.Is(err, adapters.Expired) {
			f.cut = true
			return
		}
		if err != nil {
			return // nothing to read
		}
		for _, event := range batch.Events {
			if event.Revision <= f.position {
				t.Fatalf("revision %s was sent after %s", event.Revision, f.position)
			}
			f.position = event.Revision
			f.apply(t, event)
		}
	}
}

func (f *follower) apply(t *rapid.T, event *Event) {
	before, had := f.content[event.Key()]
	if had != (event.Before != nil) || had && event.Before.Image != before {
		t.Fatalf("revision %s: the event says that %q was %v, the reader has %q", event.Revision, event.Key(), event.Before, before)
	}
	delete(f.content, event.Key())
	if event.After != nil {
		f.content[event.Key()] = event.After.Image.(string)
	}
}

// TestMirrorAgainstFullHistory compares the mirror with one that keeps everything:
// the present, every past state that is still answered, and what each watcher makes of
// its events. What is not answered must be before the floor.
func TestMirrorAgainstFullHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bounds := Bounds{Events: rapid.IntRange(1, 30).Draw(t, "bound")}
		m, feed := newFed(t, Config{
			History: bounds, HistoryForWatchers: Bounds{Events: bounds.Events * rapid.IntRange(1, 3).Draw(t, "factor")},
			Pinned: rapid.IntRange(1, 4).Draw(t, "pinned"),
		})
		model := newFullHistory()
		var followers []*follower
		load(t, m, feed, model, &followers)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"apply", "apply", "apply", "progress", "load", "watch", "read", "at", "compact", "stop"}).Draw(t, "step") {
			case "apply":
				applySome(t, feed, model)
			case "progress":
				model.revision += adapters.Revision(rapid.IntRange(0, 3).Draw(t, "progress"))
				feed.Progress(model.revision)
			case "load":
				if rapid.IntRange(0, 4).Draw(t, "rarely") == 0 {
					load(t, m, feed, model, &followers)
				}
			case "watch":
				startFollower(t, m, model, &followers)
			case "read":
				for _, f := range followers {
					f.read(t)
				}
			case "at":
				checkAt(t, m, model)
			case "compact":
				m.Compact(model.revision - min(model.revision, adapters.Revision(rapid.IntRange(0, 20).Draw(t, "age"))))
			case "stop":
				if len(followers) > 0 {
					followers[0].watcher.Stop()
					followers = followers[1:]
				}
			}
			checkPresent(t, m, model)
		}
		for _, f := range followers {
			f.read(t)
			if !f.cut && !equalContent(f.content, model.served()) {
				t.Fatalf("a watcher's reader has %v, the state is %v", f.content, model.served())
			}
		}
	})
}

func applySome(t *rapid.T, feed *sink, model *fullHistory) {
	var changes []adapters.Change
	for range rapid.IntRange(1, 8).Draw(t, "changes") {
		key := rapid.SampledFrom([]string{"a", "A", "b", "B", "c", "d", "e?", "f"}).Draw(t, "key")
		exists := rapid.Bool().Draw(t, "exists")
		text := rapid.StringMatching("[xyz!]{0,2}").Draw(t, "text")
		model.revision += adapters.Revision(rapid.IntRange(1, 3).Draw(t, "step"))
		change := adapters.Change{Revision: model.revision, Key: adapters.Key{adapters.String(key)}}
		if exists {
			record := textRecord(key, text)
			change.After = &record
		}
		changes = append(changes, change)
		model.change(key, text, exists)
		model.objects[model.revision] = model.served()
	}
	feed.Apply(changes)
	if feed.broken != nil {
		t.Fatalf("Apply: %v", feed.broken)
	}
}

// load delivers a full state: what there was, in any order.
func load(t *rapid.T, m *Mirror, feed *sink, model *fullHistory, followers *[]*follower) {
	feed.Reset("the test wants it")
	fresh := newFullHistory()
	fresh.revision = model.revision + adapters.Revision(rapid.IntRange(1, 5).Draw(t, "gap"))
	fresh.floor = fresh.revision - adapters.Revision(rapid.IntRange(0, 1).Draw(t, "since"))
	for _, key := range rapid.Permutation([]string{"a", "A", "b", "B", "c", "d", "e?", "f"}).Draw(t, "order") {
		if !rapid.Bool().Draw(t, "there") {
			continue
		}
		text := rapid.StringMatching("[xyz!]{0,2}").Draw(t, "text")
		feed.Load([]adapters.VersionedRecord{{Record: textRecord(key, text), Revision: 1}})
		fresh.change(key, text, true)
	}
	fresh.objects[fresh.floor] = fresh.served()
	feed.Loaded(adapters.State{At: fresh.revision, Since: fresh.floor})
	if feed.broken != nil {
		t.Fatalf("Loaded: %v", feed.broken)
	}
	*model = *fresh
	for _, f := range *followers {
		f.read(t)
		if !f.cut {
			t.Fatal("a watcher survived a cut of the history")
		}
		f.watcher.Stop()
	}
	*followers = nil
}

func startFollower(t *rapid.T, m *Mirror, model *fullHistory, followers *[]*follower) {
	after := model.revision - min(model.revision, adapters.Revision(rapid.IntRange(0, 40).Draw(t, "age")))
	watcher, err := m.Watch(after, WatchOptions{})
	floor := m.Status().Floor
	if (err != nil) != (after < floor) || err != nil && !adapters.Is(err, adapters.Expired) {
		t.Fatalf("Watch(%s) with the floor %s: %v", after, floor, err)
	}
	if err == nil {
		*followers = append(*followers, &follower{watcher: watcher, content: copyOf(model.at(after)), position: after})
	}
}

func copyOf(content map[string]string) map[string]string {
	copied := map[string]string{}
	for key, value := range content {
		copied[key] = value
	}
	return copied
}

func checkAt(t *rapid.T, m *Mirror, model *fullHistory) {
	revision := model.revision + 1 - min(model.revision, adapters.Revision(rapid.IntRange(0, 60).Draw(t, "age")))
	snapshot, err := m.At(revision)
	switch floor := m.Status().Floor; {
	case revision > model.revision:
		if err != ErrFuture {
			t.Fatalf("At(%s) with the revision %s: %v", revision, model.revision, err)
		}
	case err != nil:
		if !adapters.Is(err, adapters.Expired) || revision >= floor {
			t.Fatalf("At(%s) with the floor %s: %v", revision, floor, err)
		}
	case snapshot.Revision() != revision || !equalContent(contentOf(snapshot), model.at(revision)):
		t.Fatalf("At(%s) is %v at %s, it was %v", revision, contentOf(snapshot), snapshot.Revision(), model.at(revision))
	}
}

func checkPresent(t *rapid.T, m *Mirror, model *fullHistory) {
	present, err := m.Present()
	if err != nil {
		t.Fatalf("Present: %v", err)
	}
	if present.Revision() != model.revision || !equalContent(contentOf(present), model.served()) {
		t.Fatalf("the state is %v at %s, want %v at %s", contentOf(present), present.Revision(), model.served(), model.revision)
	}
	hidden, duplicates, bytes := 0, 0, 0
	for key, text := range model.records {
		if !representable(key, text) {
			hidden++
		}
	}
	for _, owners := range model.owners {
		duplicates += max(len(owners)-1, 0)
	}
	for _, text := range model.served() {
		bytes += len(text)
	}
	status := m.Status()
	if status.Unrepresentable != hidden || (hidden > 0) != (status.UnrepresentableExample != "") {
		t.Fatalf("%d records are counted as unrepresentable, with the example %q; there are %d", status.Unrepresentable, status.UnrepresentableExample, hidden)
	}
	if status.Duplicates != duplicates || (duplicates > 0) != (status.DuplicateExample != "") {
		t.Fatalf("%d duplicates are counted, with the example %q; there are %d", status.Duplicates, status.DuplicateExample, duplicates)
	}
	if objects, size := m.Size(); objects != len(model.served()) || size != int64(bytes) {
		t.Fatalf("Size is %d objects and %d bytes, want %d and %d", objects, size, len(model.served()), bytes)
	}
}

package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
)

// watched is an open watch.
type watched struct {
	t       testing.TB
	decoder *json.Decoder
	body    io.ReadCloser
}

// event is a watch event.
type event struct {
	Type   string         `json:"type"`
	Object map[string]any `json:"object"`
}

func (e event) String() string {
	name, _ := at(e.Object, "metadata.name").(string)
	return e.Type + " " + name
}

// watch opens a watch, which ends with the test.
func (f *fixture) watch(path string) *watched {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	response, err := f.client.Do(f.request(ctx, http.MethodGet, path, nil, ""))
	if err != nil {
		cancel()
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		cancel()
		if err := response.Body.Close(); err != nil && !errors.Is(err, context.Canceled) {
			f.t.Error(err)
		}
	})
	if response.StatusCode != http.StatusOK {
		f.t.Fatalf("%s answered %s", path, response.Status)
	}
	return &watched{t: f.t, decoder: json.NewDecoder(response.Body), body: response.Body}
}

// next waits for the next event.
func (w *watched) next() event {
	w.t.Helper()
	var next event
	if err := w.decoder.Decode(&next); err != nil {
		w.t.Fatal(err)
	}
	return next
}

// expect fails the test unless these are the next events.
func (w *watched) expect(events ...string) {
	w.t.Helper()
	for _, want := range events {
		if got := w.next().String(); got != want {
			w.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestAWatchSeesEverybodysWrites(t *testing.T) {
	f := start(t)
	f.create("there", `"companyName":"A"`)
	revision := f.create("mine", `"companyName":"A"`).revisionOf(t)
	w := f.watch(customersPath + "?watch=1&resourceVersion=" + revision.String())

	f.create("new", `"companyName":"A"`)
	f.insert("customers", "foreign/eu", map[string]adapters.Value{"spec.companyName": adapters.String("F")})
	f.insert("customers", "elsewhere/us", map[string]adapters.Value{"spec.companyName": adapters.String("F")})
	f.must(http.StatusOK, f.do(http.MethodPut, customersPath+"/mine", nil, customer("mine", `"companyName":"B"`)))
	f.must(http.StatusOK, f.do(http.MethodDelete, customersPath+"/there", nil, ""))
	w.expect("ADDED new", "ADDED foreign", "MODIFIED mine", "DELETED there")
}

func TestAWatchFromNowBeginsWithWhatIsThere(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A"`)
	f.create("b", `"companyName":"B"`)
	w := f.watch(customersPath + "?watch=1")
	w.expect("ADDED a", "ADDED b")
	f.create("c", `"companyName":"C"`)
	w.expect("ADDED c")
}

func TestAWatchListEndsItsBeginningWithABookmark(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A"`)
	w := f.watch(customersPath + "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true")
	w.expect("ADDED a")
	bookmark := w.next()
	annotations, _ := at(bookmark.Object, "metadata.annotations").(map[string]any)
	if bookmark.Type != "BOOKMARK" || annotations["k8s.io/initial-events-end"] != "true" {
		t.Errorf("got %+v", bookmark)
	}
	f.create("b", `"companyName":"B"`)
	w.expect("ADDED b")
}

func TestASelectedObjectComesAndGoes(t *testing.T) {
	f := start(t)
	w := f.watch(customersPath + "?watch=1&fieldSelector=spec.status%3DActive")
	f.create("a", `"companyName":"A","status":"Inactive"`)
	f.must(http.StatusOK, f.do(http.MethodPut, customersPath+"/a", nil, customer("a", `"companyName":"A","status":"Active"`)))
	f.must(http.StatusOK, f.do(http.MethodPut, customersPath+"/a", nil, customer("a", `"companyName":"A","status":"Inactive"`)))
	w.expect("ADDED a", "DELETED a")
}

func TestAKeyChangeIsADeletionAndAnAddition(t *testing.T) {
	f := start(t)
	f.create("old", `"companyName":"A"`)
	w := f.watch(customersPath + "?watch=1")
	w.expect("ADDED old")
	_, err := f.tables["customers"].Transaction(func(tx *memory.Transaction) error {
		return tx.ChangeKey(keyOf("old/eu"), keyOf("new/eu"))
	})
	if err != nil {
		t.Fatal(err)
	}
	w.expect("DELETED old", "ADDED new")
}

func TestAWatchFromBeforeTheHistoryIsToldSo(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A"`)
	f.mirrorOf("customers").Compact(f.create("b", `"companyName":"B"`).revisionOf(t))
	refused := f.watch(customersPath + "?watch=1&resourceVersion=1").next()
	if refused.Type != "ERROR" || at(refused.Object, "code") != 410.0 || at(refused.Object, "reason") != "Expired" {
		t.Errorf("got %+v", refused)
	}
}

func TestAWatchInProtobuf(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"Acme"`)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	accept := []string{"Accept", runtime.ContentTypeProtobuf + ";stream=watch"}
	response, err := f.client.Do(f.request(ctx, http.MethodGet, customersPath+"?watch=1", accept, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != runtime.ContentTypeProtobuf+";stream=watch" {
		t.Errorf("Content-Type %s", got)
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(response.Body, length); err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, int(length[0])<<24|int(length[1])<<16|int(length[2])<<8|int(length[3]))
	if _, err := io.ReadFull(response.Body, frame); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"ADDED", "k8s\x00", "Acme"} {
		if !bytes.Contains(frame, []byte(part)) {
			t.Errorf("%q is not in %q", part, frame)
		}
	}
}

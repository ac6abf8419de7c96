package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// memory is what a server grew by, for each object, when it was given the objects.
type memory struct {
	Peer string `json:"peer"`
	// Resident is the memory of all its processes.
	Resident float64 `json:"residentBytes"`
	// Heap is what is in use in the API server after a garbage collection.
	Heap float64 `json:"heapBytes"`
}

// fill gives every resource its objects, one after the other, and measures the growth.
func (w *world) fill(ctx context.Context, custom, builtIn, direct *httpPeer, objects int) ([]memory, error) {
	fillings := []struct {
		peer   *httpPeer
		insert func() error
	}{
		{builtIn, func() error { return createAll(ctx, builtIn, objects) }},
		{custom, func() error { return createAll(ctx, custom, objects) }},
		{direct, func() error { return w.insertAndWait(ctx, direct, objects) }},
	}
	var grown []memory
	for _, filling := range fillings {
		// The memory of the database belongs to the legacy system, with and without a bridge.
		processes := filling.peer.processes
		if filling.peer == direct {
			processes = servers{w.bridge.ID()}
		}
		before, err := settledMemory(ctx, filling.peer, processes)
		if err != nil {
			return nil, err
		}
		if err := filling.insert(); err != nil {
			return nil, fmt.Errorf("fill %s: %w", filling.peer.title, err)
		}
		after, err := settledMemory(ctx, filling.peer, processes)
		if err != nil {
			return nil, err
		}
		grown = append(grown, memory{
			Peer:     filling.peer.title,
			Resident: float64(after.resident-before.resident) / float64(objects),
			Heap:     float64(after.heap-before.heap) / float64(objects),
		})
	}
	return grown, nil
}

func createAll(ctx context.Context, p *httpPeer, objects int) error {
	return inParallel(createClients, objects, func(i int) error {
		_, err := p.create(ctx, i)
		return err
	})
}

// insertAndWait inserts by SQL and returns when the bridge shows all rows.
func (w *world) insertAndWait(ctx context.Context, p *httpPeer, objects int) error {
	if err := w.insertRows(ctx, 0, objects); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return w.bridge.WaitFor(ctx, "show all rows", func(ctx context.Context) error {
		shown, err := countObjects(ctx, p)
		if err == nil && shown != objects {
			err = fmt.Errorf("it shows %d of %d", shown, objects)
		}
		return err
	})
}

// countObjects asks for one object and how many more there are.
func countObjects(ctx context.Context, p *httpPeer) (int, error) {
	text, err := p.text(ctx, p.collection+"?limit=1")
	if err != nil {
		return 0, err
	}
	var page struct {
		Metadata struct{ RemainingItemCount int }
		Items    []struct{}
	}
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		return 0, fmt.Errorf("decode a page: %w", err)
	}
	return len(page.Items) + page.Metadata.RemainingItemCount, nil
}

// usage is the memory of a server at one moment.
type usage struct{ resident, heap int64 }

// settledMemory makes the server collect its garbage, twice, so that finalizers have
// run too, and returns what is in use then.
func settledMemory(ctx context.Context, p *httpPeer, processes servers) (usage, error) {
	root := p.collection[:strings.Index(p.collection, "/api")]
	var profile string
	for range 2 {
		var err error
		if profile, err = p.text(ctx, root+"/debug/pprof/heap?gc=1&debug=1"); err != nil {
			return usage{}, fmt.Errorf("collect garbage: %w", err)
		}
	}
	heap, err := liveHeap(profile)
	if err != nil {
		return usage{}, err
	}
	resident, err := processes.residentBytes()
	return usage{resident: resident, heap: heap}, err
}

// liveHeap finds the size of the heap among the statistics of a heap profile's text.
func liveHeap(profile string) (int64, error) {
	const title = "\n# HeapAlloc = "
	_, rest, found := strings.Cut(profile, title)
	if !found {
		return 0, fmt.Errorf("the heap profile has no line %q", title)
	}
	number, _, _ := strings.Cut(rest, "\n")
	return strconv.ParseInt(strings.TrimSpace(number), 10, 64)
}

// watchLatency times the way of foreign commits to a watcher.
func (w *world) watchLatency(ctx context.Context, p *httpPeer, events int) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.collection+"?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true", nil)
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(response.Body, 2000))
		return nil, errors.Join(fmt.Errorf("watch: %s: %s", response.Status, text), err)
	}
	arrivals := make(chan arrivalResult, 1)
	go func() { arrivals <- collectArrivals(response.Body, events) }()
	commits, err := w.commitPaced(ctx, events)
	if err != nil {
		return nil, err
	}
	select {
	case result := <-arrivals:
		return latencies(commits, result)
	case <-time.After(startTimeout):
		return nil, fmt.Errorf("watch: not all of %d changes arrived within %s", events, startTimeout)
	}
}

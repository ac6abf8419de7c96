package soak

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pageReader reads the whole table in pages, again and again. All pages of one list
// are of one revision, and together they are what a list at that revision has.
type pageReader struct {
	client *client

	mu       sync.Mutex
	complete int
	compared int
	failed   int
	problems []string
	// states are what was read, to be looked up in the ledger.
	states map[rowKey]map[row]struct{}
}

func newPageReader(client *client) *pageReader {
	return &pageReader{client: client, states: map[rowKey]map[row]struct{}{}}
}

// run reads until ctx ends.
func (r *pageReader) run(ctx context.Context) {
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		request, cancel := context.WithTimeout(ctx, 20*time.Second)
		r.read(request)
		cancel()
	}
}

func (r *pageReader) read(ctx context.Context) {
	pages, revision, err := r.pages(ctx)
	if err != nil {
		// The bridge or the database is down, or was in the middle of the list.
		r.count(&r.failed)
		return
	}
	r.keep(pages)
	r.count(&r.complete)
	whole, err := r.client.list(ctx, metav1.ListOptions{ResourceVersion: revision, ResourceVersionMatch: metav1.ResourceVersionMatchExact})
	if err != nil {
		if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) {
			r.object("a list at the revision %s of a paged list: %v", revision, err)
		}
		return
	}
	r.compare(revision, pages, whole.Items)
	r.count(&r.compared)
}

// pages reads one list of pages and returns its items and its revision.
func (r *pageReader) pages(ctx context.Context) ([]Account, string, error) {
	var items []Account
	options := metav1.ListOptions{Limit: 17}
	revision := ""
	for {
		page, err := r.client.list(ctx, options)
		if err != nil {
			return nil, "", err
		}
		if revision == "" {
			revision = page.ResourceVersion
		}
		if page.ResourceVersion != revision {
			r.object("a list that began at revision %s goes on at %s", revision, page.ResourceVersion)
		}
		if len(page.Items) > int(options.Limit) {
			r.object("a page of %d has %d items", options.Limit, len(page.Items))
		}
		items = append(items, page.Items...)
		if page.Continue == "" {
			return items, revision, nil
		}
		options.Continue = page.Continue
	}
}

// compare holds the items of a paged list against those of a list at once.
func (r *pageReader) compare(revision string, pages, whole []Account) {
	if len(pages) != len(whole) {
		r.object("at revision %s the pages have %d items, and the whole list has %d", revision, len(pages), len(whole))
		return
	}
	for i := range pages {
		paged, listed := &pages[i], &whole[i]
		same := paged.Namespace == listed.Namespace && paged.Name == listed.Name &&
			paged.ResourceVersion == listed.ResourceVersion && paged.Spec == listed.Spec
		if !same {
			r.object("at revision %s item %d is %s/%s %v in the pages and %s/%s %v in the whole list", revision, i,
				paged.Namespace, paged.Name, paged.Spec, listed.Namespace, listed.Name, listed.Spec)
			return
		}
		if revisionOf(paged.ResourceVersion) > revisionOf(revision) {
			r.object("a list at revision %s has an object of %s", revision, paged.ResourceVersion)
		}
	}
}

func (r *pageReader) keep(items []Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	twice := map[rowKey]bool{}
	for i := range items {
		key := items[i].key()
		if twice[key] {
			r.problems = append(r.problems, fmt.Sprintf("a paged list has %s twice", key))
		}
		twice[key] = true
		if r.states[key] == nil {
			r.states[key] = map[row]struct{}{}
		}
		r.states[key][rowOf(&items[i])] = struct{}{}
	}
}

// checkAgainst returns everything that contradicts the ledger.
func (r *pageReader) checkAgainst(l *ledger) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	problems := r.problems
	for key, states := range r.states {
		committed := map[row]bool{}
		for _, state := range l.states[key] {
			if state != nil {
				committed[*state] = true
			}
		}
		for state := range states {
			if !committed[state] {
				problems = append(problems, fmt.Sprintf("%s: a paged list has %v, which was never committed", key, state))
			}
		}
	}
	return problems
}

func (r *pageReader) object(format string, arguments ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf(format, arguments...))
}

func (r *pageReader) count(counter *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*counter++
}

func (r *pageReader) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("paged lists: %d complete, %d compared with a list at once, %d given up", r.complete, r.compared, r.failed)
}

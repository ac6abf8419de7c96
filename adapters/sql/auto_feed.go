package sql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// decisionAge is how long polling goes on before it is looked at again whether the
// log has become usable.
const decisionAge = time.Minute

// chosenFeed follows a table through the log where that is complete, else, where the
// mapping allows, by polling. It decides when it starts, at every connection of the
// log, and once in a while when it polls.
type chosenFeed struct {
	resource *Resource
	mode     WatchMode
	poll     pollFeed
	log      *logFeed

	mu     sync.Mutex
	active feed
	// why is the reason of the last decision.
	why string
}

func (f *chosenFeed) current() feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.active
}

// Sync implements [adapters.Adapter].
func (f *chosenFeed) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	previous := f.current()
	for delay := startRetryMin; ; {
		chosen, err := f.choose(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			sink.Unwell(err)
			if !pause(ctx, delay) {
				return nil
			}
			delay = min(2*delay, startRetryMax)
			continue
		}
		delay = startRetryMin
		if chosen != previous {
			from, previous = 0, chosen
		}
		err = f.follow(ctx, chosen, from, sink)
		if ctx.Err() != nil {
			return nil
		}
		var incomplete *incompleteError
		if err != nil && !errors.As(err, &incomplete) {
			return err
		}
		from = 0
	}
}

// follow runs the chosen feed, polling only until the log has become usable.
func (f *chosenFeed) follow(ctx context.Context, chosen feed, from adapters.Revision, sink adapters.Sink) error {
	if chosen == feed(f.log) || f.mode == WatchPoll {
		return chosen.Sync(ctx, from, sink)
	}
	ctx, cancel := context.WithCancel(ctx)
	var reviewing sync.WaitGroup
	reviewing.Go(func() {
		defer cancel()
		for pause(ctx, decisionAge) {
			if f.obstacle(ctx) == nil {
				return
			}
		}
	})
	err := chosen.Sync(ctx, from, sink)
	cancel()
	reviewing.Wait()
	return err
}

// choose decides, and says why where the decision is a new one.
func (f *chosenFeed) choose(ctx context.Context) (feed, error) {
	if f.mode == WatchPoll {
		return f.decide(f.poll, "the mapping says Poll"), nil
	}
	err := f.obstacle(ctx)
	var incomplete *incompleteError
	switch {
	case err == nil:
		return f.decide(f.log, "the server's log has every change"), nil
	case !errors.As(err, &incomplete):
		return nil, err
	case f.mode == WatchBinlog:
		return nil, &adapters.Error{Code: adapters.Unavailable, RetryAfter: driftRetry, Message: fmt.Sprintf(
			"watch: Binlog is not possible for table %s: %s", f.resource.config.Table, incomplete)}
	}
	return f.decide(f.poll, incomplete.Error()), nil
}

func (f *chosenFeed) decide(chosen feed, why string) feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.active != chosen || f.why != why {
		mode := WatchPoll
		if chosen == feed(f.log) {
			mode = WatchBinlog
		}
		f.resource.backend.config.Logger.Info("how changes are noticed", "resource", f.resource.config.Name, "watch", string(mode), "reason", why)
	}
	f.active, f.why = chosen, why
	return chosen
}

// incompleteError says why a table cannot be followed through the log.
type incompleteError struct{ problems []binlog.Problem }

func (e *incompleteError) Error() string {
	texts := make([]string, len(e.problems))
	for i, problem := range e.problems {
		texts[i] = problem.String()
	}
	return strings.Join(texts, "; and ")
}

// obstacle returns an [incompleteError] where the log cannot be used, and any other
// error where that could not be found out.
func (f *chosenFeed) obstacle(ctx context.Context) error {
	p, err := f.resource.planned(ctx)
	if err != nil {
		return err
	}
	server, err := f.log.server.server(ctx)
	if err != nil {
		return f.log.server.unreachable(err)
	}
	if err := f.log.server.complete(ctx, server, binlog.TableName{Schema: p.catalog.Schema, Table: p.catalog.Name}); err != nil {
		return err
	}
	charsets, err := f.log.server.charsetsOf(ctx)
	if err != nil {
		return f.log.server.unreachable(err)
	}
	if _, err := newLogTable(p, charsets); err != nil {
		return &incompleteError{[]binlog.Problem{{What: err.Error(), Remedy: "leave it out of the mapping, or poll"}}}
	}
	return nil
}

// followed returns the feed that was decided for, deciding where that is not done yet.
func (f *chosenFeed) followed(ctx context.Context) (feed, error) {
	if active := f.current(); active != nil {
		return active, nil
	}
	return f.choose(ctx)
}

// Head implements [adapters.Adapter].
func (f *chosenFeed) Head(ctx context.Context) (adapters.Revision, error) {
	active, err := f.followed(ctx)
	if err != nil {
		return 0, err
	}
	return active.Head(ctx)
}

// HeadOf implements [adapters.KeyHead].
func (f *chosenFeed) HeadOf(ctx context.Context, key adapters.Key) (adapters.Revision, error) {
	active, err := f.followed(ctx)
	if err != nil {
		return 0, err
	}
	return active.HeadOf(ctx, key)
}

// CheckRevision implements [adapters.RevisionChecker].
func (f *chosenFeed) CheckRevision(ctx context.Context, revision adapters.Revision) error {
	active, err := f.followed(ctx)
	if err != nil {
		return err
	}
	return active.CheckRevision(ctx, revision)
}

func (f *chosenFeed) begin(ctx context.Context, key adapters.Key) (operation, error) {
	active, err := f.followed(ctx)
	if err != nil {
		return nil, err
	}
	return active.begin(ctx, key)
}

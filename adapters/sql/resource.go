package sql

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/poll"
)

// Resource is the adapter of one table or view.
type Resource struct {
	backend *Backend
	config  ResourceConfig
	feed    feed

	mu   sync.Mutex
	plan *plan
	// failure is why there is no plan, taken for the answer until retry.
	failure error
	retry   time.Time
	// planning is closed when whoever reads the schema at the moment has ended.
	planning chan struct{}
}

var (
	_ adapters.Writer          = (*Resource)(nil)
	_ adapters.KeyHead         = (*Resource)(nil)
	_ adapters.RevisionChecker = (*Resource)(nil)
)

// planRetry is how long a failure to read the schema is the answer to everybody.
const planRetry = time.Second

func newResource(b *Backend, config ResourceConfig) *Resource {
	r := &Resource{backend: b, config: config}
	r.feed = pollFeed{poll.New(poll.Config{Source: r, Epoch: b.epoch, Interval: b.config.PollInterval})}
	if b.config.Watch == WatchBinlog {
		r.feed = newLogFeed(r, b.log)
	}
	return r
}

// Capabilities implements [adapters.Adapter].
func (r *Resource) Capabilities() adapters.Capabilities {
	exact := r.logged()
	return adapters.Capabilities{AtomicWrites: true, ExactHistory: exact, BeforeImages: exact, StableRevisions: exact}
}

// Schema returns what the records look like.
func (r *Resource) Schema() adapters.Schema { return r.config.schema() }

// Sync implements [adapters.Adapter].
func (r *Resource) Sync(ctx context.Context, from adapters.Revision, sink adapters.Sink) error {
	return r.feed.Sync(ctx, from, sink)
}

// Head implements [adapters.Adapter].
func (r *Resource) Head(ctx context.Context) (adapters.Revision, error) { return r.feed.Head(ctx) }

// HeadOf implements [adapters.KeyHead].
func (r *Resource) HeadOf(ctx context.Context, key adapters.Key) (adapters.Revision, error) {
	return r.feed.HeadOf(ctx, key)
}

// CheckRevision implements [adapters.RevisionChecker].
func (r *Resource) CheckRevision(ctx context.Context, revision adapters.Revision) error {
	return r.feed.CheckRevision(ctx, revision)
}

// Ping implements [poll.Source].
func (r *Resource) Ping(ctx context.Context) error {
	_, err := r.planned(ctx)
	if err != nil {
		return err
	}
	pools, err := r.backend.current()
	if err != nil {
		return err
	}
	release, err := pools.readers.acquire(ctx)
	if err != nil {
		return r.failed(ctx, nil, "wait for a connection", err)
	}
	defer release()
	return r.failed(ctx, nil, "reach the server", pools.readers.db.PingContext(ctx))
}

// planned returns how the resource fits the table, reading the schema where that is
// not known. Concurrent callers share one reading.
func (r *Resource) planned(ctx context.Context) (*plan, error) {
	for {
		r.mu.Lock()
		if r.plan != nil || r.failure != nil && time.Now().Before(r.retry) {
			defer r.mu.Unlock()
			if r.plan != nil {
				return r.plan, nil
			}
			return nil, r.failure
		}
		if r.planning == nil {
			break
		}
		others := r.planning
		r.mu.Unlock()
		select {
		case <-others:
		case <-ctx.Done():
			return nil, r.failed(ctx, nil, "wait for the table's schema", ctx.Err())
		}
	}
	done := make(chan struct{})
	r.planning = done
	r.mu.Unlock()

	made, err := r.readPlan(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	close(done)
	r.planning = nil
	r.plan, r.failure, r.retry = made, nil, time.Now().Add(planRetry)
	if err == nil {
		return made, nil
	}
	// Only what the schema itself lacks is remembered: a connection may be back at once.
	if ctx.Err() == nil && errors.Is(err, errMisfit) {
		r.failure = err
	}
	return nil, err
}

func (r *Resource) readPlan(ctx context.Context) (*plan, error) {
	pools, err := r.backend.current()
	if err != nil {
		return nil, err
	}
	release, err := pools.readers.acquire(ctx)
	if err != nil {
		return nil, r.failed(ctx, nil, "wait for a connection", err)
	}
	defer release()
	connection, err := pools.readers.db.Conn(ctx)
	if err != nil {
		return nil, r.failed(ctx, nil, "connect", err)
	}
	defer connection.Close()
	made, err := makePlan(ctx, connection, r.config, r.backend.location())
	if err != nil {
		return nil, r.failed(ctx, nil, "read the schema of table "+r.config.Table, err)
	}
	return made, nil
}

// drifted makes the schema be read again, because p no longer fits the table.
func (r *Resource) drifted(p *plan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plan == p {
		r.plan = nil
	}
}

// forgetPlan makes the schema be read again.
func (r *Resource) forgetPlan() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plan, r.failure = nil, nil
}

// logged tells whether the table is followed through the log.
func (r *Resource) logged() bool { return r.backend.config.Watch == WatchBinlog }

package bridge

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// callMetrics count and time the calls to the backends.
type callMetrics struct{ seconds *prometheus.HistogramVec }

func newCallMetrics() callMetrics {
	return callMetrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "bridge_backend_call_duration_seconds",
		Help:    "Time that calls to a backend take, by operation and result.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15),
	}, []string{"backend", "resource", "operation", "result"})}
}

// callRecorder records the calls for one resource.
type callRecorder struct {
	metrics           callMetrics
	backend, resource string
}

func (r callRecorder) record(operation string, begin time.Time, err error) {
	result := "ok"
	if err != nil {
		result = adapters.CodeOf(err).String()
	}
	r.metrics.seconds.WithLabelValues(r.backend, r.resource, operation, result).Observe(time.Since(begin).Seconds())
}

// instrument returns an adapter that records the calls to another one, and has the
// abilities that the other one has and the server uses.
func instrument(adapter adapters.Adapter, recorder callRecorder) adapters.Adapter {
	read := reader{adapter, recorder}
	keyHead, keyed := adapter.(adapters.KeyHead)
	write, writable := adapter.(adapters.Writer)
	switch {
	case keyed && writable:
		return struct {
			reader
			keyReader
			writer
		}{read, keyReader{keyHead, recorder}, writer{write, recorder}}
	case keyed:
		return struct {
			reader
			keyReader
		}{read, keyReader{keyHead, recorder}}
	case writable:
		return struct {
			reader
			writer
		}{read, writer{write, recorder}}
	}
	return read
}

type reader struct {
	adapters.Adapter
	recorder callRecorder
}

// Head implements adapters.Adapter.
func (r reader) Head(ctx context.Context) (adapters.Revision, error) {
	begin := time.Now()
	revision, err := r.Adapter.Head(ctx)
	r.recorder.record("head", begin, err)
	return revision, err
}

// Get implements adapters.Adapter.
func (r reader) Get(ctx context.Context, key adapters.Key) (adapters.Record, error) {
	begin := time.Now()
	record, err := r.Adapter.Get(ctx, key)
	r.recorder.record("get", begin, err)
	return record, err
}

// CheckRevision implements adapters.RevisionChecker. As the contract says, an adapter
// that has no check accepts every revision.
func (r reader) CheckRevision(ctx context.Context, revision adapters.Revision) error {
	checker, ok := r.Adapter.(adapters.RevisionChecker)
	if !ok {
		return nil
	}
	return checker.CheckRevision(ctx, revision)
}

type keyReader struct {
	adapter  adapters.KeyHead
	recorder callRecorder
}

// HeadOf implements adapters.KeyHead.
func (r keyReader) HeadOf(ctx context.Context, key adapters.Key) (adapters.Revision, error) {
	begin := time.Now()
	revision, err := r.adapter.HeadOf(ctx, key)
	r.recorder.record("head_of_key", begin, err)
	return revision, err
}

type writer struct {
	adapter  adapters.Writer
	recorder callRecorder
}

// Create implements adapters.Writer.
func (w writer) Create(ctx context.Context, record adapters.Record) (adapters.Receipt, error) {
	begin := time.Now()
	receipt, err := w.adapter.Create(ctx, record)
	w.recorder.record("create", begin, err)
	return receipt, err
}

// Update implements adapters.Writer.
func (w writer) Update(ctx context.Context, before, after adapters.Record) (adapters.Receipt, error) {
	begin := time.Now()
	receipt, err := w.adapter.Update(ctx, before, after)
	w.recorder.record("update", begin, err)
	return receipt, err
}

// Delete implements adapters.Writer.
func (w writer) Delete(ctx context.Context, before adapters.Record) (adapters.Receipt, error) {
	begin := time.Now()
	receipt, err := w.adapter.Delete(ctx, before)
	w.recorder.record("delete", begin, err)
	return receipt, err
}

package memory

import (
	"context"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Capabilities implements adapters.Adapter.
func (f *Faults) Capabilities() adapters.Capabilities { return f.adapter.Capabilities() }

// Head implements adapters.Adapter.
func (f *Faults) Head(ctx context.Context) (adapters.Revision, error) {
	if err := f.failure(CallHead); err != nil {
		return 0, err
	}
	return f.adapter.Head(ctx)
}

// Get implements adapters.Adapter.
func (f *Faults) Get(ctx context.Context, key adapters.Key) (adapters.Record, error) {
	if err := f.failure(CallGet); err != nil {
		return adapters.Record{}, err
	}
	return f.adapter.Get(ctx, key)
}

// Create implements adapters.Writer.
func (f *Faults) Create(ctx context.Context, record adapters.Record) (adapters.Receipt, error) {
	return f.write(CallCreate, func() (adapters.Receipt, error) { return f.adapter.Create(ctx, record) })
}

// Update implements adapters.Writer.
func (f *Faults) Update(ctx context.Context, before, after adapters.Record) (adapters.Receipt, error) {
	return f.write(CallUpdate, func() (adapters.Receipt, error) { return f.adapter.Update(ctx, before, after) })
}

// Delete implements adapters.Writer.
func (f *Faults) Delete(ctx context.Context, before adapters.Record) (adapters.Receipt, error) {
	return f.write(CallDelete, func() (adapters.Receipt, error) { return f.adapter.Delete(ctx, before) })
}

// Expire implements adapters.Expirer.
func (f *Faults) Expire(ctx context.Context, key adapters.Key, revision adapters.Revision, ttl time.Duration) error {
	return f.adapter.Expire(ctx, key, revision, ttl)
}

// CheckRevision implements adapters.RevisionChecker, see [Faults.Foreign].
func (f *Faults) CheckRevision(_ context.Context, revision adapters.Revision) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.disconnected != nil {
		return f.disconnected
	}
	if f.foreign != nil && f.foreign(revision) {
		return adapters.Errorf(adapters.Expired, "revision %s is of another history", revision)
	}
	return nil
}

func (f *Faults) write(call Call, do func() (adapters.Receipt, error)) (adapters.Receipt, error) {
	if err := f.failure(call); err != nil {
		return adapters.Receipt{}, err
	}
	receipt, err := do()
	if err != nil {
		return receipt, err
	}
	if err := f.failureAfterCommit(); err != nil {
		return adapters.Receipt{}, err
	}
	return receipt, nil
}

func (f *Faults) failureAfterCommit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.afterCommit) == 0 {
		return nil
	}
	err := f.afterCommit[0]
	f.afterCommit = f.afterCommit[1:]
	return err
}

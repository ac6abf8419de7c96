package storage

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// current is what a write is computed from.
type current struct {
	key string
	// entry is nil where the object does not exist.
	entry *mirror.Entry
	// fresh is true where the backend has confirmed it. What isn't may be stale, and
	// no refusal may be based on it.
	fresh bool
}

func (c current) revision() adapters.Revision {
	if c.entry == nil {
		return 0
	}
	return c.entry.Revision
}

// known returns an object as the mirror has it, or as the backend has it where the
// mirror has none.
func (s *Store) known(ctx context.Context, objectKey string) (current, error) {
	snapshot, err := s.present()
	if err != nil {
		return current{}, err
	}
	if entry := snapshot.Get(objectKey); entry != nil {
		return current{key: objectKey, entry: entry}, nil
	}
	return s.refreshed(ctx, objectKey)
}

// refreshed returns an object as the backend has it.
func (s *Store) refreshed(ctx context.Context, objectKey string) (current, error) {
	entry, err := s.freshEntry(ctx, objectKey)
	return current{key: objectKey, entry: entry, fresh: true}, err
}

// GuaranteedUpdate implements storage.Interface. The suggestion is not needed: the
// mirror has a newer one.
func (s *Store) GuaranteedUpdate(
	ctx context.Context, key string, destination runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, _ runtime.Object,
) error {
	objectKey, err := s.objectKey(key)
	if err != nil {
		return err
	}
	if _, err := conversion.EnforcePtr(destination); err != nil {
		return fmt.Errorf("unable to convert output object to pointer: %w", err)
	}
	if err := s.writable("update"); err != nil {
		return err
	}
	u := &update{store: s, objectKey: objectKey, ignoreNotFound: ignoreNotFound, preconditions: preconditions, tryUpdate: tryUpdate}
	return u.run(ctx, destination)
}

// update is one GuaranteedUpdate on its way.
type update struct {
	store          *Store
	objectKey      string
	ignoreNotFound bool
	preconditions  *storage.Preconditions
	tryUpdate      storage.UpdateFunc
	contest        contest
}

func (u *update) run(ctx context.Context, destination runtime.Object) error {
	base, err := u.store.known(ctx, u.objectKey)
	for err == nil {
		var done bool
		base, done, err = u.round(ctx, base, destination)
		if done {
			return err
		}
	}
	return err
}

// round computes and writes once. It returns what to compute from next where it isn't
// done.
func (u *update) round(ctx context.Context, base current, destination runtime.Object) (current, bool, error) {
	wanted, ttl, preconditioned, err := u.compute(base)
	if err != nil {
		return u.reconsider(ctx, base, preconditioned, err)
	}
	if base.entry == nil {
		receipt, err := u.store.create(ctx, u.objectKey, wanted, ttl)
		return u.settle(ctx, base, receipt, err, destination)
	}
	record, err := u.store.encode(ctx, wanted)
	if err != nil {
		return base, true, u.store.writeError(err, u.objectKey)
	}
	before, err := u.store.codec.Record(base.entry.Image)
	if err != nil {
		return base, true, u.store.corrupt(u.objectKey, err)
	}
	record.Key = before.Key
	if record.Equal(before) {
		return u.unchanged(ctx, base, record, destination)
	}
	receipt, err := u.write(ctx, before, record, ttl)
	return u.settle(ctx, base, receipt, err, destination)
}

// compute runs the caller's function. preconditioned is true where a precondition
// failed before it.
func (u *update) compute(base current) (wanted runtime.Object, ttl uint64, preconditioned bool, err error) {
	obj, err := u.object(base)
	if err != nil {
		return nil, 0, false, err
	}
	storageKey := u.store.storageKey(u.objectKey)
	if err := u.preconditions.Check(storageKey, obj); err != nil {
		return nil, 0, true, err
	}
	wanted, ttlPointer, err := u.tryUpdate(obj, storage.ResponseMeta{ResourceVersion: uint64(base.revision())})
	if err != nil {
		return nil, 0, false, err
	}
	if ttlPointer != nil {
		ttl = *ttlPointer
	}
	return wanted, ttl, false, nil
}

// object returns a copy of the base that the caller's function may change.
func (u *update) object(base current) (runtime.Object, error) {
	if base.entry != nil {
		obj, err := u.store.object(base.entry, base.entry.Revision)
		if err != nil {
			return nil, err
		}
		return obj.DeepCopyObject(), nil
	}
	if !u.ignoreNotFound {
		return nil, storage.NewKeyNotFoundError(u.store.storageKey(u.objectKey), 0)
	}
	return u.store.config.NewFunc(), nil
}

// reconsider decides what an error of the computation means: an answer, if its base
// was the present state, else a reason to look at that.
func (u *update) reconsider(ctx context.Context, base current, preconditioned bool, failure error) (current, bool, error) {
	if base.fresh {
		return base, true, failure
	}
	next, err := u.store.refreshed(ctx, u.objectKey)
	if err != nil {
		return base, true, err
	}
	if !preconditioned && next.revision() == base.revision() {
		return next, true, failure
	}
	return next, false, nil
}

// unchanged answers an update that asks for what is there, once that is confirmed.
func (u *update) unchanged(ctx context.Context, base current, record adapters.Record, destination runtime.Object) (current, bool, error) {
	if !base.fresh {
		next, err := u.store.refreshed(ctx, u.objectKey)
		if err != nil {
			return base, true, err
		}
		if !u.holds(next, record) {
			return next, false, nil
		}
		base = next
	}
	return base, true, u.store.decodeOwn(base.entry, base.entry.Revision, destination)
}

func (u *update) holds(base current, record adapters.Record) bool {
	if base.entry == nil {
		return false
	}
	present, err := u.store.codec.Record(base.entry.Image)
	return err == nil && present.Equal(record)
}

func (u *update) write(ctx context.Context, before, after adapters.Record, ttl uint64) (adapters.Receipt, error) {
	if ttl != 0 && u.store.expirer == nil {
		return adapters.Receipt{}, u.store.noTTL(u.objectKey)
	}
	receipt, err := u.store.writer.Update(ctx, before, after)
	if err != nil {
		return adapters.Receipt{}, err
	}
	return receipt, u.store.expire(ctx, receipt, ttl)
}

// settle answers a write, or looks at what was in its way.
func (u *update) settle(ctx context.Context, base current, receipt adapters.Receipt, failure error, destination runtime.Object) (current, bool, error) {
	if failure == nil {
		return base, true, u.store.answer(ctx, u.objectKey, receipt, destination)
	}
	if !rival(failure) {
		return base, true, u.store.writeError(failure, u.objectKey)
	}
	next, err := u.store.refreshed(ctx, u.objectKey)
	if err != nil {
		return base, true, err
	}
	if !u.contest.again(base.revision(), next.revision()) {
		return base, true, u.store.writeError(failure, u.objectKey)
	}
	return next, false, nil
}

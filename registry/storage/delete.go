package storage

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/storage"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
)

// Delete implements storage.Interface. The suggestion is not needed: the mirror has a
// newer one.
func (s *Store) Delete(
	ctx context.Context, key string, out runtime.Object, preconditions *storage.Preconditions,
	validateDeletion storage.ValidateObjectFunc, _ runtime.Object, opts storage.DeleteOptions,
) error {
	objectKey, err := s.objectKey(key)
	if err != nil {
		return err
	}
	if _, err := conversion.EnforcePtr(out); err != nil {
		return fmt.Errorf("unable to convert output object to pointer: %w", err)
	}
	if err := s.writable("delete"); err != nil {
		return err
	}
	if opts.ExpectTransformOrDecodeError && utilfeature.DefaultFeatureGate.Enabled(features.AllowUnsafeMalformedObjectDeletion) {
		return storage.NewInvalidObjError(s.storageKey(objectKey), "unsafe deletion is not allowed: what cannot be decoded is not served in the first place")
	}
	d := &deletion{store: s, objectKey: objectKey, preconditions: preconditions, validate: validateDeletion}
	return d.run(ctx, out)
}

// deletion is one Delete on its way.
type deletion struct {
	store         *Store
	objectKey     string
	preconditions *storage.Preconditions
	validate      storage.ValidateObjectFunc
	contest       contest
}

func (d *deletion) run(ctx context.Context, out runtime.Object) error {
	base, err := d.store.known(ctx, d.objectKey)
	for err == nil {
		var done bool
		base, done, err = d.round(ctx, base, out)
		if done {
			return err
		}
	}
	return err
}

// round checks and deletes once. It returns what to delete next where it isn't done.
func (d *deletion) round(ctx context.Context, base current, out runtime.Object) (current, bool, error) {
	if base.entry == nil {
		return base, true, storage.NewKeyNotFoundError(d.store.storageKey(d.objectKey), 0)
	}
	obj, err := d.store.object(base.entry, base.entry.Revision)
	if err != nil {
		return base, true, err
	}
	if err := d.check(ctx, obj.DeepCopyObject()); err != nil {
		return d.reconsider(ctx, base, err)
	}
	before, err := d.store.codec.Record(base.entry.Image)
	if err != nil {
		return base, true, d.store.corrupt(d.objectKey, err)
	}
	receipt, err := d.store.writer.Delete(ctx, before)
	if err != nil {
		return d.settle(ctx, base, err)
	}
	if receipt.Revision == 0 {
		return base, true, d.store.decodeOwn(base.entry, base.entry.Revision, out)
	}
	if err := d.store.confirm(ctx, receipt.Revision); err != nil {
		return base, true, err
	}
	return base, true, d.store.decodeOwn(base.entry, receipt.Revision, out)
}

func (d *deletion) check(ctx context.Context, obj runtime.Object) error {
	if err := d.preconditions.Check(d.store.storageKey(d.objectKey), obj); err != nil {
		return err
	}
	return d.validate(ctx, obj)
}

// reconsider decides what a refusal means: an answer, if it was about the present
// state, else a reason to look at that.
func (d *deletion) reconsider(ctx context.Context, base current, refusal error) (current, bool, error) {
	if base.fresh {
		return base, true, refusal
	}
	next, err := d.store.refreshed(ctx, d.objectKey)
	if err != nil {
		return base, true, err
	}
	if next.revision() == base.revision() {
		return next, true, refusal
	}
	return next, false, nil
}

// settle looks at what was in a deletion's way.
func (d *deletion) settle(ctx context.Context, base current, failure error) (current, bool, error) {
	if !rival(failure) {
		return base, true, d.store.writeError(failure, d.objectKey)
	}
	next, err := d.store.refreshed(ctx, d.objectKey)
	if err != nil {
		return base, true, err
	}
	if !d.contest.again(base.revision(), next.revision()) {
		return base, true, d.store.writeError(failure, d.objectKey)
	}
	return next, false, nil
}

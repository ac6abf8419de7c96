package storage

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// Get implements storage.Interface.
func (s *Store) Get(ctx context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	objectKey, err := s.objectKey(key)
	if err != nil {
		return err
	}
	revision, err := s.parseRevision(opts.ResourceVersion)
	if err != nil {
		return err
	}
	entry, err := s.readEntry(ctx, objectKey, opts.ResourceVersion, revision)
	if err != nil {
		return err
	}
	if entry == nil && opts.IgnoreNotFound {
		return runtime.SetZeroValue(out)
	}
	if entry == nil {
		return storage.NewKeyNotFoundError(s.storageKey(objectKey), 0)
	}
	return s.decode(entry, entry.Revision, out)
}

// readEntry returns an object, or nil. Without a resourceVersion the read is
// consistent.
func (s *Store) readEntry(ctx context.Context, objectKey, requested string, revision adapters.Revision) (*mirror.Entry, error) {
	if requested != "" {
		snapshot, err := s.notOlderThan(ctx, revision)
		if err != nil {
			return nil, err
		}
		return snapshot.Get(objectKey), nil
	}
	return s.freshEntry(ctx, objectKey)
}

// freshEntry returns an object as it is after everything committed to it before the
// call, or nil.
func (s *Store) freshEntry(ctx context.Context, objectKey string) (*mirror.Entry, error) {
	recordKey, err := s.codec.RecordKey(objectKey)
	if err != nil {
		return nil, s.ready() // no record can have this name
	}
	snapshot, err := s.consistentFor(ctx, recordKey)
	if err != nil {
		return nil, err
	}
	return snapshot.Get(objectKey), nil
}

// decode sets out to the object that an entry holds, at a revision.
func (s *Store) decode(entry *mirror.Entry, revision adapters.Revision, out runtime.Object) error {
	obj, err := s.object(entry, revision)
	if err != nil {
		return err
	}
	return setObject(out, obj)
}

// object returns the object that an entry holds, at a revision.
func (s *Store) object(entry *mirror.Entry, revision adapters.Revision) (runtime.Object, error) {
	obj, err := s.codec.Object(entry.Image, revision)
	if err != nil {
		return nil, s.corrupt(entry.Key, err)
	}
	return obj, nil
}

func (s *Store) corrupt(objectKey string, err error) error {
	return storage.NewInternalError(fmt.Errorf("unable to transform key %q: %w", s.storageKey(objectKey), err))
}

// setObject makes out a shallow copy of obj.
func setObject(out, obj runtime.Object) error {
	target, err := conversion.EnforcePtr(out)
	if err != nil {
		return fmt.Errorf("unable to convert output object to pointer: %w", err)
	}
	source := reflect.ValueOf(obj)
	if source.Kind() != reflect.Pointer || source.IsNil() {
		return errors.New("the codec gave no pointer to an object")
	}
	if source.Elem().Type() != target.Type() {
		return fmt.Errorf("an object of type %T was asked for, but the storage holds %T", out, obj)
	}
	target.Set(source.Elem())
	return nil
}

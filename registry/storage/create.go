package storage

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Create implements storage.Interface.
func (s *Store) Create(ctx context.Context, key string, obj, out runtime.Object, ttl uint64) error {
	objectKey, err := s.objectKey(key)
	if err != nil {
		return err
	}
	if s.revisionOf(obj) != 0 {
		return storage.ErrResourceVersionSetOnCreate
	}
	if err := s.writable("create"); err != nil {
		return err
	}
	receipt, err := s.create(ctx, objectKey, obj, ttl)
	if err != nil {
		return s.writeError(err, objectKey)
	}
	return s.answer(ctx, objectKey, receipt, out)
}

// create adds the record of an object. Its error is not yet translated.
func (s *Store) create(ctx context.Context, objectKey string, obj runtime.Object, ttl uint64) (adapters.Receipt, error) {
	if ttl != 0 && s.expirer == nil {
		return adapters.Receipt{}, s.noTTL(objectKey)
	}
	record, err := s.newRecord(ctx, objectKey, obj)
	if err != nil {
		return adapters.Receipt{}, err
	}
	receipt, err := s.writer.Create(ctx, record)
	if err != nil {
		return adapters.Receipt{}, err
	}
	return receipt, s.expire(ctx, receipt, ttl)
}

// newRecord returns the record to create for an object.
func (s *Store) newRecord(ctx context.Context, objectKey string, obj runtime.Object) (adapters.Record, error) {
	record, err := s.encode(ctx, obj)
	if err != nil || s.config.GeneratedKey {
		return record, err
	}
	record.Key, err = s.codec.RecordKey(objectKey)
	if err != nil {
		return adapters.Record{}, s.invalidName(objectKey, err)
	}
	return record, nil
}

func (s *Store) encode(ctx context.Context, obj runtime.Object) (adapters.Record, error) {
	if err := s.versioner.PrepareObjectForStorage(obj); err != nil {
		return adapters.Record{}, fmt.Errorf("PrepareObjectForStorage failed: %w", err)
	}
	return s.codec.Encode(ctx, obj)
}

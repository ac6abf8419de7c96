package object

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// StorageCodec converts between adapter records and objects of one kind. Its images
// are immutable, hold a record in little more than the record's own size, and give it
// back exactly as it was.
type StorageCodec struct {
	kind *Kind
}

// StorageCodec returns the conversions that a storage needs.
func (k *Kind) StorageCodec() *StorageCodec { return &StorageCodec{kind: k} }

// ObjectKey returns "namespace/name", or "name" for cluster-scoped kinds. An error
// says why the key has no Kubernetes name.
func (c *StorageCodec) ObjectKey(key adapters.Key) (string, error) {
	namespace, name, err := c.kind.ObjectName(key)
	if err != nil {
		return "", err
	}
	if !c.kind.Namespaced() {
		return name, nil
	}
	return namespace + "/" + name, nil
}

// RecordKey is the inverse of [StorageCodec.ObjectKey]. An error says why no record can
// have this name.
func (c *StorageCodec) RecordKey(objectKey string) (adapters.Key, error) {
	if !c.kind.Namespaced() {
		return c.kind.RecordKey("", objectKey)
	}
	namespace, name, found := strings.Cut(objectKey, "/")
	if !found {
		return nil, fmt.Errorf("object key %q has no namespace", objectKey)
	}
	return c.kind.RecordKey(namespace, name)
}

// FieldPath returns the place in the object of a field that an adapter's error names.
func (c *StorageCodec) FieldPath(name string) string { return c.kind.FieldPath(name) }

// Image returns the form of a record that is kept in memory, and its size in bytes.
// An error says why the record is not representable, and names the field.
func (c *StorageCodec) Image(record adapters.Record, _ adapters.Revision) (any, int, error) {
	made, err := c.kind.newImage(record)
	if err != nil {
		return nil, 0, err
	}
	return made, imageOverhead + len(made.data), nil
}

// Object returns the object that an image shows. It shares memory with the image and
// must not be changed.
func (c *StorageCodec) Object(kept any, revision adapters.Revision) (runtime.Object, error) {
	o := &Object{}
	if err := c.Fill(o, kept, revision); err != nil {
		return nil, err
	}
	return o, nil
}

// Fill is [StorageCodec.Object] into an object that the caller has, such as an item of a list.
func (c *StorageCodec) Fill(o *Object, kept any, revision adapters.Revision) error {
	i, ok := kept.(*image)
	if !ok {
		return fmt.Errorf("image of type %T does not belong to %s", kept, c.kind.gvk)
	}
	c.kind.fill(o, i, revision)
	return nil
}

// Append adds the object that an image shows to a list.
func (c *StorageCodec) Append(list runtime.Object, kept any, revision adapters.Revision) error {
	items, ok := list.(*List)
	if !ok {
		return fmt.Errorf("list of type %T does not belong to %s", list, c.kind.gvk)
	}
	items.Items = append(items.Items, Object{})
	return c.Fill(&items.Items[len(items.Items)-1], kept, revision)
}

// Record returns the record that an image was made from.
func (c *StorageCodec) Record(kept any) (adapters.Record, error) {
	i, ok := kept.(*image)
	if !ok {
		return adapters.Record{}, fmt.Errorf("image of type %T does not belong to %s", kept, c.kind.gvk)
	}
	return c.kind.record(i)
}

// Encode returns the record that an object stands for.
func (c *StorageCodec) Encode(_ context.Context, obj runtime.Object) (adapters.Record, error) {
	o, ok := obj.(*Object)
	if !ok || o.kind != c.kind {
		return adapters.Record{}, apierrors.NewInternalError(fmt.Errorf("object of type %T does not belong to %s", obj, c.kind.gvk))
	}
	return c.kind.RecordFromObject(o)
}

package storage

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// Codec converts between records and API objects of one kind. Its methods must be safe
// for concurrent use.
type Codec interface {
	mirror.Projector

	// RecordKey is the inverse of ObjectKey. An error means that no record can have this
	// name: reads don't find it, and creating it is refused.
	RecordKey(objectKey string) (adapters.Key, error)
	// Object returns the object that an image shows, with this resourceVersion. The
	// returned value is the caller's, but what it refers to may be shared and must not
	// be changed. An error means that the image is corrupt.
	Object(image any, revision adapters.Revision) (runtime.Object, error)
	// Record returns the record that an image was made from.
	Record(image any) (adapters.Record, error)
	// Encode returns the record that an object stands for. Its key is not looked at,
	// except where Config.GeneratedKey is set.
	Encode(ctx context.Context, obj runtime.Object) (adapters.Record, error)
}

// FieldPather is a [Codec] that knows where in the object an adapter's fields stand.
// Without it they stand where their names say.
type FieldPather interface {
	// FieldPath returns the path of a field or key part of the adapter's schema.
	FieldPath(name string) string
}

// ListAppender is a [Codec] that can add to a list by itself, without an object in
// between.
type ListAppender interface {
	// Append adds the object that an image shows to a list.
	Append(list runtime.Object, image any, revision adapters.Revision) error
}

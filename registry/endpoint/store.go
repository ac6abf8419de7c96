package endpoint

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"

	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// How often the number of objects is told to priority and fairness.
const countPeriod = 10 * time.Second

// How many objects a deletecollection deletes at the same time. Each is a transaction
// in the backend, whose connections others need too.
const deleteCollectionWorkers = 2

// store is the upstream store, made honest about what has no place in a backend.
type store struct {
	*registry.Store
}

// Update changes an object, or creates it for server-side apply.
func (s store) Update(ctx context.Context, name string, updated rest.UpdatedObjectInfo, validateCreate rest.ValidateObjectFunc,
	validateUpdate rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions,
) (runtime.Object, bool, error) {
	if isApply(ctx) {
		updated = appliedObject{updated}
	}
	return s.Store.Update(ctx, name, updated, validateCreate, validateUpdate, forceAllowCreate, options)
}

// Watch watches the objects that are selected. A malformed revision is the client's
// mistake, as it is in a list; upstream answers 500.
func (s store) Watch(ctx context.Context, options *metainternalversion.ListOptions) (watch.Interface, error) {
	watched, err := s.Store.Watch(ctx, options)
	if storage.IsInvalidError(err) {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return watched, err
}

// newStore puts the upstream store on the storage.
func newStore(config Config) (*registry.Store, error) {
	kind := config.Kind
	resource := kind.Resource().GroupResource()
	strategy := newStrategy(kind)
	s := &registry.Store{
		NewFunc:                   func() runtime.Object { return kind.NewObject() },
		NewListFunc:               func() runtime.Object { return kind.NewList() },
		DefaultQualifiedResource:  resource,
		SingularQualifiedResource: schema.GroupResource{Group: resource.Group, Resource: kind.Declaration().Spec.Names.Singular},
		CreateStrategy:            strategy,
		UpdateStrategy:            strategy,
		DeleteStrategy:            strategy,
		TableConvertor:            kind.TableConvertor(),
	}
	options := &generic.StoreOptions{RESTOptions: storageOptions{config}, AttrFunc: kind.Attributes}
	if err := s.CompleteWithOptions(options); err != nil {
		return nil, fmt.Errorf("complete store: %w", err)
	}
	return s, nil
}

// storageOptions gives the upstream store our storage in place of etcd.
type storageOptions struct{ config Config }

// GetRESTOptions implements generic.RESTOptionsGetter.
func (o storageOptions) GetRESTOptions(resource schema.GroupResource, _ runtime.Object) (generic.RESTOptions, error) {
	options := generic.RESTOptions{
		StorageConfig: &storagebackend.ConfigForResource{
			Config:        storagebackend.Config{Codec: newDryRunCodec(o.config.Kind)},
			GroupResource: resource,
		},
		Decorator:               o.decorate,
		DeleteCollectionWorkers: deleteCollectionWorkers,
		ResourcePrefix:          "/" + resource.Resource,
	}
	if o.config.ObjectCounts != nil {
		options.CountMetricPollPeriod = countPeriod
		options.StorageObjectCountTracker = o.config.ObjectCounts
	}
	return options, nil
}

func (o storageOptions) decorate(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error),
	func() runtime.Object, func() runtime.Object, storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	return o.config.Storage, func() {}, nil
}

// newDryRunCodec returns the codec through which a dry run copies what it would
// have stored.
func newDryRunCodec(kind *object.Kind) runtime.Codec {
	serializer := kind.NegotiatedSerializer()
	info, ok := runtime.SerializerInfoForMediaType(serializer.SupportedMediaTypes(), runtime.ContentTypeProtobuf)
	if !ok {
		panic("endpoint: kinds are served in protobuf")
	}
	groupVersion := kind.GroupVersionKind().GroupVersion()
	return runtime.NewCodec(serializer.EncoderForVersion(info.Serializer, groupVersion), serializer.DecoderToVersion(info.Serializer, groupVersion))
}

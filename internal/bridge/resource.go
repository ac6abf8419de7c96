package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"

	"github.com/bridge-apiserver/bridge-apiserver/registry/endpoint"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// resource is what a declared resource consists of in a running server.
type resource struct {
	name     string
	backend  string
	kind     *object.Kind
	mirror   *mirror.Mirror
	endpoint *endpoint.Endpoint
}

func newResource(declared Resource, config genericapiserver.CompletedConfig, calls callMetrics) (*resource, error) {
	kind := declared.Kind
	made := &resource{name: kind.Declaration().Name, backend: declared.Backend, kind: kind}
	logger := slog.New(logr.ToSlogHandler(klog.Background()))
	adapter := instrument(declared.Adapter, callRecorder{calls, made.backend, made.name})
	codec := kind.StorageCodec()
	var err error
	made.mirror, err = mirror.New(mirror.Config{
		Name:      made.name,
		Adapter:   adapter,
		Projector: codec,
		Logger:    logger,
	})
	if err != nil {
		return nil, fmt.Errorf("mirror %s: %w", made.name, err)
	}
	store, err := storage.New(storage.Config{
		GroupResource: kind.Resource().GroupResource(),
		GroupKind:     kind.GroupVersionKind().GroupKind(),
		Namespaced:    kind.Namespaced(),
		GeneratedKey:  kind.GeneratedKey(),
		Prefix:        "/" + kind.Resource().Resource + "/",
		Adapter:       adapter,
		Mirror:        made.mirror,
		Codec:         codec,
		NewFunc:       func() runtime.Object { return kind.NewObject() },
		NewListFunc:   func() runtime.Object { return kind.NewList() },
		Logger:        logger,
	})
	if err != nil {
		return nil, fmt.Errorf("storage of %s: %w", made.name, err)
	}
	endpointConfig := endpoint.Config{
		Kind:                kind,
		Storage:             store,
		Authorizer:          config.Authorization.Authorizer,
		Admission:           config.AdmissionControl,
		EquivalentResources: config.EquivalentResourceRegistry,
		MinRequestTimeout:   time.Duration(config.MinRequestTimeout) * time.Second,
		MaxRequestBodyBytes: config.MaxRequestBodyBytes,
	}
	if config.FlowControl != nil {
		endpointConfig.ObjectCounts = config.StorageObjectCountTracker
	}
	made.endpoint, err = endpoint.New(endpointConfig)
	return made, err
}

// follow keeps the mirror at the backend's state until ctx ends.
func (r *resource) follow(ctx context.Context) {
	if err := r.mirror.Run(ctx); err != nil {
		// It mends every fault of a backend by itself and fails only when run twice.
		klog.FromContext(ctx).Error(err, "The mirror doesn't follow its backend", "resource", r.name)
	}
}

func (r *resource) synced() bool { return r.mirror.Status().Synced }

package endpoint

import (
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/storage"
	flowcontrolrequest "k8s.io/apiserver/pkg/util/flowcontrol/request"
	"k8s.io/kube-openapi/pkg/spec3"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// Config is what an endpoint is made from.
type Config struct {
	Kind *object.Kind
	// Storage holds the objects. Whoever made it ends it, after the server.
	Storage storage.Interface
	// Authorizer decides whether an apply may create.
	Authorizer authorizer.Authorizer
	// Admission may be nil.
	Admission admission.Interface
	// EquivalentResources is the server's registry of kinds.
	EquivalentResources runtime.EquivalentResourceRegistry
	// MinRequestTimeout is how long a watch lasts at least.
	MinRequestTimeout time.Duration
	// MaxRequestBodyBytes bounds a request's body; 0 is no bound.
	MaxRequestBodyBytes int64
	// ObjectCounts is told the number and size of the objects, for the cost of lists
	// in priority and fairness. It may be nil.
	ObjectCounts flowcontrolrequest.StorageObjectCountTracker
}

// Endpoint serves one declared kind.
type Endpoint struct {
	kind        *object.Kind
	declaration *v1alpha1.BridgedResource
	resource    schema.GroupVersionResource
	openAPI     *spec3.OpenAPI
	store       *registry.Store
	handlers    handlerSet
}

// New makes an endpoint. It fails if the kind's schema cannot be published.
func New(config Config) (*Endpoint, error) {
	e := &Endpoint{
		kind:        config.Kind,
		declaration: config.Kind.Declaration(),
		resource:    config.Kind.Resource(),
	}
	if err := e.build(config); err != nil {
		return nil, fmt.Errorf("serve %s: %w", e.resource.GroupResource(), err)
	}
	return e, nil
}

func (e *Endpoint) build(config Config) error {
	var err error
	if e.openAPI, err = e.openAPIV3(); err != nil {
		return err
	}
	if e.store, err = newStore(config); err != nil {
		return err
	}
	scope, err := e.newScope(config)
	if err != nil {
		return err
	}
	if config.EquivalentResources != nil {
		config.EquivalentResources.RegisterKindFor(e.resource, "", e.kind.GroupVersionKind())
	}
	e.handlers = e.newHandlers(config, scope)
	return nil
}

// Close ends what observes the storage. The storage itself stays as it is.
func (e *Endpoint) Close() { e.store.Destroy() }

// ServeHTTP answers a request whose RequestInfo names this resource.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	e.handlers.ServeHTTP(w, request)
}

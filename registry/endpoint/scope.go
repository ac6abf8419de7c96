package endpoint

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/handlers"

	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// newScope describes the kind to the upstream request handlers.
func (e *Endpoint) newScope(config Config) (*handlers.RequestScope, error) {
	types := e.kind.Types()
	groupVersion := e.resource.GroupVersion()
	converter, err := managedfields.NewTypeConverter(e.openAPI.Components.Schemas, false)
	if err != nil {
		return nil, fmt.Errorf("make type converter for server-side apply: %w", err)
	}
	fieldManager, err := managedfields.NewDefaultCRDFieldManager(converter, types, types, types,
		e.kind.GroupVersionKind(), groupVersion, "", nil)
	if err != nil {
		return nil, fmt.Errorf("make field manager: %w", err)
	}
	return &handlers.RequestScope{
		Namer: handlers.ContextBasedNaming{
			Namer:         runtime.Namer(meta.NewAccessor()),
			ClusterScoped: !e.kind.Namespaced(),
		},
		Serializer:               e.kind.NegotiatedSerializer(),
		ParameterCodec:           metav1.ParameterCodec,
		Creater:                  types,
		Convertor:                types,
		Defaulter:                types,
		Typer:                    types,
		UnsafeConvertor:          types,
		Authorizer:               authorizer.UnconditionalAuthorizer(config.Authorizer),
		EquivalentResourceMapper: config.EquivalentResources,
		TableConvertor:           e.store,
		FieldManager:             fieldManager,
		Resource:                 e.resource,
		Kind:                     e.kind.GroupVersionKind(),
		HubGroupVersion:          groupVersion,
		MetaGroupVersion:         metav1.SchemeGroupVersion,
		MaxRequestBodyBytes:      config.MaxRequestBodyBytes,
	}, nil
}

// withoutTracking returns the scope for creations. The upstream handler records
// which manager owns each field of a new object, which costs more than everything
// else in the request and would be thrown away. It does not do so for an object
// that it takes for an existing one.
func withoutTracking(scope *handlers.RequestScope) *handlers.RequestScope {
	untracked := *scope
	untracked.Creater = existingObjects{scope.Creater}
	return &untracked
}

// existingObjects makes objects that have a UID. A creation replaces it.
type existingObjects struct{ runtime.ObjectCreater }

// New implements runtime.ObjectCreater.
func (c existingObjects) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	created, err := c.ObjectCreater.New(kind)
	if o, ok := created.(*object.Object); ok {
		o.UID = "untracked"
	}
	return created, err
}

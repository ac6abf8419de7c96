package endpoint

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/apiserver/pkg/warning"

	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// strategy says what a write keeps. What the backend has no place for is taken out
// before validation and admission, with a warning, so that a dry run shows what
// would be stored; what would be a promise that cannot be held is refused.
type strategy struct {
	runtime.ObjectTyper
	names.NameGenerator
	kind *object.Kind
	kept keptMetadata
}

var (
	_ rest.RESTCreateStrategy = strategy{}
	_ rest.RESTUpdateStrategy = strategy{}
	_ rest.RESTDeleteStrategy = strategy{}
)

func newStrategy(kind *object.Kind) strategy {
	return strategy{
		ObjectTyper:   kind.Types(),
		NameGenerator: names.SimpleNameGenerator,
		kind:          kind,
		kept:          newKeptMetadata(kind.Declaration().Spec.Metadata),
	}
}

// NamespaceScoped implements the strategies of all writes.
func (s strategy) NamespaceScoped() bool { return s.kind.Namespaced() }

// AllowCreateOnUpdate is false, as for custom resources: PUT changes what is there.
// Server-side apply creates nevertheless.
func (s strategy) AllowCreateOnUpdate(context.Context) bool { return false }

// AllowUnconditionalUpdate lets an update without a resourceVersion overwrite.
func (s strategy) AllowUnconditionalUpdate(context.Context) bool { return true }

// Canonicalize does nothing: an object has one form only.
func (s strategy) Canonicalize(runtime.Object) {}

// PrepareForCreate removes what will not be stored and adds the schema's defaults.
func (s strategy) PrepareForCreate(ctx context.Context, obj runtime.Object) {
	o := obj.(*object.Object)
	s.prepare(ctx, o, nil)
	// What the answer to a real creation says, a dry run says too.
	o.UID = types.UID(s.kind.UID(o.Namespace, o.Name))
	o.CreationTimestamp = metav1.Time{}
	o.Generation = 0
}

// PrepareForUpdate removes what will not be stored and keeps what only the backend writes.
func (s strategy) PrepareForUpdate(ctx context.Context, obj, old runtime.Object) {
	s.prepare(ctx, obj.(*object.Object), old.(*object.Object))
}

// prepare is what creation and update have in common. old is nil for a creation.
func (s strategy) prepare(ctx context.Context, o, old *object.Object) {
	s.kept.drop(ctx, &o.ObjectMeta)
	if len(o.ManagedFields) > 0 && !isApply(ctx) {
		warning.AddWarning(ctx, "", "metadata.managedFields: field managers are not kept")
	}
	o.ManagedFields = nil
	for _, path := range s.kind.ResetReadOnly(o, old) {
		warning.AddWarning(ctx, "", path+": is read-only, the given value is ignored")
	}
	s.kind.Default(o)
}

// Validate checks a new object.
func (s strategy) Validate(ctx context.Context, obj runtime.Object) field.ErrorList {
	o := obj.(*object.Object)
	refused := refusedMetadata(&o.ObjectMeta, nil)
	if o.ResourceVersion != "" {
		refused = append(refused, field.Forbidden(field.NewPath("metadata", "resourceVersion"), "must not be set on objects to be created"))
	}
	return append(refused, s.kind.Validate(ctx, o)...)
}

// ValidateUpdate checks a changed object.
func (s strategy) ValidateUpdate(ctx context.Context, obj, old runtime.Object) field.ErrorList {
	o, before := obj.(*object.Object), old.(*object.Object)
	return append(refusedMetadata(&o.ObjectMeta, &before.ObjectMeta), s.kind.ValidateUpdate(ctx, o, before)...)
}

// WarningsOnCreate is empty: prepare has warned already.
func (s strategy) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }

// WarningsOnUpdate is empty: prepare has warned already.
func (s strategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}

package endpoint

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"
)

// Delete deletes one object.
func (s store) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	if err := checkPropagation(ctx, name, options); err != nil {
		return nil, false, err
	}
	return s.Store.Delete(ctx, name, validate, options)
}

// DeleteCollection deletes the objects that are selected.
func (s store) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions, selected *metainternalversion.ListOptions) (runtime.Object, error) {
	if err := checkPropagation(ctx, "", options); err != nil {
		return nil, err
	}
	return s.Store.DeleteCollection(ctx, validate, options, selected)
}

// checkPropagation refuses to orphan, and turns foreground into background deletion.
func checkPropagation(ctx context.Context, name string, options *metav1.DeleteOptions) error {
	if options == nil {
		return nil
	}
	//lint:ignore SA1019 Old clients still send it.
	if orphan := options.OrphanDependents; orphan != nil && *orphan {
		return orphanRefused(name, field.Invalid(field.NewPath("orphanDependents"), true, orphanDetail))
	}
	if options.PropagationPolicy == nil {
		return nil
	}
	switch *options.PropagationPolicy {
	case metav1.DeletePropagationOrphan:
		return orphanRefused(name, field.NotSupported(field.NewPath("propagationPolicy"), metav1.DeletePropagationOrphan,
			[]metav1.DeletionPropagation{metav1.DeletePropagationBackground}))
	case metav1.DeletePropagationForeground:
		warning.AddWarning(ctx, "", "propagationPolicy: Foreground acts as Background: the object is deleted before its dependents")
		background := metav1.DeletePropagationBackground
		options.PropagationPolicy = &background
	}
	return nil
}

const orphanDetail = "dependents cannot be orphaned: the backend has no place for finalizers"

func orphanRefused(name string, refused *field.Error) error {
	kind := schema.GroupKind{Group: metav1.GroupName, Kind: "DeleteOptions"}
	return apierrors.NewInvalid(kind, name, field.ErrorList{refused})
}

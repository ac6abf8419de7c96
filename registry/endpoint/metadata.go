package endpoint

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/warning"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// keptMetadata knows which labels and annotations the backend has a place for.
type keptMetadata struct {
	labels      map[string]v1alpha1.MetadataSource
	annotations map[string]v1alpha1.MetadataSource
}

func newKeptMetadata(declared *v1alpha1.ResourceMetadata) keptMetadata {
	if declared == nil {
		return keptMetadata{}
	}
	return keptMetadata{labels: declared.Labels, annotations: declared.Annotations}
}

// drop removes the labels and annotations that are not kept, and warns of them.
func (k keptMetadata) drop(ctx context.Context, metadata *metav1.ObjectMeta) {
	metadata.Labels = dropUnkept(ctx, "metadata.labels", metadata.Labels, k.labels)
	metadata.Annotations = dropUnkept(ctx, "metadata.annotations", metadata.Annotations, k.annotations)
}

func dropUnkept(ctx context.Context, path string, given map[string]string, kept map[string]v1alpha1.MetadataSource) map[string]string {
	var dropped []string
	for key := range given {
		if _, ok := kept[key]; !ok {
			dropped = append(dropped, key)
		}
	}
	if len(dropped) == 0 {
		return given
	}
	slices.Sort(dropped)
	warning.AddWarning(ctx, "", fmt.Sprintf("%s: %s not kept: the backend has %s", path, enumerate(dropped), placesFor(kept)))

	// The map may be shared with the object that is being changed.
	remaining := maps.Clone(given)
	for _, key := range dropped {
		delete(remaining, key)
	}
	if len(remaining) == 0 {
		return nil
	}
	return remaining
}

func enumerate(keys []string) string {
	if len(keys) == 1 {
		return keys[0] + " is"
	}
	return strings.Join(keys, ", ") + " are"
}

func placesFor(kept map[string]v1alpha1.MetadataSource) string {
	if len(kept) == 0 {
		return "no place for any"
	}
	return "a place for " + strings.Join(slices.Sorted(maps.Keys(kept)), ", ") + " only"
}

// refusedMetadata returns an error for metadata whose loss would break a promise: a
// finalizer that doesn't hold a deletion back, an owner whose deletion doesn't
// delete. old is nil for a creation.
func refusedMetadata(metadata, old *metav1.ObjectMeta) field.ErrorList {
	var refused field.ErrorList
	path := field.NewPath("metadata")
	if len(metadata.Finalizers) > 0 && (old == nil || !slices.Equal(metadata.Finalizers, old.Finalizers)) {
		refused = append(refused, field.Forbidden(path.Child("finalizers"),
			"the backend has no place for finalizers, so they could not hold a deletion back: leave them out"))
	}
	if len(metadata.OwnerReferences) > 0 {
		refused = append(refused, field.Forbidden(path.Child("ownerReferences"),
			"the backend has no place for owner references, so the object would not be deleted with its owner: leave them out"))
	}
	return refused
}

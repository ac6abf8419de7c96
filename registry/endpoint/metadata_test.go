package endpoint

import (
	"maps"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

func TestUnkeptMetadataIsDroppedWithAWarning(t *testing.T) {
	kept := newKeptMetadata(&v1alpha1.ResourceMetadata{
		Labels: map[string]v1alpha1.MetadataSource{"tier": {Column: "tier"}},
	})
	for _, test := range []struct {
		name        string
		labels      map[string]string
		annotations map[string]string
		left        map[string]string
		warnings    []string
	}{
		{name: "nothing given"},
		{name: "kept", labels: map[string]string{"tier": "a"}, left: map[string]string{"tier": "a"}},
		{
			name: "one of two", labels: map[string]string{"tier": "a", "team": "x"},
			left: map[string]string{"tier": "a"}, warnings: []string{"metadata.labels: team is not kept: the backend has a place for tier only"},
		},
		{
			name: "all", labels: map[string]string{"team": "x", "app": "y"},
			warnings: []string{"metadata.labels: app, team are not kept"},
		},
		{
			name: "both kinds", labels: map[string]string{"team": "x"}, annotations: map[string]string{"note": "y"},
			warnings: []string{"metadata.labels: team is", "metadata.annotations: note is not kept: the backend has no place for any"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, recorded := recordWarnings()
			given := maps.Clone(test.labels)
			metadata := &metav1.ObjectMeta{Labels: given, Annotations: test.annotations}
			kept.drop(ctx, metadata)
			if !maps.Equal(metadata.Labels, test.left) {
				t.Errorf("labels %v", metadata.Labels)
			}
			if len(metadata.Annotations) > 0 {
				t.Errorf("annotations %v", metadata.Annotations)
			}
			if !maps.Equal(given, test.labels) {
				t.Error("a map that may be shared was changed")
			}
			recorded.mention(t, test.warnings...)
		})
	}
}

func TestPromisesThatCannotBeHeldAreRefused(t *testing.T) {
	held := &metav1.ObjectMeta{Finalizers: []string{"example.com/a"}}
	owned := &metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{Name: "a"}}}
	for _, test := range []struct {
		name          string
		metadata, old *metav1.ObjectMeta
		field         string
	}{
		{"nothing", &metav1.ObjectMeta{}, nil, ""},
		{"finalizer in a creation", held, nil, "metadata.finalizers"},
		{"finalizer in an update", held, &metav1.ObjectMeta{}, "metadata.finalizers"},
		{"owner in a creation", owned, nil, "metadata.ownerReferences"},
		{"owner in an update", owned, &metav1.ObjectMeta{}, "metadata.ownerReferences"},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused := refusedMetadata(test.metadata, test.old)
			if test.field == "" {
				if len(refused) > 0 {
					t.Error(refused)
				}
				return
			}
			if len(refused) != 1 || refused[0].Field != test.field {
				t.Errorf("errors %v", refused)
			}
		})
	}
}

package endpoint

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func TestOrphaningIsRefused(t *testing.T) {
	for _, options := range []*metav1.DeleteOptions{
		{PropagationPolicy: ptr.To(metav1.DeletePropagationOrphan)},
		{OrphanDependents: ptr.To(true)},
	} {
		err := checkPropagation(context.Background(), "a", options)
		if !apierrors.IsInvalid(err) {
			t.Errorf("%v: error %v is not 422", options, err)
		}
	}
}

func TestForegroundActsAsBackground(t *testing.T) {
	ctx, recorded := recordWarnings()
	options := &metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationForeground)}
	if err := checkPropagation(ctx, "a", options); err != nil {
		t.Fatal(err)
	}
	if *options.PropagationPolicy != metav1.DeletePropagationBackground {
		t.Errorf("policy %s", *options.PropagationPolicy)
	}
	recorded.mention(t, "Foreground acts as Background")
}

func TestOrdinaryDeletionsPass(t *testing.T) {
	for _, options := range []*metav1.DeleteOptions{
		nil, {}, {PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}, {OrphanDependents: ptr.To(false)},
	} {
		ctx, recorded := recordWarnings()
		if err := checkPropagation(ctx, "a", options); err != nil {
			t.Errorf("%v: %v", options, err)
		}
		recorded.mention(t)
	}
}

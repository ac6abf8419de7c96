package endpoint

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// serves reports whether requests with this verb are answered.
func serves(resource *v1alpha1.BridgedResource, verb string) bool {
	return slices.Contains(resource.Spec.Verbs, v1alpha1.Verb(verb))
}

// advertisedVerbs are the verbs that discovery lists. The namespace controller deletes
// every object of a resource that lists delete when a namespace goes away, so delete
// is served without being listed unless the mapping wants exactly that.
func advertisedVerbs(resource *v1alpha1.BridgedResource) metav1.Verbs {
	keep := resource.Spec.NamespaceDeletion != v1alpha1.NamespaceDeletionDeleteRows
	verbs := metav1.Verbs{}
	for _, verb := range resource.Spec.Verbs {
		if keep && (verb == v1alpha1.VerbDelete || verb == v1alpha1.VerbDeleteCollection) {
			continue
		}
		verbs = append(verbs, string(verb))
	}
	slices.Sort(verbs)
	return verbs
}

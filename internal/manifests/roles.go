package manifests

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

var readVerbs = []v1alpha1.Verb{v1alpha1.VerbGet, v1alpha1.VerbList, v1alpha1.VerbWatch}

// resourceRoles are a role to view a resource and, where the mapping lets it be
// changed, one to edit it. They are bound by the cluster's administrators.
func resourceRoles(resource *v1alpha1.BridgedResource, aggregate bool) []rbacv1.ClusterRole {
	var view, edit []string
	for _, verb := range resource.Spec.Verbs {
		if slices.Contains(readVerbs, verb) {
			view = append(view, string(verb))
			continue
		}
		edit = append(edit, string(verb))
	}
	var roles []rbacv1.ClusterRole
	if len(view) > 0 {
		roles = append(roles, newResourceRole(resource, "view", view, aggregate))
	}
	if len(edit) > 0 {
		roles = append(roles, newResourceRole(resource, "edit", append(view, edit...), aggregate))
	}
	return roles
}

func newResourceRole(resource *v1alpha1.BridgedResource, purpose string, verbs []string, aggregate bool) rbacv1.ClusterRole {
	role := rbacv1.ClusterRole{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRole"},
		ObjectMeta: metav1.ObjectMeta{Name: resource.Name + "-" + purpose, Labels: labels()},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{resource.Spec.Group},
			Resources: []string{resource.Spec.Names.Plural},
			Verbs:     verbs,
		}},
	}
	if aggregate {
		// Whoever may edit may view: the cluster's edit has all of its view, and its
		// admin all of its edit.
		role.Labels["rbac.authorization.k8s.io/aggregate-to-"+purpose] = "true"
	}
	return role
}

package manifests

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	base "github.com/bridge-apiserver/bridge-apiserver/manifests"
)

// name is what all objects of an installation are called.
const name = "bridge-apiserver"

// installation is the base, to be completed.
type installation struct {
	namespace      corev1.Namespace
	serviceAccount corev1.ServiceAccount
	role           rbacv1.ClusterRole
	roleBinding    rbacv1.ClusterRoleBinding
	authDelegator  rbacv1.ClusterRoleBinding
	authReader     rbacv1.RoleBinding
	service        corev1.Service
	deployment     appsv1.Deployment
	budget         policyv1.PodDisruptionBudget
	networkPolicy  networkingv1.NetworkPolicy
}

func readBase() (*installation, error) {
	read := &installation{}
	files := map[string]any{
		"namespace.yaml":                         &read.namespace,
		"serviceaccount.yaml":                    &read.serviceAccount,
		"clusterrole.yaml":                       &read.role,
		"clusterrolebinding.yaml":                &read.roleBinding,
		"clusterrolebinding-auth-delegator.yaml": &read.authDelegator,
		"rolebinding-auth-reader.yaml":           &read.authReader,
		"service.yaml":                           &read.service,
		"deployment.yaml":                        &read.deployment,
		"poddisruptionbudget.yaml":               &read.budget,
		"networkpolicy.yaml":                     &read.networkPolicy,
	}
	for file, object := range files {
		data, err := base.Base.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the base: %w", err)
		}
		if err := yaml.UnmarshalStrict(data, object); err != nil {
			return nil, fmt.Errorf("decode %s of the base: %w", file, err)
		}
	}
	return read, nil
}

// moveTo puts everything that has a namespace into this one, except the role binding
// that belongs to kube-system.
func (i *installation) moveTo(namespace string) {
	i.namespace.Name = namespace
	for _, moved := range []interface{ SetNamespace(string) }{
		&i.serviceAccount, &i.service, &i.deployment, &i.budget, &i.networkPolicy,
	} {
		moved.SetNamespace(namespace)
	}
	for _, subjects := range [][]rbacv1.Subject{i.roleBinding.Subjects, i.authDelegator.Subjects, i.authReader.Subjects} {
		for at := range subjects {
			subjects[at].Namespace = namespace
		}
	}
}

func labels() map[string]string {
	return map[string]string{"app.kubernetes.io/name": name}
}

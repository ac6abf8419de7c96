package manifests

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// groupPriority is that of the groups that CustomResourceDefinitions make.
const groupPriority = 1000

// topVersionPriority is that of a group's most preferred version.
const topVersionPriority = 100

// injectAnnotation makes cert-manager put a certificate's authority into caBundle.
const injectAnnotation = "cert-manager.io/inject-ca-from"

// apiService is the part that is needed here of the kind with that name in the group
// apiregistration.k8s.io, whose own package would bring a whole server.
type apiService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              apiServiceSpec `json:"spec"`
}

type apiServiceSpec struct {
	Service              serviceReference `json:"service"`
	Group                string           `json:"group"`
	Version              string           `json:"version"`
	CABundle             []byte           `json:"caBundle,omitempty"`
	GroupPriorityMinimum int32            `json:"groupPriorityMinimum"`
	VersionPriority      int32            `json:"versionPriority"`
}

type serviceReference struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Port      int32  `json:"port"`
}

// apiServices are one for each group and version, sorted by group, the most preferred
// version first.
func apiServices(config Config, mapping *v1alpha1.Mapping) []apiService {
	versions := make(map[string][]string)
	for _, resource := range mapping.Resources {
		group := resource.Spec.Group
		if !slices.Contains(versions[group], resource.Spec.Version) {
			versions[group] = append(versions[group], resource.Spec.Version)
		}
	}
	var services []apiService
	for _, group := range sortedKeys(versions) {
		slices.SortFunc(versions[group], func(a, b string) int { return version.CompareKubeAwareVersionStrings(b, a) })
		for i, v := range versions[group] {
			priority := max(int32(topVersionPriority-i), 1)
			services = append(services, newAPIService(config, schema.GroupVersion{Group: group, Version: v}, priority))
		}
	}
	return services
}

func newAPIService(config Config, served schema.GroupVersion, priority int32) apiService {
	made := apiService{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apiregistration.k8s.io/v1", Kind: "APIService"},
		ObjectMeta: metav1.ObjectMeta{Name: served.Version + "." + served.Group, Labels: labels()},
		Spec: apiServiceSpec{
			Service: serviceReference{Namespace: config.Namespace, Name: name, Port: 443},
			Group:   served.Group, Version: served.Version,
			CABundle:             config.CABundle,
			GroupPriorityMinimum: groupPriority, VersionPriority: priority,
		},
	}
	if config.Certificate != "" {
		made.Annotations = map[string]string{injectAnnotation: config.Certificate}
	}
	return made
}

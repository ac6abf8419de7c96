package endpoint

import (
	"cmp"
	"net/http"
	"slices"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apiserver/pkg/endpoints/discovery"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// Priorities of the groups in aggregated discovery: those of custom resources.
const (
	groupPriority   = 1000
	versionPriority = 100
)

// installGroupDiscovery publishes a group's versions in /apis and /apis/GROUP.
func installGroupDiscovery(server *genericapiserver.GenericAPIServer, group string, members []*Endpoint) {
	apiGroup := metav1.APIGroup{Name: group}
	for _, endpoint := range members {
		published := metav1.GroupVersionForDiscovery{
			GroupVersion: endpoint.resource.GroupVersion().String(),
			Version:      endpoint.resource.Version,
		}
		if !slices.Contains(apiGroup.Versions, published) {
			apiGroup.Versions = append(apiGroup.Versions, published)
		}
	}
	slices.SortFunc(apiGroup.Versions, func(a, b metav1.GroupVersionForDiscovery) int {
		return version.CompareKubeAwareVersionStrings(b.Version, a.Version)
	})
	apiGroup.PreferredVersion = apiGroup.Versions[0]

	server.DiscoveryGroupManager.AddGroup(apiGroup)
	handler := discovery.NewAPIGroupHandler(server.Serializer, apiGroup)
	server.Handler.NonGoRestfulMux.Handle("/apis/"+group, handler)
	server.Handler.NonGoRestfulMux.UnlistedHandle("/apis/"+group+"/", handler)
}

// newVersionDiscovery publishes the resources of a group version in aggregated
// discovery, and returns the handler for /apis/GROUP/VERSION.
func newVersionDiscovery(server *genericapiserver.GenericAPIServer, groupVersion schema.GroupVersion, members []*Endpoint) http.Handler {
	members = slices.SortedFunc(slices.Values(members), func(a, b *Endpoint) int {
		return cmp.Compare(a.resource.Resource, b.resource.Resource)
	})
	var resources []metav1.APIResource
	var aggregated []apidiscoveryv2.APIResourceDiscovery
	for _, endpoint := range members {
		resources = append(resources, endpoint.discovery())
		aggregated = append(aggregated, endpoint.aggregatedDiscovery())
	}
	server.AggregatedDiscoveryGroupManager.AddGroupVersion(groupVersion.Group, apidiscoveryv2.APIVersionDiscovery{
		Version:   groupVersion.Version,
		Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent,
		Resources: aggregated,
	})
	server.AggregatedDiscoveryGroupManager.SetGroupVersionPriority(metav1.GroupVersion(groupVersion), groupPriority, versionPriority)
	return discovery.NewAPIVersionHandler(server.Serializer, groupVersion,
		discovery.APIResourceListerFunc(func() []metav1.APIResource { return resources }))
}

// discovery describes the endpoint for /apis/GROUP/VERSION.
func (e *Endpoint) discovery() metav1.APIResource {
	names := e.declaration.Spec.Names
	return metav1.APIResource{
		Name:         names.Plural,
		SingularName: names.Singular,
		Namespaced:   e.kind.Namespaced(),
		Kind:         names.Kind,
		Verbs:        advertisedVerbs(e.declaration),
		ShortNames:   names.ShortNames,
		Categories:   names.Categories,
	}
}

// aggregatedDiscovery describes the endpoint for /apis.
func (e *Endpoint) aggregatedDiscovery() apidiscoveryv2.APIResourceDiscovery {
	names := e.declaration.Spec.Names
	scope := apidiscoveryv2.ScopeCluster
	if e.kind.Namespaced() {
		scope = apidiscoveryv2.ScopeNamespace
	}
	responseKind := metav1.GroupVersionKind(e.kind.GroupVersionKind())
	return apidiscoveryv2.APIResourceDiscovery{
		Resource:         names.Plural,
		SingularResource: names.Singular,
		Scope:            scope,
		ResponseKind:     &responseKind,
		Verbs:            advertisedVerbs(e.declaration),
		ShortNames:       names.ShortNames,
		Categories:       names.Categories,
	}
}

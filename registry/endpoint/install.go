package endpoint

import (
	"net/http"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// Install adds endpoints and their discovery to a server that is not running yet.
func Install(server *genericapiserver.GenericAPIServer, endpoints ...*Endpoint) {
	byGroup := map[string][]*Endpoint{}
	byVersion := map[schema.GroupVersion]router{}
	for _, endpoint := range endpoints {
		groupVersion := endpoint.resource.GroupVersion()
		if byVersion[groupVersion].endpoints == nil {
			byVersion[groupVersion] = router{serializer: server.Serializer, endpoints: map[string]*Endpoint{}}
		}
		byVersion[groupVersion].endpoints[endpoint.resource.Resource] = endpoint
		byGroup[groupVersion.Group] = append(byGroup[groupVersion.Group], endpoint)
	}
	for groupVersion, routes := range byVersion {
		server.Handler.NonGoRestfulMux.HandlePrefix("/apis/"+groupVersion.String()+"/", routes)
	}
	for group, members := range byGroup {
		installDiscovery(server, group, members)
	}
	server.RegisterDestroyFunc(func() {
		for _, endpoint := range endpoints {
			endpoint.Close()
		}
	})
}

// router dispatches the requests of one group version by resource.
type router struct {
	serializer runtime.NegotiatedSerializer
	endpoints  map[string]*Endpoint
}

// ServeHTTP implements http.Handler.
func (r router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	info, ok := request.RequestInfoFrom(req.Context())
	if ok && info.IsResourceRequest {
		if endpoint, found := r.endpoints[info.Resource]; found {
			endpoint.ServeHTTP(w, req)
			return
		}
	}
	notFound(w, req, r.serializer)
}

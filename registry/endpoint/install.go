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
	byVersion := map[schema.GroupVersion][]*Endpoint{}
	for _, endpoint := range endpoints {
		groupVersion := endpoint.resource.GroupVersion()
		byGroup[groupVersion.Group] = append(byGroup[groupVersion.Group], endpoint)
		byVersion[groupVersion] = append(byVersion[groupVersion], endpoint)
	}
	for groupVersion, members := range byVersion {
		discovery := newVersionDiscovery(server, groupVersion, members)
		path := "/apis/" + groupVersion.String()
		server.Handler.NonGoRestfulMux.Handle(path, discovery)
		server.Handler.NonGoRestfulMux.HandlePrefix(path+"/", newRouter(server.Serializer, path, discovery, members))
	}
	for group, members := range byGroup {
		installGroupDiscovery(server, group, members)
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
	// path of the group version, where discovery is.
	path      string
	discovery http.Handler
	endpoints map[string]*Endpoint
}

func newRouter(serializer runtime.NegotiatedSerializer, path string, discovery http.Handler, members []*Endpoint) router {
	made := router{serializer: serializer, path: path, discovery: discovery, endpoints: map[string]*Endpoint{}}
	for _, endpoint := range members {
		made.endpoints[endpoint.resource.Resource] = endpoint
	}
	return made
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
	if req.URL.Path == r.path+"/" {
		r.discovery.ServeHTTP(w, req)
		return
	}
	notFound(w, req, r.serializer)
}

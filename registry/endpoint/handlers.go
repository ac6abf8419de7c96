package endpoint

import (
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/endpoints/handlers"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/metrics"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// patchTypes are the patches that are understood. Strategic merge patch needs Go
// types with merge keys, and is refused as for custom resources.
var patchTypes = []string{
	string(types.JSONPatchType),
	string(types.MergePatchType),
	string(types.ApplyYAMLPatchType),
}

// requestScopes are the values of the metrics' label scope.
var requestScopes = []string{"resource", "namespace", "cluster"}

// route is what a request is dispatched by.
type route struct{ verb, scope string }

// handlerSet answers the requests of one resource.
type handlerSet struct {
	resource   schema.GroupVersionResource
	namespaced bool
	serializer runtime.NegotiatedSerializer
	routes     map[route]http.HandlerFunc
}

// newHandlers makes a handler for each served verb, with metrics for each scope.
func (e *Endpoint) newHandlers(config Config, scope *handlers.RequestScope) handlerSet {
	set := handlerSet{
		resource:   e.resource,
		namespaced: e.kind.Namespaced(),
		serializer: scope.Serializer,
		routes:     map[route]http.HandlerFunc{},
	}
	rest := store{e.store}
	all := map[string]http.HandlerFunc{
		"get":   handlers.GetResource(rest, scope),
		"list":  handlers.ListResource(rest, rest, scope, false, config.MinRequestTimeout),
		"watch": handlers.ListResource(rest, rest, scope, true, config.MinRequestTimeout),
	}
	untracked := withoutTracking(scope)
	for verb, newHandler := range map[string]func() http.HandlerFunc{
		"create":           func() http.HandlerFunc { return handlers.CreateResource(rest, untracked, config.Admission) },
		"update":           func() http.HandlerFunc { return handlers.UpdateResource(rest, scope, config.Admission) },
		"patch":            func() http.HandlerFunc { return handlers.PatchResource(rest, scope, config.Admission, patchTypes) },
		"delete":           func() http.HandlerFunc { return handlers.DeleteResource(rest, true, scope, config.Admission) },
		"deletecollection": func() http.HandlerFunc { return handlers.DeleteCollection(rest, true, scope, config.Admission) },
	} {
		all[verb] = perRequest(newHandler)
	}
	all["patch"] = forceApply(all["patch"])
	for verb, handler := range all {
		if !serves(e.declaration, verb) {
			continue
		}
		for _, requestScope := range requestScopes {
			set.routes[route{verb, requestScope}] = metrics.InstrumentHandlerFunc(strings.ToUpper(verb),
				e.resource.Group, e.resource.Version, e.resource.Resource, "", requestScope,
				metrics.APIServerComponent, false, "", handler)
		}
	}
	return set
}

// perRequest makes a handler anew for each request. A writing handler wraps the
// admission chain that it was made with, at each request and without a lock: used
// twice, it would grow, and race with itself.
func perRequest(newHandler func() http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) { newHandler()(w, req) }
}

// ServeHTTP implements http.Handler.
func (s handlerSet) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	info, ok := request.RequestInfoFrom(req.Context())
	if !ok || info.Subresource != "" || !s.fitsScope(info) {
		notFound(w, req, s.serializer)
		return
	}
	handler, ok := s.routes[route{info.Verb, metrics.CleanScope(info)}]
	if !ok || info.Verb == "create" && info.Name != "" {
		responsewriters.ErrorNegotiated(apierrors.NewMethodNotSupported(s.resource.GroupResource(), info.Verb),
			s.serializer, s.resource.GroupVersion(), w, req)
		return
	}
	handler(w, req)
}

// fitsScope reports whether the request names a namespace where there must be one, and
// none where there can be none.
func (s handlerSet) fitsScope(info *request.RequestInfo) bool {
	if !s.namespaced {
		return info.Namespace == ""
	}
	return info.Namespace != "" || info.Verb == "list" || info.Verb == "watch"
}

// notFound answers as any API server answers for a path that it doesn't have.
func notFound(w http.ResponseWriter, req *http.Request, serializer runtime.NegotiatedSerializer) {
	status := apierrors.NewGenericServerResponse(http.StatusNotFound, req.Method, schema.GroupResource{}, "", "", 0, false)
	responsewriters.ErrorNegotiated(status, serializer, schema.GroupVersion{}, w, req)
}

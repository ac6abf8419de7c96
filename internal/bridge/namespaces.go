package bridge

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
)

const namespacesPath = "/api/v1/namespaces/"

// withoutNamespaces answers for the namespaces that a server without a cluster doesn't
// have. When kubectl doesn't find an object, it asks for the namespace, and takes
// 'not found' there for the reason.
func withoutNamespaces(serializer runtime.NegotiatedSerializer) http.Handler {
	refused := apierrors.NewMethodNotSupported(schema.GroupResource{Resource: "namespaces"}, "get")
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		responsewriters.ErrorNegotiated(refused, serializer, schema.GroupVersion{Version: "v1"}, w, req)
	})
}

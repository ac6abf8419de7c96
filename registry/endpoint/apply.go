package endpoint

import (
	"context"
	"mime"
	"net/http"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/warning"
)

const applyWarning = "field managers are not kept: server-side apply overwrites the fields it names, whoever wrote them, " +
	"as with --force-conflicts, and leaves all others as they are"

type applyContextKey struct{}

// isApply reports whether the request is a server-side apply.
func isApply(ctx context.Context) bool {
	apply, _ := ctx.Value(applyContextKey{}).(bool)
	return apply
}

// forceApply lets server-side apply act as if conflicts were forced: with nobody's
// fields on record, every field would conflict with an unknown manager.
func forceApply(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		if !isApplyRequest(request) {
			handler(w, request)
			return
		}
		ctx := context.WithValue(request.Context(), applyContextKey{}, true)
		warning.AddWarning(ctx, "", applyWarning)
		forced := request.Clone(ctx)
		query := forced.URL.Query()
		query.Set("force", "true")
		forced.URL.RawQuery = query.Encode()
		handler(w, forced)
	}
}

func isApplyRequest(request *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	return err == nil && types.PatchType(mediaType) == types.ApplyYAMLPatchType
}

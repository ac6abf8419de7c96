package endpoint

import (
	"context"
	"errors"
	"mime"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/registry/rest"
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

// appliedObject is what an apply makes of the present object.
type appliedObject struct{ rest.UpdatedObjectInfo }

// UpdatedObject implements rest.UpdatedObjectInfo. What cannot be merged, an unknown
// field or a value of the wrong type, is the client's mistake; upstream answers 500.
func (a appliedObject) UpdatedObject(ctx context.Context, old runtime.Object) (runtime.Object, error) {
	updated, err := a.UpdatedObjectInfo.UpdatedObject(ctx, old)
	var status apierrors.APIStatus
	if err != nil && !errors.As(err, &status) && ctx.Err() == nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return updated, err
}

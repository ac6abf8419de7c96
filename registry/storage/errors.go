package storage

import (
	"context"
	"errors"
	"net/http"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// The messages of upstream's etcd3 store, which tests and clients look for.
const (
	listExpired     = "The resourceVersion for the provided list is too old."
	watchExpired    = "The resourceVersion for the provided watch is too old."
	continueExpired = "The provided continue parameter is too old to display a consistent list result. " +
		"You can start a new list without the continue parameter, or use the continue token in this response to " +
		"retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - " +
		"objects that were created, modified, or deleted between the time the first chunk was returned and now may " +
		"show up in the list."
)

// readError translates what a read failed with.
func (s *Store) readError(err error) error { return s.translate(err, "", adapters.Timeout) }

// writeError translates what a write failed with. A context that ends during a write
// leaves the outcome open, unless the adapter knows better.
func (s *Store) writeError(err error, objectKey string) error {
	return s.translate(err, objectKey, adapters.Indeterminate)
}

// translate turns err into the error that upstream understands. interrupted is the
// meaning of a context's end.
func (s *Store) translate(err error, objectKey string, interrupted adapters.Code) error {
	var status apierrors.APIStatus
	var known *adapters.Error
	switch {
	case errors.As(err, &known):
		return s.statusError(known, objectKey)
	case errors.As(err, &status):
		return err
	case errors.Is(err, mirror.ErrNotSynced):
		return s.ready()
	case errors.Is(err, mirror.ErrFuture):
		// It was reached, and then the history was cut and began again below it.
		return apierrors.NewResourceExpired(listExpired)
	case errors.Is(err, mirror.ErrClosed):
		return s.statusError(adapters.Errorf(adapters.Unavailable, "the server is shutting down"), objectKey)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errWaitedTooLong):
		return s.statusError(adapters.Errorf(interrupted, "the request ended before the backend answered"), objectKey)
	default:
		return s.statusError(&adapters.Error{Code: adapters.Internal, Message: err.Error(), Err: err}, objectKey)
	}
}

// statusError translates each code of the contract.
func (s *Store) statusError(err *adapters.Error, objectKey string) error {
	resource, name := s.config.GroupResource, nameOf(objectKey)
	err = s.withPaths(err)
	switch err.Code {
	case adapters.NotFound:
		return storage.NewKeyNotFoundError(s.storageKey(objectKey), 0)
	case adapters.Exists:
		return storage.NewKeyExistsError(s.storageKey(objectKey), 0)
	case adapters.Conflict:
		return withCauses(apierrors.NewConflict(resource, name, errors.New(message(err))), fieldErrors(err))
	case adapters.Invalid:
		return s.invalid(err, name)
	case adapters.Forbidden:
		return apierrors.NewForbidden(resource, name, errors.New(message(err)))
	case adapters.Expired:
		return apierrors.NewResourceExpired(message(err))
	case adapters.Unavailable:
		unavailable := apierrors.NewServiceUnavailable(message(err))
		unavailable.ErrStatus.Details = &metav1.StatusDetails{
			Group: resource.Group, Kind: resource.Resource, Name: name, RetryAfterSeconds: int32(seconds(err.RetryAfter)),
		}
		return unavailable
	case adapters.Overloaded:
		return apierrors.NewTooManyRequests(message(err), seconds(err.RetryAfter))
	case adapters.Timeout:
		return apierrors.NewTimeoutError(message(err), 0)
	case adapters.Indeterminate:
		return outcome(message(err)+
			". It is not known whether the write happened: read the object before repeating it", metav1.CauseType("OutcomeUnknown"))
	case adapters.Unconfirmed:
		return outcome(message(err)+
			". The write is committed and must not be repeated; its result cannot be shown yet", metav1.CauseType("Committed"))
	default:
		s.config.Logger.Error("the backend's answer is the bridge's fault or its configuration's", "error", err, "key", objectKey)
		return apierrors.NewInternalError(errors.New("the request could not be served; the server's log says why"))
	}
}

// withPaths names the fields as the client knows them.
func (s *Store) withPaths(err *adapters.Error) *adapters.Error {
	paths, ok := s.codec.(FieldPather)
	if !ok || len(err.Fields) == 0 {
		return err
	}
	named := *err
	named.Fields = slices.Clone(err.Fields)
	for i := range named.Fields {
		named.Fields[i].Field = paths.FieldPath(named.Fields[i].Field)
	}
	return &named
}

// outcome is a 504 without Retry-After: client-go resends whatever carries one.
func outcome(text string, cause metav1.CauseType) error {
	timeout := apierrors.NewTimeoutError(text, 0)
	timeout.ErrStatus.Details.Causes = append(timeout.ErrStatus.Details.Causes, metav1.StatusCause{Type: cause, Message: text})
	return timeout
}

func (s *Store) invalid(err *adapters.Error, name string) error {
	fields := fieldErrors(err)
	if len(fields) > 0 {
		return apierrors.NewInvalid(s.config.GroupKind, name, fields)
	}
	invalid := apierrors.NewInvalid(s.config.GroupKind, name, nil)
	invalid.ErrStatus.Message = s.config.GroupKind.String() + " \"" + name + "\" is invalid: " + message(err)
	return invalid
}

// invalidName refuses to create an object whose name no record can have.
func (s *Store) invalidName(objectKey string, err error) error {
	name := nameOf(objectKey)
	return apierrors.NewInvalid(s.config.GroupKind, name, field.ErrorList{
		field.Invalid(field.NewPath("metadata", "name"), name, err.Error()),
	})
}

// readOnly refuses a write that the adapter cannot perform.
func (s *Store) readOnly(verb string) error {
	return apierrors.NewMethodNotSupported(s.config.GroupResource, verb)
}

// noTTL refuses a time to live where the backend cannot delete by itself.
func (s *Store) noTTL(objectKey string) error {
	status := apierrors.NewBadRequest("objects of " + s.config.GroupResource.String() + " cannot be given a time to live: their backend has no such thing")
	status.ErrStatus.Reason, status.ErrStatus.Code = metav1.StatusReasonMethodNotAllowed, http.StatusMethodNotAllowed
	status.ErrStatus.Details = &metav1.StatusDetails{Group: s.config.GroupResource.Group, Kind: s.config.GroupResource.Resource, Name: nameOf(objectKey)}
	return status
}

var errorTypes = map[adapters.Reason]field.ErrorType{
	adapters.InvalidValue:     field.ErrorTypeInvalid,
	adapters.RequiredValue:    field.ErrorTypeRequired,
	adapters.TooLongValue:     field.ErrorTypeTooLong,
	adapters.OutOfRangeValue:  field.ErrorTypeInvalid,
	adapters.DuplicateValue:   field.ErrorTypeDuplicate,
	adapters.UnsupportedValue: field.ErrorTypeNotSupported,
	adapters.ReferenceValue:   field.ErrorTypeInvalid,
	adapters.ImmutableValue:   field.ErrorTypeForbidden,
}

func fieldErrors(err *adapters.Error) field.ErrorList {
	var list field.ErrorList
	for _, at := range err.Fields {
		list = append(list, &field.Error{
			Type: errorTypes[at.Reason], Field: at.Field, BadValue: field.OmitValueType{}, Detail: at.Detail,
		})
	}
	return list
}

func withCauses(status *apierrors.StatusError, fields field.ErrorList) error {
	for _, at := range fields {
		status.ErrStatus.Details.Causes = append(status.ErrStatus.Details.Causes, metav1.StatusCause{
			Type: metav1.CauseType(at.Type), Message: at.ErrorBody(), Field: at.Field,
		})
	}
	return status
}

// message is what a client is told of an adapter's error.
func message(err *adapters.Error) string {
	text := err.Message
	for _, at := range err.Fields {
		if text != "" {
			text += "; "
		}
		text += at.Field + ": " + at.Detail
	}
	if text == "" {
		return err.Code.String()
	}
	return text
}

// clientMessage is what a client is told of any error of the feed. What the
// adapter didn't write for clients is for the log only.
func clientMessage(err error) string {
	var known *adapters.Error
	if errors.As(err, &known) && known.Code != adapters.Internal {
		return "the backend cannot be followed: " + message(known)
	}
	return "the backend cannot be followed; the server's log says why"
}

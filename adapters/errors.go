package adapters

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code classifies everything that a backend can answer instead of success. The set
// is closed: the layers above turn each code into one Kubernetes Status.
type Code uint8

const (
	// Internal: the bridge's own fault or configuration (missing privileges, wrong
	// credentials). Details are for the log and the operator, not for the client.
	Internal Code = iota
	// NotFound: there is no record with this key.
	NotFound
	// Exists: a record with this key exists already.
	Exists
	// Conflict: the record is not what the caller believed, or another record stands
	// in the way (a unique key, a reference). Nothing was written.
	Conflict
	// Invalid: the backend refuses the values; Fields says which and why.
	Invalid
	// Forbidden: the backend refuses this caller.
	Forbidden
	// Expired: the revision is not part of the backend's present history.
	Expired
	// Unavailable: the backend cannot be reached or cannot serve now. Nothing was done.
	Unavailable
	// Overloaded: the backend or the bridge's share of it is exhausted. Nothing was done.
	Overloaded
	// Timeout: the deadline passed before anything was done.
	Timeout
	// Indeterminate: the write was sent and its outcome is unknown. It must not be
	// repeated blindly.
	Indeterminate
	// Unconfirmed: the write is committed, but the feed has not shown it in time.
	Unconfirmed
)

var codeNames = [...]string{
	Internal: "internal", NotFound: "not found", Exists: "exists", Conflict: "conflict",
	Invalid: "invalid", Forbidden: "forbidden", Expired: "expired", Unavailable: "unavailable",
	Overloaded: "overloaded", Timeout: "timeout", Indeterminate: "indeterminate", Unconfirmed: "unconfirmed",
}

func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return fmt.Sprintf("code %d", uint8(c))
}

// Reason says what is wrong with one field.
type Reason uint8

const (
	// InvalidValue: the value doesn't fit for a reason that the detail names.
	InvalidValue Reason = iota
	// RequiredValue: a value must be given.
	RequiredValue
	// TooLongValue: the value is longer than the backend can store.
	TooLongValue
	// OutOfRangeValue: the value is outside what the backend can store.
	OutOfRangeValue
	// DuplicateValue: the value is taken by another record.
	DuplicateValue
	// UnsupportedValue: the value is not one of those that the backend knows.
	UnsupportedValue
	// ReferenceValue: the value refers to something that isn't there, or is referred to.
	ReferenceValue
	// ImmutableValue: the value cannot be changed.
	ImmutableValue
)

// FieldError is one field's part of an error.
type FieldError struct {
	// Field is the name of the field in the adapter's [Schema].
	Field  string
	Reason Reason
	// Detail is for a person, and names the constraint and the way out.
	Detail string
}

// Error is the error type of every adapter method.
type Error struct {
	Code Code
	// Message is for a person, complete without the wrapped error, and shown to
	// clients: it must not contain credentials or other records' values.
	Message string
	// Fields says which fields are at fault, where the backend tells.
	Fields []FieldError
	// RetryAfter is how long to wait before the same call may succeed; zero is unknown.
	RetryAfter time.Duration
	// Err is the cause, for the log.
	Err error
}

// Error implements error: the message, the fields and the cause.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Code.String())
	if e.Message != "" {
		text.WriteString(": " + e.Message)
	}
	for _, field := range e.Fields {
		text.WriteString("; " + field.Field + ": " + field.Detail)
	}
	if e.Err != nil {
		text.WriteString(": " + e.Err.Error())
	}
	return text.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an [Error] with this code and message. A trailing ": %w" wraps a
// cause, which is kept out of the message: that is shown to clients.
func Errorf(code Code, format string, arguments ...any) *Error {
	formatted := fmt.Errorf(format, arguments...)
	message, cause := formatted.Error(), errors.Unwrap(formatted)
	if cause != nil {
		message = strings.TrimSuffix(message, ": "+cause.Error())
	}
	return &Error{Code: code, Message: message, Err: cause}
}

// CodeOf returns the code of the first [Error] in err's chain, or Internal.
func CodeOf(err error) Code {
	var adapterError *Error
	if errors.As(err, &adapterError) {
		return adapterError.Code
	}
	return Internal
}

// Is reports whether err is an [Error] with this code.
func Is(err error, code Code) bool {
	var adapterError *Error
	return errors.As(err, &adapterError) && adapterError.Code == code
}

package adapters

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestErrorText(t *testing.T) {
	err := &Error{
		Code:    Invalid,
		Message: "the row is refused",
		Fields:  []FieldError{{Field: "spec.name", Reason: TooLongValue, Detail: "at most 80 characters"}},
		Err:     errors.New("error 1406"),
	}
	if got, want := err.Error(), "invalid: the row is refused; spec.name: at most 80 characters: error 1406"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestCodeOfFindsTheFirstError(t *testing.T) {
	inner := Errorf(Unavailable, "the server is gone")
	tests := []struct {
		name string
		err  error
		want Code
		is   bool
	}{
		{"plain", errors.New("plain"), Internal, false},
		{"direct", inner, Unavailable, true},
		{"wrapped", fmt.Errorf("reading: %w", inner), Unavailable, true},
		{"an error around an error", &Error{Code: Timeout, Err: inner}, Timeout, true},
		{"internal", Errorf(Internal, "a bug"), Internal, true},
	}
	for _, test := range tests {
		if got := CodeOf(test.err); got != test.want {
			t.Errorf("%s: CodeOf = %v, want %v", test.name, got, test.want)
		}
		if got := Is(test.err, test.want); got != test.is {
			t.Errorf("%s: Is(%v) = %v, want %v", test.name, test.want, got, test.is)
		}
	}
	if Is(nil, Internal) {
		t.Error("nil is an internal error")
	}
}

func TestErrorfKeepsTheCause(t *testing.T) {
	err := Errorf(Timeout, "reading %s: %w", "customers", context.DeadlineExceeded)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not wrap its cause", err)
	}
	if err.Message != "reading customers" {
		t.Errorf("the message is %q, want it without the cause", err.Message)
	}
	if got, want := err.Error(), "timeout: reading customers: context deadline exceeded"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestEveryCodeAndTypeHasAName(t *testing.T) {
	names := map[string]bool{}
	for code := Internal; code <= Unconfirmed; code++ {
		if names[code.String()] || code.String() == "" {
			t.Errorf("code %d has the name %q, which is not its own", code, code)
		}
		names[code.String()] = true
	}
	if got := (Unconfirmed + 1).String(); got != "code 12" {
		t.Errorf("an unknown code is called %q", got)
	}
	types := map[string]bool{}
	for fieldType := StringType; fieldType <= MessageType; fieldType++ {
		if types[fieldType.String()] || fieldType.String() == "" {
			t.Errorf("type %d has the name %q, which is not its own", fieldType, fieldType)
		}
		types[fieldType.String()] = true
	}
}

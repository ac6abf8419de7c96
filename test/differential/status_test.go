package differential

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	storageerrors "k8s.io/apiserver/pkg/storage/errors"
)

// describeError is the form in which errors are compared: what a client sees of them,
// except the text for people. Errors are first turned into a Status as the registry
// turns them.
func describeError(interpret func(error) error, err error) string {
	interpreted := interpret(err)
	var status apierrors.APIStatus
	if !errors.As(interpreted, &status) {
		return "error: " + interpreted.Error()
	}
	answer := status.Status()
	var text strings.Builder
	fmt.Fprintf(&text, "%d %s", answer.Code, answer.Reason)
	if answer.Continue != "" {
		text.WriteString(" with a token to go on")
	}
	if answer.RemainingItemCount != nil {
		fmt.Fprintf(&text, " remaining=%d", *answer.RemainingItemCount)
	}
	if answer.Details == nil {
		return text.String()
	}
	if answer.Details.RetryAfterSeconds != 0 {
		fmt.Fprintf(&text, " retryAfter=%d", answer.Details.RetryAfterSeconds)
	}
	for _, cause := range answer.Details.Causes {
		fmt.Fprintf(&text, " cause=%s field=%q", cause.Type, cause.Field)
	}
	return text.String()
}

func describeGetError(err error, name string) string {
	return describeError(func(err error) error { return storageerrors.InterpretGetError(err, podResource, name) }, err)
}

func describeListError(err error) string {
	return describeError(func(err error) error { return storageerrors.InterpretListError(err, podResource) }, err)
}

func describeCreateError(err error, name string) string {
	return describeError(func(err error) error { return storageerrors.InterpretCreateError(err, podResource, name) }, err)
}

func describeUpdateError(err error, name string) string {
	return describeError(func(err error) error { return storageerrors.InterpretUpdateError(err, podResource, name) }, err)
}

func describeDeleteError(err error, name string) string {
	return describeError(func(err error) error { return storageerrors.InterpretDeleteError(err, podResource, name) }, err)
}

func describeWatchError(err error) string {
	return describeError(func(err error) error { return storageerrors.InterpretWatchError(err, podResource, "") }, err)
}

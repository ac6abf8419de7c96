package v1alpha1

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// alternative is one of several fields of which exactly one must be given.
type alternative struct {
	name  string
	given bool
}

func given(name string, isGiven bool) alternative { return alternative{name: name, given: isGiven} }

func exactlyOne(path *field.Path, alternatives ...alternative) field.ErrorList {
	var names, found []string
	for _, candidate := range alternatives {
		names = append(names, candidate.name)
		if candidate.given {
			found = append(found, candidate.name)
		}
	}
	switch len(found) {
	case 1:
		return nil
	case 0:
		return field.ErrorList{field.Required(path, "must have "+strings.Join(names, " or "))}
	default:
		return field.ErrorList{field.Forbidden(path, fmt.Sprintf("%s exclude each other: keep one", strings.Join(found, " and ")))}
	}
}

// oneOf checks a value against the legal ones and suggests the nearest.
func oneOf[T ~string](path *field.Path, value T, supported ...T) field.ErrorList {
	if slices.Contains(supported, value) {
		return nil
	}
	fault := field.NotSupported(path, value, supported)
	fault.Detail += didYouMean(string(value), texts(supported))
	return field.ErrorList{fault}
}

func texts[T ~string](values []T) []string {
	converted := make([]string, len(values))
	for i, value := range values {
		converted[i] = string(value)
	}
	return converted
}

// validateText checks a required text with one of Kubernetes' name validators.
func validateText(path *field.Path, value string, check func(string) []string) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "must be given")}
	}
	var faults field.ErrorList
	for _, message := range check(value) {
		faults = append(faults, field.Invalid(path, value, message))
	}
	return faults
}

// repeated returns the indexes of the values that an earlier one equals.
func repeated[T comparable](values []T) map[int]bool {
	again := make(map[int]bool)
	seen := make(map[T]bool, len(values))
	for i, value := range values {
		again[i] = seen[value]
		seen[value] = true
	}
	return again
}

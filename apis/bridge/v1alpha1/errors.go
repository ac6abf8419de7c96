package v1alpha1

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one fault of a mapping file.
//
// +k8s:deepcopy-gen=false
type Error struct {
	// File as it was named, or found in a directory.
	File string `json:"file,omitempty"`
	// Line and Column count from 1; they are 0 where the fault is that of a whole file.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Field is the path of the field within its document.
	Field string `json:"field,omitempty"`
	// Message says what is wrong and how to mend it.
	Message string `json:"message"`
}

// Error implements error: file:line:column: field: message.
func (e *Error) Error() string {
	var text strings.Builder
	if e.File != "" {
		text.WriteString(e.File + ":")
	}
	if e.Line > 0 {
		fmt.Fprintf(&text, "%d:%d:", e.Line, e.Column)
	}
	if text.Len() > 0 {
		text.WriteString(" ")
	}
	if e.Field != "" {
		text.WriteString(e.Field + ": ")
	}
	text.WriteString(e.Message)
	return text.String()
}

// Errors are all faults of a set of mapping files, in the order in which they stand there.
//
// +k8s:deepcopy-gen=false
type Errors []*Error

// Error implements error: one fault per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, fault := range e {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives access to the single faults.
func (e Errors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, fault := range e {
		errs[i] = fault
	}
	return errs
}

// sortByPosition orders the faults of one file.
func (e Errors) sortByPosition() {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

package check

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// Format is how a report is written.
type Format string

const (
	// Text is for people: one fault per line, or a table of what is declared.
	Text Format = "text"
	// JSON is one document: a [Report].
	JSON Format = "json"
)

// Config says what to check and where to report.
type Config struct {
	// Files are the mapping files and directories.
	Files  []string
	Format Format
	// Compile goes beyond the file: it makes the kind that a resource declares, with
	// its rules and columns. Its error may be, or hold, errors of type *field.Error.
	Compile func(*v1alpha1.BridgedResource) error
	// Out takes the summary, Err the faults in the format Text.
	Out, Err io.Writer
}

// Run checks the mapping and reports what it finds. It fails with an error of type
// [v1alpha1.Errors], already reported, where the mapping is not valid.
func Run(config Config) error {
	if config.Format != Text && config.Format != JSON {
		return fmt.Errorf("--output=%s is not known: use %s or %s", config.Format, Text, JSON)
	}
	mapping, err := load(config)
	var faults v1alpha1.Errors
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	if err := report(config, mapping, faults); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return err
}

func load(config Config) (*v1alpha1.Mapping, error) {
	mapping, err := v1alpha1.Load(config.Files)
	if err != nil {
		return nil, err
	}
	var faults v1alpha1.Errors
	for _, resource := range mapping.Resources {
		if err := config.Compile(resource); err != nil {
			faults = append(faults, locate(mapping, resource, err)...)
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return mapping, nil
}

// locate finds the fields that an error names.
func locate(mapping *v1alpha1.Mapping, resource *v1alpha1.BridgedResource, err error) v1alpha1.Errors {
	var aggregate utilerrors.Aggregate
	if errors.As(err, &aggregate) {
		var faults v1alpha1.Errors
		for _, single := range aggregate.Errors() {
			faults = append(faults, locate(mapping, resource, single)...)
		}
		return faults
	}
	var invalid *field.Error
	if errors.As(err, &invalid) {
		return v1alpha1.Errors{mapping.Fault(resource, invalid.Field, describe(*invalid))}
	}
	return v1alpha1.Errors{mapping.Fault(resource, "", err.Error())}
}

// describe says what is wrong in one line. A value that is not a word is left out: it
// stands in the file, and the field says where. So are the lines in which the CEL
// compiler draws the place.
func describe(invalid field.Error) string {
	switch invalid.BadValue.(type) {
	case string, bool, int32, int64, float64, fmt.Stringer:
	default:
		invalid.BadValue = field.OmitValueType{}
	}
	lines := strings.Split(invalid.ErrorBody(), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "|") })
	return strings.Join(lines, "; ")
}

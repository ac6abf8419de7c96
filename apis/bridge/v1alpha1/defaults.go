package v1alpha1

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The defaults of a backend.
const (
	DefaultMySQLPollInterval = 2 * time.Second
	DefaultMaxOpenConns      = 8
	DefaultGRPCTimeout       = 5 * time.Second
	DefaultGRPCPollInterval  = 10 * time.Second
)

// SetDefaults fills in what the document leaves out. It changes nothing when called again.
func (b *Backend) SetDefaults() {
	if mysql := b.Spec.MySQL; mysql != nil {
		setDefault(&mysql.Watch, WatchAuto)
		setDefault(&mysql.MaxOpenConns, DefaultMaxOpenConns)
		setDefaultDuration(&mysql.PollInterval, DefaultMySQLPollInterval)
	}
	if grpc := b.Spec.GRPC; grpc != nil {
		setDefaultDuration(&grpc.Timeout, DefaultGRPCTimeout)
		setDefaultDuration(&grpc.PollInterval, DefaultGRPCPollInterval)
	}
}

// SetDefaults fills in what the document leaves out. It changes nothing when called again.
func (r *BridgedResource) SetDefaults() {
	spec := &r.Spec
	setDefault(&spec.Scope, NamespaceScoped)
	setDefault(&spec.Names.Singular, strings.ToLower(spec.Names.Kind))
	if spec.Names.Kind != "" {
		setDefault(&spec.Names.ListKind, spec.Names.Kind+"List")
	}
	if len(spec.Verbs) == 0 {
		spec.Verbs = []Verb{VerbGet, VerbList, VerbWatch}
	}
	setDefault(&spec.NamespaceDeletion, NamespaceDeletionKeep)
	if grpc := spec.Source.GRPC; grpc != nil && grpc.Watch == nil {
		grpc.Watch = &GRPCWatch{Poll: &GRPCPoll{}}
	}
	spec.setFieldDefaults()
	for i := range spec.PrinterColumns {
		column := &spec.PrinterColumns[i]
		setDefault(&column.Type, spec.printerType(column.Path))
	}
}

func (s *BridgedResourceSpec) setFieldDefaults() {
	objects := make(map[string]Field)
	for i := range s.Fields {
		setDefault(&s.Fields[i].Type, TypeString)
		if s.Fields[i].Type == TypeObject {
			objects[s.Fields[i].Path] = s.Fields[i]
		}
	}
	for i := range s.Fields {
		inherit(&s.Fields[i], objects)
	}
}

// inherit gives a field what is said of the objects that it is in.
func inherit(field *Field, objects map[string]Field) {
	if strings.HasPrefix(field.Path, statusRoot+".") {
		field.ReadOnly = true
	}
	for path := field.Path; strings.Contains(path, "."); path = parentPath(path) {
		field.ReadOnly = field.ReadOnly || objects[path].ReadOnly
		field.Immutable = field.Immutable || objects[path].Immutable
	}
}

// printerType is what kubectl should take a column for, or "" for an unknown path.
func (s *BridgedResourceSpec) printerType(path string) string {
	if path == "metadata.creationTimestamp" {
		return "date"
	}
	if path == "metadata.generation" {
		return "integer"
	}
	if strings.HasPrefix(path, "metadata.") {
		return "string"
	}
	for _, declared := range s.Fields {
		if declared.Path == path {
			return declared.Type.printerType()
		}
		if declared.Type == TypeJSON && strings.HasPrefix(path, declared.Path+".") {
			return "string"
		}
	}
	return ""
}

// printerType is the column type of a field. Dates without a time of day are strings:
// a column of type date shows the age of an instant.
func (t FieldType) printerType() string {
	switch t {
	case TypeInteger:
		return "integer"
	case TypeNumber, TypeFloat:
		return "number"
	case TypeBoolean:
		return "boolean"
	case TypeDateTime:
		return "date"
	default:
		return "string"
	}
}

func setDefault[T comparable](target *T, value T) {
	var zero T
	if *target == zero {
		*target = value
	}
}

func setDefaultDuration(target **metav1.Duration, value time.Duration) {
	if *target == nil {
		*target = &metav1.Duration{Duration: value}
	}
}

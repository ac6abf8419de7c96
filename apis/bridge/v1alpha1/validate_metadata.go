package v1alpha1

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (s *BridgedResourceSpec) validateMetadata(path *field.Path) field.ErrorList {
	if s.Metadata == nil {
		return nil
	}
	var faults field.ErrorList
	for _, key := range sortedKeys(s.Metadata.Labels) {
		at := path.Child("labels").Key(key)
		faults = append(faults, validateText(at, key, validation.IsQualifiedName)...)
		faults = append(faults, s.validateMetadataSource(at, s.Metadata.Labels[key])...)
	}
	for _, key := range sortedKeys(s.Metadata.Annotations) {
		at := path.Child("annotations").Key(key)
		faults = append(faults, validateText(at, strings.ToLower(key), validation.IsQualifiedName)...)
		faults = append(faults, s.validateMetadataSource(at, s.Metadata.Annotations[key])...)
	}
	if s.Metadata.CreationTimestamp != nil {
		faults = append(faults, s.validateMetadataSource(path.Child("creationTimestamp"), *s.Metadata.CreationTimestamp)...)
	}
	return faults
}

func (s *BridgedResourceSpec) validateMetadataSource(at *field.Path, source MetadataSource) field.ErrorList {
	if s.Source.GRPC != nil && s.Source.MySQL == nil {
		return validateOrigin(at, source.Field, source.Column, grpcOrigin)
	}
	return validateOrigin(at, source.Column, source.Field, mysqlOrigin)
}

// writer is one use of a column in writes.
type writer struct {
	column string
	path   *field.Path
	what   string
	advice string
}

// validateWriters finds columns that one write would set twice.
func (s *BridgedResourceSpec) validateWriters(spec *field.Path) field.ErrorList {
	if s.Source.MySQL == nil || !s.writesValues() {
		return nil
	}
	var faults field.ErrorList
	first := make(map[string]writer)
	for _, next := range s.writers(spec) {
		column := strings.ToLower(next.column)
		if column == "" {
			continue
		}
		if other, taken := first[column]; taken {
			faults = append(faults, field.Invalid(next.path, next.column, fmt.Sprintf("is written by %s already; %s", other.what, next.advice)))
			continue
		}
		first[column] = next
	}
	return faults
}

// writers lists the key first, so that a conflict is reported at what can be changed.
func (s *BridgedResourceSpec) writers(spec *field.Path) []writer {
	key := s.Source.MySQL.Key
	var all []writer
	// Columns that the key itself has twice are reported there.
	for i, column := range key.Name.Columns {
		if indexColumn(key.Name.Columns, column) == i {
			all = append(all, writer{column: column, what: "metadata.name (spec.source.mysql.key.name)"})
		}
	}
	if key.Namespace != nil && indexColumn(key.Name.Columns, key.Namespace.Column) < 0 {
		all = append(all, writer{column: key.Namespace.Column, what: "metadata.namespace (spec.source.mysql.key.namespace)"})
	}
	for i, declared := range s.Fields {
		if declared.ReadOnly || declared.Type == TypeObject {
			continue
		}
		all = append(all, writer{
			column: declared.Column, path: spec.Child("fields").Index(i).Child("column"),
			what: fmt.Sprintf("spec.fields[%d] (%s)", i, declared.Path), advice: "add readOnly: true, or map another column",
		})
	}
	if s.Metadata == nil {
		return all
	}
	all = append(all, metadataWriters(spec.Child("metadata", "labels"), "label", s.Metadata.Labels)...)
	return append(all, metadataWriters(spec.Child("metadata", "annotations"), "annotation", s.Metadata.Annotations)...)
}

func metadataWriters(path *field.Path, kind string, sources map[string]MetadataSource) []writer {
	var all []writer
	for _, key := range sortedKeys(sources) {
		all = append(all, writer{
			column: sources[key].Column, path: path.Key(key).Child("column"),
			what: fmt.Sprintf("the %s %s", kind, key), advice: "map another column, or make the field that has it readOnly",
		})
	}
	return all
}

// selectableTypes have one plain text for each value, which a selector can name.
var selectableTypes = slices.Concat(textTypes, []FieldType{TypeInteger, TypeBoolean})

func (s *BridgedResourceSpec) validateSelectableFields(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	again := repeated(s.SelectableFields)
	for i, selectable := range s.SelectableFields {
		at := path.Index(i)
		if again[i] {
			faults = append(faults, field.Duplicate(at, selectable))
			continue
		}
		if selectable == "metadata.name" || selectable == "metadata.namespace" {
			faults = append(faults, field.Invalid(at, selectable, "is always selectable; leave it out"))
			continue
		}
		declared := s.field(selectable)
		if declared == nil {
			faults = append(faults, s.noSuchField(at, selectable))
			continue
		}
		if slices.Contains(fieldTypes, declared.Type) && !slices.Contains(selectableTypes, declared.Type) {
			faults = append(faults, field.Invalid(at, selectable, fmt.Sprintf("has the type %s, whose values a selector cannot name", declared.Type)))
		}
	}
	return faults
}

func (s *BridgedResourceSpec) field(path string) *Field {
	for i := range s.Fields {
		if s.Fields[i].Path == path {
			return &s.Fields[i]
		}
	}
	return nil
}

func (s *BridgedResourceSpec) noSuchField(at *field.Path, path string) *field.Error {
	if trimmed := strings.TrimPrefix(path, "."); trimmed != path {
		return field.Invalid(at, path, fmt.Sprintf("must be a path without the leading dot: %s", trimmed))
	}
	paths := make([]string, len(s.Fields))
	for i, declared := range s.Fields {
		paths[i] = declared.Path
	}
	return field.Invalid(at, path, "must be the path of a declared field"+didYouMean(path, paths))
}

var (
	printerTypes   = []string{"string", "integer", "number", "boolean", "date"}
	printerFormats = []string{"int32", "int64", "float", "double", "byte", "date", "date-time", "password"}
	// metadataPath matches the paths of object metadata that a column can show. Keys
	// with dots are written as JSONPath has them: metadata.labels['example.com/tier'].
	metadataPath = regexp.MustCompile(`^metadata\.(name|namespace|uid|resourceVersion|generation|creationTimestamp|deletionTimestamp|(labels|annotations)(\.[A-Za-z0-9_-]+|\['[A-Za-z0-9_./-]+'\]))$`)
)

func (s *BridgedResourceSpec) validatePrinterColumns(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	seen := make(map[string]bool, len(s.PrinterColumns))
	for i, column := range s.PrinterColumns {
		at := path.Index(i)
		if column.Name == "" {
			faults = append(faults, field.Required(at.Child("name"), "must be the column's heading"))
		}
		if seen[column.Name] && column.Name != "" {
			faults = append(faults, field.Duplicate(at.Child("name"), column.Name))
		}
		seen[column.Name] = true
		faults = append(faults, s.validatePrinterPath(at.Child("path"), column.Path)...)
		if column.Type != "" {
			faults = append(faults, oneOf(at.Child("type"), column.Type, printerTypes...)...)
		}
		if column.Format != "" {
			faults = append(faults, oneOf(at.Child("format"), column.Format, printerFormats...)...)
		}
		if column.Priority < 0 {
			faults = append(faults, field.Invalid(at.Child("priority"), column.Priority, "must not be negative: 0 is always shown, more than 0 only with -o wide"))
		}
	}
	return faults
}

func (s *BridgedResourceSpec) validatePrinterPath(at *field.Path, path string) field.ErrorList {
	if path == "" {
		return field.ErrorList{field.Required(at, "must be the path of a declared field, or one of metadata")}
	}
	if metadataPath.MatchString(path) || s.field(path) != nil {
		return nil
	}
	if strings.HasPrefix(path, "metadata.") {
		return field.ErrorList{field.Invalid(at, path, "must be metadata.name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, labels['key'] or annotations['key']")}
	}
	for parent := parentPath(path); parent != ""; parent = parentPath(parent) {
		if declared := s.field(parent); declared != nil && declared.Type == TypeJSON {
			return nil
		}
	}
	return field.ErrorList{s.noSuchField(at, path)}
}

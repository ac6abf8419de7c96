package v1alpha1

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// longestIdentifier is the limit of MySQL and MariaDB for names of schemas, tables and columns.
const longestIdentifier = 64

func (s *BridgedResourceSpec) validateSource(path *field.Path) field.ErrorList {
	faults := exactlyOne(path, given("mysql", s.Source.MySQL != nil), given("grpc", s.Source.GRPC != nil))
	if s.Source.Backend == "" {
		faults = append(faults, field.Required(path.Child("backend"), "must be the name of a document of kind Backend"))
	}
	if s.Source.MySQL != nil {
		faults = append(faults, s.Source.MySQL.validate(path.Child("mysql"), s.Scope)...)
	}
	if s.Source.GRPC != nil {
		faults = append(faults, s.validateGRPCSource(path.Child("grpc"))...)
	}
	return faults
}

func (m *MySQLSource) validate(path *field.Path, scope ResourceScope) field.ErrorList {
	faults := validateTable(path.Child("table"), m.Table)
	faults = append(faults, m.Key.validate(path.Child("key"), scope)...)
	for _, column := range sortedKeys(m.Where) {
		faults = append(faults, validateIdentifier(path.Child("where").Key(column), column)...)
		faults = append(faults, validateWhereValues(path.Child("where").Key(column), m.Where[column])...)
	}
	for i, statement := range m.BeforeWrite {
		if strings.TrimSpace(statement) == "" {
			faults = append(faults, field.Required(path.Child("beforeWrite").Index(i), "must be an SQL statement"))
		}
	}
	if m.OnDelete != nil {
		faults = append(faults, m.validateOnDelete(path.Child("onDelete", "set"))...)
	}
	return faults
}

func validateTable(path *field.Path, table string) field.ErrorList {
	if table == "" {
		return field.ErrorList{field.Required(path, "must be a table or view, or schema.table")}
	}
	parts := strings.Split(table, ".")
	if len(parts) > 2 {
		return field.ErrorList{field.Invalid(path, table, "must be a table or view, or schema.table")}
	}
	var faults field.ErrorList
	for _, part := range parts {
		faults = append(faults, validateIdentifier(path, part)...)
	}
	return faults
}

// validateIdentifier checks what MySQL and MariaDB allow in a quoted name, which is
// nearly everything.
func validateIdentifier(path *field.Path, name string) field.ErrorList {
	switch {
	case name == "":
		return field.ErrorList{field.Required(path, "a table or column must have a name")}
	case utf8.RuneCountInString(name) > longestIdentifier:
		return field.ErrorList{field.Invalid(path, name, fmt.Sprintf("no table or column has a name of more than %d characters", longestIdentifier))}
	case strings.HasSuffix(name, " "):
		return field.ErrorList{field.Invalid(path, name, "no table or column has a name that ends with a space")}
	case strings.ContainsRune(name, 0):
		return field.ErrorList{field.Invalid(path, name, "no table or column has a NUL in its name")}
	}
	return nil
}

func (k *MySQLKey) validate(path *field.Path, scope ResourceScope) field.ErrorList {
	columns := path.Child("name", "columns")
	var faults field.ErrorList
	if len(k.Name.Columns) == 0 {
		faults = append(faults, field.Required(columns, "must have the columns of the table's key"))
	}
	for i, column := range k.Name.Columns {
		faults = append(faults, validateIdentifier(columns.Index(i), column)...)
		if first := indexColumn(k.Name.Columns, column); first < i {
			faults = append(faults, field.Duplicate(columns.Index(i), column))
		}
	}
	if k.Name.Generated && len(k.Name.Columns) > 1 {
		faults = append(faults, field.Invalid(path.Child("name", "generated"), true, "a generated key has one column"))
	}
	faults = append(faults, validateNamespaceSource(path.Child("namespace"), k.Namespace, scope, "column", "field")...)
	if k.Namespace == nil || k.Namespace.Column == "" {
		return faults
	}
	namespaceColumn := path.Child("namespace", "column")
	faults = append(faults, validateIdentifier(namespaceColumn, k.Namespace.Column)...)
	if indexColumn(k.Name.Columns, k.Namespace.Column) >= 0 {
		faults = append(faults, field.Invalid(namespaceColumn, k.Namespace.Column, "is a column of the name already: a key column has one use"))
	}
	return faults
}

// indexColumn finds a column the way the database compares their names.
func indexColumn(columns []string, column string) int {
	return slices.IndexFunc(columns, func(other string) bool { return strings.EqualFold(other, column) })
}

// validateNamespaceSource checks a namespace that comes from a column or a message
// field, whichever this kind of backend has, or is fixed.
func validateNamespaceSource(path *field.Path, source *NamespaceSource, scope ResourceScope, has, lacks string) field.ErrorList {
	if scope == ClusterScoped {
		if source == nil {
			return nil
		}
		return field.ErrorList{field.Forbidden(path, "the resource is cluster-scoped; leave it out, or set spec.scope to Namespaced")}
	}
	if source == nil {
		return field.ErrorList{field.Required(path, fmt.Sprintf("says where the namespace of an object comes from: {%s: …} or {value: default}; or set spec.scope to Cluster", has))}
	}
	values := map[string]string{"column": source.Column, "field": source.Field}
	faults := exactlyOne(path, given(has, values[has] != ""), given("value", source.Value != ""))
	if values[lacks] != "" {
		faults = append(faults, field.Forbidden(path.Child(lacks), fmt.Sprintf("this kind of backend has none; use %s", has)))
	}
	if source.Value != "" {
		faults = append(faults, validateText(path.Child("value"), source.Value, validation.IsDNS1123Label)...)
	}
	return faults
}

func validateWhereValues(path *field.Path, values []Scalar) field.ErrorList {
	if len(values) == 0 {
		return field.ErrorList{field.Required(path, "must list the values that a row must have to exist for Kubernetes")}
	}
	return validateColumnValues(path, values)
}

// validateColumnValues checks values as the database has them. The words true and
// false would be compared as text, which equals 0 in an integer column.
func validateColumnValues(path *field.Path, values []Scalar) field.ErrorList {
	var faults field.ErrorList
	again := repeated(values)
	for i, value := range values {
		faults = append(faults, validateColumnValue(path.Index(i), value)...)
		if again[i] {
			faults = append(faults, field.Duplicate(path.Index(i), value.shown()))
		}
	}
	return faults
}

func validateColumnValue(path *field.Path, value Scalar) field.ErrorList {
	if value.Kind != BooleanScalar {
		return nil
	}
	return field.ErrorList{field.Invalid(path, value.shown(), "a column has no booleans: write the value that is stored, such as 0, 1 or \"Y\"")}
}

// validateOnDelete makes sure that a soft-deleted row is gone for Kubernetes.
func (m *MySQLSource) validateOnDelete(path *field.Path) field.ErrorList {
	if len(m.OnDelete.Set) == 0 {
		return field.ErrorList{field.Required(path, "must have the columns that a deletion sets, such as {is_deleted: 1}")}
	}
	var faults field.ErrorList
	hides := false
	for _, column := range sortedKeys(m.OnDelete.Set) {
		value := m.OnDelete.Set[column]
		faults = append(faults, validateIdentifier(path.Key(column), column)...)
		faults = append(faults, validateColumnValue(path.Key(column), value)...)
		if m.isKeyColumn(column) {
			faults = append(faults, field.Invalid(path.Key(column), value.shown(), "is a key column: setting it would turn the object into another one"))
		}
		hides = hides || m.isHidden(column, value)
	}
	if !hides {
		faults = append(faults, field.Invalid(path, strings.Join(sortedKeys(m.OnDelete.Set), ", "),
			"leaves the row in place for Kubernetes: set a column of spec.source.mysql.where to a value that is not listed there"))
	}
	return faults
}

func (m *MySQLSource) isKeyColumn(column string) bool {
	return indexColumn(m.Key.Name.Columns, column) >= 0 ||
		m.Key.Namespace != nil && strings.EqualFold(m.Key.Namespace.Column, column)
}

// isHidden reports whether where excludes rows that have this value in this column.
func (m *MySQLSource) isHidden(column string, value Scalar) bool {
	for name, legal := range m.Where {
		if strings.EqualFold(name, column) && !slices.ContainsFunc(legal, func(s Scalar) bool { return s.Text == value.Text }) {
			return true
		}
	}
	return false
}

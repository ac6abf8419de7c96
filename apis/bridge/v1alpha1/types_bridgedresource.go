package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BridgedResource is one Kubernetes resource made from one table, view or gRPC service.
//
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
type BridgedResource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec BridgedResourceSpec `json:"spec"`
}

// ResourceScope says whether objects live in namespaces.
// +enum
type ResourceScope string

const (
	ClusterScoped   ResourceScope = "Cluster"
	NamespaceScoped ResourceScope = "Namespaced"
)

// Verb is a Kubernetes verb that a resource can serve.
// +enum
type Verb string

const (
	VerbGet              Verb = "get"
	VerbList             Verb = "list"
	VerbWatch            Verb = "watch"
	VerbCreate           Verb = "create"
	VerbUpdate           Verb = "update"
	VerbPatch            Verb = "patch"
	VerbDelete           Verb = "delete"
	VerbDeleteCollection Verb = "deletecollection"
)

// NamespaceDeletionPolicy says what the deletion of a namespace does to the rows in it.
// +enum
type NamespaceDeletionPolicy string

const (
	// NamespaceDeletionKeep keeps the rows: DELETE is served, but not advertised.
	NamespaceDeletionKeep NamespaceDeletionPolicy = "Keep"
	// NamespaceDeletionDeleteRows lets the namespace controller delete the rows.
	NamespaceDeletionDeleteRows NamespaceDeletionPolicy = "DeleteRows"
)

// BridgedResourceSpec declares the resource.
type BridgedResourceSpec struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	// Scope defaults to Namespaced.
	Scope ResourceScope `json:"scope,omitempty"`
	Names ResourceNames `json:"names"`
	// Verbs default to get, list and watch.
	Verbs  []Verb         `json:"verbs,omitempty"`
	Source ResourceSource `json:"source"`
	Fields []Field        `json:"fields,omitempty"`
	// Metadata taken from columns.
	Metadata *ResourceMetadata `json:"metadata,omitempty"`
	// Validations are CEL rules over the whole object (self) and, in updates, oldSelf.
	Validations []ValidationRule `json:"validations,omitempty"`
	// SelectableFields are paths usable in field selectors.
	SelectableFields []string `json:"selectableFields,omitempty"`
	// PrinterColumns are what kubectl get shows after the name.
	PrinterColumns []PrinterColumn `json:"printerColumns,omitempty"`
	// NamespaceDeletion defaults to Keep.
	NamespaceDeletion NamespaceDeletionPolicy `json:"namespaceDeletion,omitempty"`
}

// ResourceNames are the names of the kind.
type ResourceNames struct {
	Plural string `json:"plural"`
	// Singular defaults to the kind in lower case.
	Singular string `json:"singular,omitempty"`
	Kind     string `json:"kind"`
	// ListKind defaults to the kind followed by List.
	ListKind   string   `json:"listKind,omitempty"`
	ShortNames []string `json:"shortNames,omitempty"`
	Categories []string `json:"categories,omitempty"`
}

// ResourceSource says where the records are. Exactly one of MySQL and GRPC is set.
type ResourceSource struct {
	// Backend names a Backend document.
	Backend string       `json:"backend"`
	MySQL   *MySQLSource `json:"mysql,omitempty"`
	GRPC    *GRPCSource  `json:"grpc,omitempty"`
}

// MySQLSource is a table or view.
type MySQLSource struct {
	// Table or view, in the DSN's schema or as schema.table.
	Table string `json:"table"`
	// Where lists, for columns, the values that a row must have to exist for Kubernetes.
	Where map[string][]Scalar `json:"where,omitempty"`
	Key   MySQLKey            `json:"key"`
	// OnDelete replaces DELETE with an update (soft delete).
	OnDelete *OnDelete `json:"onDelete,omitempty"`
	// BeforeWrite are statements that run first in every writing transaction.
	BeforeWrite []string `json:"beforeWrite,omitempty"`
	// AllowCascade permits deletes that the database cascades to other tables.
	AllowCascade bool `json:"allowCascade,omitempty"`
}

// OnDelete is what a soft delete writes.
type OnDelete struct {
	Set map[string]Scalar `json:"set"`
}

// MySQLKey says which columns give an object its name and namespace.
type MySQLKey struct {
	Name MySQLName `json:"name"`
	// Namespace is required for namespaced resources and absent for cluster-scoped ones.
	Namespace *NamespaceSource `json:"namespace,omitempty"`
}

// MySQLName says which columns give an object its name.
type MySQLName struct {
	Columns []string `json:"columns"`
	// Generated says that the database makes the key (AUTO_INCREMENT).
	Generated bool `json:"generated,omitempty"`
}

// NamespaceSource says where an object's namespace comes from. Exactly one field is set.
type NamespaceSource struct {
	Column string `json:"column,omitempty"`
	Field  string `json:"field,omitempty"`
	// Value is one namespace for all records.
	Value string `json:"value,omitempty"`
}

// GRPCSource is a service's methods, one for each verb. For an AIP-style service,
// Service, Message and Key are enough.
type GRPCSource struct {
	Service string      `json:"service"`
	Message string      `json:"message,omitempty"`
	Key     GRPCKey     `json:"key"`
	List    *GRPCMethod `json:"list,omitempty"`
	Get     *GRPCMethod `json:"get,omitempty"`
	Create  *GRPCMethod `json:"create,omitempty"`
	Update  *GRPCMethod `json:"update,omitempty"`
	Delete  *GRPCMethod `json:"delete,omitempty"`
	Watch   *GRPCWatch  `json:"watch,omitempty"`
}

// GRPCKey says which message fields give an object its name and namespace.
type GRPCKey struct {
	Name      GRPCName         `json:"name"`
	Namespace *NamespaceSource `json:"namespace,omitempty"`
}

// GRPCName says which message fields give an object its name.
type GRPCName struct {
	Fields []string `json:"fields"`
}

// GRPCMethod is one call. Request is a CEL expression that builds the request message.
type GRPCMethod struct {
	Method  string `json:"method"`
	Request string `json:"request,omitempty"`
	// Item and Items are paths in the response.
	Item   string          `json:"item,omitempty"`
	Items  string          `json:"items,omitempty"`
	Errors []GRPCCondition `json:"errors,omitempty"`
}

// GRPCCondition turns an in-band error into a Kubernetes reason.
type GRPCCondition struct {
	// When is a CEL expression over the response.
	When   string `json:"when"`
	Reason string `json:"reason"`
}

// GRPCWatch says how changes are noticed. Exactly one field is set.
type GRPCWatch struct {
	Poll   *GRPCPoll   `json:"poll,omitempty"`
	Stream *GRPCStream `json:"stream,omitempty"`
}

// GRPCPoll compares lists.
type GRPCPoll struct {
	Interval *metav1.Duration `json:"interval,omitempty"`
}

// GRPCStream follows a server stream.
type GRPCStream struct {
	Method  string `json:"method"`
	Request string `json:"request,omitempty"`
	Event   string `json:"event,omitempty"`
}

// FieldType is the type of a field in the Kubernetes object.
// +enum
type FieldType string

const (
	// TypeString is the default: any column that has a text form.
	TypeString FieldType = "string"
	// TypeInteger is a 64-bit signed integer.
	TypeInteger FieldType = "integer"
	// TypeNumber is a 64-bit floating point number (DOUBLE).
	TypeNumber FieldType = "number"
	// TypeFloat is a 32-bit floating point number (FLOAT).
	TypeFloat FieldType = "float"
	// TypeBoolean is true or false (BIT(1), TINYINT(1) and other integers: 0 is false, 1 is true).
	TypeBoolean FieldType = "boolean"
	// TypeDecimal is an exact decimal, written as a string with the column's scale.
	TypeDecimal FieldType = "decimal"
	// TypeBytes is a byte string, base64 in JSON.
	TypeBytes FieldType = "bytes"
	// TypeHex is a byte string in lower-case hexadecimal digits.
	TypeHex FieldType = "hex"
	// TypeDate is a date, 2006-01-02.
	TypeDate FieldType = "date"
	// TypeDateTime is an instant in RFC 3339, in UTC.
	TypeDateTime FieldType = "dateTime"
	// TypeSet is a list of strings (SET).
	TypeSet FieldType = "set"
	// TypeJSON is any JSON document, kept as it is.
	TypeJSON FieldType = "json"
	// TypeObject declares a nested object whose fields are declared by their own paths.
	// It has a number and no column.
	TypeObject FieldType = "object"
	// TypeIPv4, TypeIP, TypeMAC and TypeUUID are address codecs.
	TypeIPv4 FieldType = "ipv4"
	TypeIP   FieldType = "ip"
	TypeMAC  FieldType = "mac"
	TypeUUID FieldType = "uuid"
)

// Field is one field of the object and where it comes from.
type Field struct {
	// Path in the object: spec.companyName, status.balance.
	Path string `json:"path"`
	// Column in the table.
	Column string `json:"column,omitempty"`
	// Field is the path in the message, of a gRPC source.
	Field string `json:"field,omitempty"`
	// Number is the protobuf field number within the enclosing message.
	Number int32 `json:"number"`
	// Type defaults to string.
	Type FieldType `json:"type,omitempty"`
	// ReadOnly fields are never written. Everything below status is read-only.
	ReadOnly bool `json:"readOnly,omitempty"`
	// Required fields must be given (after defaulting).
	Required bool `json:"required,omitempty"`
	// Immutable fields cannot be changed after creation.
	Immutable bool `json:"immutable,omitempty"`
	// Default is the value of an absent field in writes.
	Default *Scalar `json:"default,omitempty"`
	// Description is what kubectl explain shows.
	Description string `json:"description,omitempty"`

	// Values maps column values to field values, both ways.
	Values map[string]string `json:"values,omitempty"`
	// NullValues are column values that mean absent; the first is what absent writes.
	NullValues []Scalar `json:"nullValues,omitempty"`

	// Enum lists the legal values. Values outside it are still readable.
	Enum      []Scalar `json:"enum,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	MinLength *int64   `json:"minLength,omitempty"`
	MaxLength *int64   `json:"maxLength,omitempty"`
	Minimum   *Scalar  `json:"minimum,omitempty"`
	Maximum   *Scalar  `json:"maximum,omitempty"`
}

// ResourceMetadata takes object metadata from columns.
type ResourceMetadata struct {
	Labels            map[string]MetadataSource `json:"labels,omitempty"`
	Annotations       map[string]MetadataSource `json:"annotations,omitempty"`
	CreationTimestamp *MetadataSource           `json:"creationTimestamp,omitempty"`
}

// MetadataSource is the column, or message field, that a metadata value comes from.
type MetadataSource struct {
	Column string `json:"column,omitempty"`
	Field  string `json:"field,omitempty"`
}

// ValidationRule is a CEL rule, as in a CustomResourceDefinition.
type ValidationRule struct {
	Rule              string `json:"rule"`
	Message           string `json:"message,omitempty"`
	MessageExpression string `json:"messageExpression,omitempty"`
	FieldPath         string `json:"fieldPath,omitempty"`
}

// PrinterColumn is a column of kubectl get.
type PrinterColumn struct {
	Name string `json:"name"`
	Path string `json:"path"`
	// Type defaults to what the field's type suggests: string, integer, number, boolean or date.
	Type        string `json:"type,omitempty"`
	Format      string `json:"format,omitempty"`
	Description string `json:"description,omitempty"`
	// Priority above 0 shows the column only in wide output.
	Priority int32 `json:"priority,omitempty"`
}

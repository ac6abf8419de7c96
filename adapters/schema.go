package adapters

// Type is the kind of value that a field holds, as seen by the layers above. How the
// backend stores it (as DECIMAL, ENUM, DATETIME, …) is the adapter's own matter.
type Type uint8

const (
	// StringType fields hold String values (UTF-8). Decimals, dates, unsigned 64-bit
	// integers and enums are strings too: exact, and spelled the same every time.
	StringType Type = iota
	// BooleanType fields hold Bool values.
	BooleanType
	// IntegerType fields hold Int values.
	IntegerType
	// NumberType fields hold Float values, as 64-bit IEEE 754. NaN and infinities
	// have no JSON form and are not representable.
	NumberType
	// FloatType fields hold Float values that are exact as 32-bit IEEE 754.
	FloatType
	// BytesType fields hold Bytes values.
	BytesType
	// JSONType fields hold JSON values: any document, kept byte for byte.
	JSONType
	// ListType fields hold List values; Field.Element says of what.
	ListType
	// MapType fields hold Map values from strings to Field.Element.
	MapType
	// MessageType fields hold Message values, with one item for each of Field.Fields.
	MessageType
)

var typeNames = [...]string{"string", "boolean", "integer", "number", "float", "bytes", "json", "list", "map", "message"}

func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown"
}

// Field describes one field of a record.
type Field struct {
	// Name identifies the field in errors and logs: its path in the Kubernetes
	// object (spec.companyName), or the key's column.
	Name string
	Type Type
	// Required fields are never Null in a valid record.
	Required bool
	// ReadOnly fields are read but never written.
	ReadOnly bool
	// Element describes the items of a list or the values of a map.
	Element *Field
	// Fields describes the items of a message.
	Fields []Field
}

// Schema describes the records of one resource: what each position of a record's
// Key and Values holds.
type Schema struct {
	Key    []Field
	Fields []Field
}

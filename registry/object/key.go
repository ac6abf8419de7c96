package object

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// keyPlan says what a record's key is made of: name columns, then the namespace's.
type keyPlan struct {
	names int
	// namespace is the position of the namespace column, or -1.
	namespace int
	// fixedNamespace holds all objects, where there is no namespace column.
	fixedNamespace string
	// generated keys are made by the backend when a record is created.
	generated bool
	// fields are the values that are part of the key too.
	fields []keyField
}

type keyField struct {
	position int
	field    *planField
}

func (k *Kind) compileKey() error {
	source := k.declaration.Spec.Source
	var columns []string
	var namespace *v1alpha1.NamespaceSource
	switch {
	case source.MySQL != nil:
		columns, namespace = source.MySQL.Key.Name.Columns, source.MySQL.Key.Namespace
		k.key.generated = source.MySQL.Key.Name.Generated
	case source.GRPC != nil:
		columns, namespace = source.GRPC.Key.Name.Fields, source.GRPC.Key.Namespace
	default:
		return fmt.Errorf("spec.source: a source is required, such as mysql")
	}
	if len(columns) == 0 {
		return fmt.Errorf("spec.source: the key needs at least one column")
	}
	k.key.names, k.key.namespace = len(columns), -1
	if k.Namespaced() {
		if err := k.compileNamespace(namespace, &columns); err != nil {
			return err
		}
	}
	for position, column := range columns {
		k.adapter.Key = append(k.adapter.Key, adapters.Field{
			Name: column, Type: adapters.StringType, Required: true, ReadOnly: k.key.generated && position < k.key.names,
		})
		k.addKeyFields(position, column)
	}
	return nil
}

func (k *Kind) compileNamespace(namespace *v1alpha1.NamespaceSource, columns *[]string) error {
	switch {
	case namespace == nil:
		return fmt.Errorf("spec.source: a namespaced resource needs key.namespace")
	case namespace.Value != "":
		k.key.fixedNamespace = namespace.Value
	case namespace.Column != "":
		*columns = append(*columns, namespace.Column)
		k.key.namespace = k.key.names
	case namespace.Field != "":
		*columns = append(*columns, namespace.Field)
		k.key.namespace = k.key.names
	default:
		return fmt.Errorf("spec.source: key.namespace needs a column, a field or a value")
	}
	return nil
}

func (k *Kind) addKeyFields(position int, column string) {
	for _, field := range k.plan.leaves {
		if field.declaration.Type == v1alpha1.TypeDateTime {
			continue // an instant in UTC, while the key has the column's own spelling
		}
		// Column names are case-insensitive in MySQL and MariaDB.
		sameColumn := field.declaration.Column != "" && strings.EqualFold(field.declaration.Column, column)
		if sameColumn || field.declaration.Field != "" && field.declaration.Field == column {
			k.key.fields = append(k.key.fields, keyField{position: position, field: field})
		}
	}
}

// GeneratedKey reports whether the backend makes the keys of new records.
func (k *Kind) GeneratedKey() bool { return k.key.generated }

// keyToGenerate is the key of a new record without what the backend makes.
func (k *Kind) keyToGenerate(namespace string) (adapters.Key, error) {
	if k.key.namespace < 0 {
		return nil, k.checkFixedNamespace(namespace)
	}
	text, err := decodeNamespace(namespace)
	if err != nil {
		return nil, err
	}
	key := make(adapters.Key, len(k.adapter.Key))
	key[k.key.namespace] = adapters.String(text)
	return key, nil
}

// FieldPath returns the place in the object of a field of [Kind.AdapterSchema]: a part
// of the key stands in the name or in the namespace.
func (k *Kind) FieldPath(name string) string {
	for position, part := range k.adapter.Key {
		switch {
		case part.Name != name:
		case position == k.key.namespace:
			return "metadata.namespace"
		default:
			return "metadata.name"
		}
	}
	return name
}

// ObjectName returns the Kubernetes name of a key. An error says why the key has no
// name: its record is not representable.
func (k *Kind) ObjectName(key adapters.Key) (namespace, name string, err error) {
	if len(key) != len(k.adapter.Key) {
		return "", "", fmt.Errorf("the key has %d values instead of %d", len(key), len(k.adapter.Key))
	}
	texts := make([]string, len(key))
	for i, value := range key {
		if value.Kind() != adapters.StringKind {
			return "", "", fmt.Errorf("key column %s: expected a text, got %s", k.adapter.Key[i].Name, describeValue(value))
		}
		texts[i] = value.Text()
	}
	if name, err = encodeName(texts[:k.key.names]); err != nil {
		return "", "", err
	}
	if k.key.namespace < 0 {
		return k.key.fixedNamespace, name, nil
	}
	if namespace, err = encodeNamespace(texts[k.key.namespace]); err != nil {
		return "", "", err
	}
	return namespace, name, nil
}

// RecordKey returns the key that a Kubernetes name stands for. An error says why no
// record can have this name.
func (k *Kind) RecordKey(namespace, name string) (adapters.Key, error) {
	texts, err := decodeName(name, k.key.names)
	if err != nil {
		return nil, err
	}
	key := make(adapters.Key, 0, len(k.adapter.Key))
	for _, text := range texts {
		key = append(key, adapters.String(text))
	}
	if k.key.namespace < 0 {
		return key, k.checkFixedNamespace(namespace)
	}
	text, err := decodeNamespace(namespace)
	if err != nil {
		return nil, err
	}
	return append(key, adapters.String(text)), nil
}

func (k *Kind) checkFixedNamespace(namespace string) error {
	if namespace != k.key.fixedNamespace {
		return fmt.Errorf("namespace %q: all objects of this resource are in namespace %q", namespace, k.key.fixedNamespace)
	}
	return nil
}

// keyText returns the text of a value as it stands in a key.
func (f *planField) keyText(encoded string) (string, bool) {
	_, payload, _ := readField(encoded)
	switch f.valueType {
	case adapters.StringType:
		return f.columnText(payload), true
	case adapters.IntegerType:
		value, _ := readVarint(payload)
		return strconv.FormatInt(int64(value), 10), true
	case adapters.BooleanType:
		return payloadDigit(payload), true
	}
	return "", false
}

func payloadDigit(payload string) string {
	if payload[0] == 0 {
		return "0"
	}
	return "1"
}

// columnText undoes the mapping of column values to field values.
func (f *planField) columnText(text string) string {
	for column, value := range f.declaration.Values {
		if value == text {
			return column
		}
	}
	return text
}

// fromKeyText encodes the value that a key's text stands for.
func (f *planField) fromKeyText(text string) (string, error) {
	switch f.valueType {
	case adapters.StringType:
		if mapped, ok := f.declaration.Values[text]; ok {
			text = mapped
		}
		return string(f.appendText(nil, text)), nil
	case adapters.IntegerType:
		value, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "", fmt.Errorf("the name says %q, which is not an integer", text)
		}
		return string(f.appendVarint(nil, uint64(value))), nil
	case adapters.BooleanType:
		if text != "0" && text != "1" {
			return "", fmt.Errorf("the name says %q, which is not 0 or 1", text)
		}
		return string(f.appendVarint(nil, uint64(text[0]-'0'))), nil
	}
	return "", fmt.Errorf("a field of type %s cannot be part of the key", f.declaration.Type)
}

// describeValue is for messages about values of the wrong kind.
func describeValue(value adapters.Value) string {
	switch value.Kind() {
	case adapters.NullKind:
		return "null"
	case adapters.BoolKind:
		return "a boolean"
	case adapters.IntKind:
		return "an integer"
	case adapters.FloatKind:
		return "a floating point number"
	case adapters.StringKind:
		return "a text"
	case adapters.BytesKind:
		return "bytes"
	case adapters.JSONKind:
		return "a JSON document"
	case adapters.ListKind:
		return "a list"
	}
	return "a value of another kind"
}

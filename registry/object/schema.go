package object

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// Patterns of the types that are strings of one form.
const (
	decimalPattern = `^-?[0-9]+(\.[0-9]+)?$`
	hexPattern     = `^([0-9a-f]{2})*$`
)

// openAPISchema returns the schema of the whole object, as in a CustomResourceDefinition.
func (k *Kind) openAPISchema() (*apiextensionsv1.JSONSchemaProps, error) {
	root, err := k.plan.root.schema()
	if err != nil {
		return nil, err
	}
	spec := &k.declaration.Spec
	root.Description = fmt.Sprintf("%s is a record of the backend %s.", spec.Names.Kind, spec.Source.Backend)
	root.Properties["apiVersion"] = apiextensionsv1.JSONSchemaProps{Type: "string"}
	root.Properties["kind"] = apiextensionsv1.JSONSchemaProps{Type: "string"}
	root.Properties["metadata"] = apiextensionsv1.JSONSchemaProps{Type: "object"}
	for _, rule := range spec.Validations {
		root.XValidations = append(root.XValidations, apiextensionsv1.ValidationRule{
			Rule: rule.Rule, Message: rule.Message, MessageExpression: rule.MessageExpression, FieldPath: rule.FieldPath,
		})
	}
	return root, nil
}

// schema returns the schema of a message.
func (m *message) schema() (*apiextensionsv1.JSONSchemaProps, error) {
	props := &apiextensionsv1.JSONSchemaProps{
		Type: "object", Properties: make(map[string]apiextensionsv1.JSONSchemaProps, len(m.fields)),
	}
	for _, field := range m.fields {
		nested, err := field.schema()
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.path, err)
		}
		props.Properties[field.name] = *nested
		if field.required() {
			props.Required = append(props.Required, field.name)
		}
	}
	slices.Sort(props.Required)
	return props, nil
}

// required reports whether a field must be given. Spec must be where something in it must.
func (f *planField) required() bool {
	if f.declaration != nil {
		return f.declaration.Required && !f.readOnly()
	}
	return f.message != nil && slices.ContainsFunc(f.message.fields, (*planField).required)
}

func (f *planField) schema() (*apiextensionsv1.JSONSchemaProps, error) {
	if f.message != nil {
		props, err := f.message.schema()
		if err == nil && f.declaration != nil {
			props.Description = f.declaration.Description
		}
		return props, err
	}
	props := f.typeSchema()
	props.Description = f.declaration.Description
	if err := f.constrain(props); err != nil {
		return nil, err
	}
	if encoded := f.declaration.Default; encoded != nil {
		raw, err := f.scalarJSON(*encoded)
		if err != nil {
			return nil, fmt.Errorf("default: %w", err)
		}
		props.Default = raw
	}
	return props, nil
}

// typeSchema returns the schema of the field's type alone.
func (f *planField) typeSchema() *apiextensionsv1.JSONSchemaProps {
	typed := func(jsonType, format string) *apiextensionsv1.JSONSchemaProps {
		return &apiextensionsv1.JSONSchemaProps{Type: jsonType, Format: format}
	}
	switch f.declaration.Type {
	case v1alpha1.TypeInteger:
		return typed("integer", "int64")
	case v1alpha1.TypeNumber:
		return typed("number", "double")
	case v1alpha1.TypeFloat:
		return typed("number", "float")
	case v1alpha1.TypeBoolean:
		return typed("boolean", "")
	case v1alpha1.TypeBytes:
		return typed("string", "byte")
	case v1alpha1.TypeDate:
		return typed("string", "date")
	case v1alpha1.TypeDateTime:
		return typed("string", "date-time")
	case v1alpha1.TypeIPv4:
		return typed("string", "ipv4")
	case v1alpha1.TypeMAC:
		return typed("string", "mac")
	case v1alpha1.TypeUUID:
		return typed("string", "uuid")
	case v1alpha1.TypeDecimal:
		return &apiextensionsv1.JSONSchemaProps{Type: "string", Pattern: decimalPattern}
	case v1alpha1.TypeHex:
		return &apiextensionsv1.JSONSchemaProps{Type: "string", Pattern: hexPattern}
	case v1alpha1.TypeSet:
		set := "set"
		return &apiextensionsv1.JSONSchemaProps{
			Type: "array", XListType: &set,
			Items: &apiextensionsv1.JSONSchemaPropsOrArray{Schema: typed("string", "")},
		}
	case v1alpha1.TypeJSON:
		preserve := true
		return &apiextensionsv1.JSONSchemaProps{XPreserveUnknownFields: &preserve, Nullable: true}
	default:
		return typed("string", "")
	}
}

// constrain adds the declared constraints.
func (f *planField) constrain(props *apiextensionsv1.JSONSchemaProps) error {
	declared := f.declaration
	props.MinLength, props.MaxLength = declared.MinLength, declared.MaxLength
	if declared.Pattern != "" {
		// The type's own pattern holds too, see checkForm.
		props.Pattern = declared.Pattern
	}
	var err error
	if props.Minimum, err = f.bound(declared.Minimum); err != nil {
		return fmt.Errorf("minimum: %w", err)
	}
	if props.Maximum, err = f.bound(declared.Maximum); err != nil {
		return fmt.Errorf("maximum: %w", err)
	}
	target := props
	if props.Items != nil {
		target = props.Items.Schema
	}
	for _, scalar := range f.enumeration() {
		raw, err := f.itemJSON(scalar)
		if err != nil {
			return fmt.Errorf("enum: %w", err)
		}
		target.Enum = append(target.Enum, *raw)
	}
	return nil
}

// enumeration returns the legal values: the declared ones, or else those that column
// values are mapped to.
func (f *planField) enumeration() []v1alpha1.Scalar {
	if len(f.declaration.Enum) > 0 || f.valueType == adapters.BooleanType {
		return f.declaration.Enum
	}
	kind := v1alpha1.StringScalar
	if f.valueType == adapters.IntegerType {
		kind = v1alpha1.NumberScalar
	}
	var mapped []v1alpha1.Scalar
	for _, value := range slices.Sorted(maps.Values(f.declaration.Values)) {
		mapped = append(mapped, v1alpha1.Scalar{Text: value, Kind: kind})
	}
	return mapped
}

// exactIntegers is where floating point numbers begin to skip integers.
const exactIntegers = 1 << 53

// bound returns a declared bound for the schema. Bounds of integers that are not exact
// there are left out: checkBounds has them.
func (f *planField) bound(scalar *v1alpha1.Scalar) (*float64, error) {
	if scalar == nil {
		return nil, nil
	}
	value, err := strconv.ParseFloat(scalar.Text, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not a number", scalar.Text)
	}
	if f.valueType == adapters.IntegerType && math.Abs(value) >= exactIntegers {
		return nil, nil
	}
	return &value, nil
}

// itemJSON returns a value as JSON: an item's, where the field is a list.
func (f *planField) itemJSON(scalar v1alpha1.Scalar) (*apiextensionsv1.JSON, error) {
	if f.valueType == adapters.ListType {
		return &apiextensionsv1.JSON{Raw: appendJSONString(nil, scalar.Text)}, nil
	}
	return f.scalarJSON(scalar)
}

func (f *planField) scalarJSON(scalar v1alpha1.Scalar) (*apiextensionsv1.JSON, error) {
	encoded, err := f.encodeScalar(scalar)
	if err != nil {
		return nil, err
	}
	_, payload, _ := readField(string(encoded))
	raw := f.appendJSONValue(nil, payload)
	if !json.Valid(raw) {
		return nil, fmt.Errorf("%q has no JSON form", scalar.Text)
	}
	return &apiextensionsv1.JSON{Raw: raw}, nil
}

package v1alpha1

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// textTypes are strings in JSON, one string for one value.
var textTypes = []FieldType{TypeString, TypeDecimal, TypeHex, TypeDate, TypeDateTime, TypeIPv4, TypeIP, TypeMAC, TypeUUID}

var numericTypes = []FieldType{TypeInteger, TypeNumber, TypeFloat}

// constraintTypes says for which types each constraint has a meaning, and what to do
// instead for the others.
var constraintTypes = []struct {
	name  string
	given func(*Field) bool
	types []FieldType
	other string
}{
	{"pattern", func(f *Field) bool { return f.Pattern != "" }, textTypes, "use a rule in spec.validations"},
	{"minLength", func(f *Field) bool { return f.MinLength != nil }, textTypes, "use a rule in spec.validations"},
	{"maxLength", func(f *Field) bool { return f.MaxLength != nil }, textTypes, "use a rule in spec.validations"},
	{"minimum", func(f *Field) bool { return f.Minimum != nil }, numericTypes, "use a rule in spec.validations, such as quantity(self.spec.total).isGreaterThan(quantity('0'))"},
	{"maximum", func(f *Field) bool { return f.Maximum != nil }, numericTypes, "use a rule in spec.validations, such as quantity(self.spec.total).isLessThan(quantity('100'))"},
	{"enum", func(f *Field) bool { return f.Enum != nil }, slices.Concat(textTypes, numericTypes, []FieldType{TypeSet}), "use a rule in spec.validations"},
	{"values", func(f *Field) bool { return f.Values != nil }, []FieldType{TypeString, TypeInteger, TypeBoolean}, "only string, integer and boolean can be mapped"},
	{"default", func(f *Field) bool { return f.Default != nil }, slices.Concat(textTypes, numericTypes, []FieldType{TypeBoolean, TypeBytes, TypeSet}), "leave it out"},
}

// validateType checks the type and every constraint against it.
func (f *Field) validateType(at *field.Path) field.ErrorList {
	if faults := oneOf(at.Child("type"), f.Type, fieldTypes...); len(faults) > 0 {
		return faults
	}
	var faults field.ErrorList
	for _, rule := range constraintTypes {
		if f.Type != TypeObject && rule.given(f) && !slices.Contains(rule.types, f.Type) {
			faults = append(faults, field.Forbidden(at.Child(rule.name), fmt.Sprintf("has no meaning for the type %s: %s", f.Type, rule.other)))
		}
		if f.Type == TypeObject && rule.given(f) && rule.name != "default" && rule.name != "values" {
			faults = append(faults, field.Forbidden(at.Child(rule.name), "an object has no value of its own: give it to the fields below"))
		}
	}
	if f.Type == TypeObject {
		return faults
	}
	faults = append(faults, f.validateReadOnly(at)...)
	faults = append(faults, f.validateLengths(at)...)
	faults = append(faults, f.validateRange(at)...)
	faults = append(faults, f.validateEnum(at.Child("enum"))...)
	faults = append(faults, f.validateValues(at)...)
	return append(faults, f.validateDefault(at.Child("default"))...)
}

// validateReadOnly refuses what only writes could fulfil.
func (f *Field) validateReadOnly(at *field.Path) field.ErrorList {
	if !f.ReadOnly {
		return nil
	}
	why := "the field is readOnly"
	if strings.HasPrefix(f.Path, statusRoot+".") {
		why = "everything below status is readOnly"
	}
	var faults field.ErrorList
	if f.Required {
		faults = append(faults, field.Forbidden(at.Child("required"), why+", so no client can give it"))
	}
	if f.Default != nil {
		faults = append(faults, field.Forbidden(at.Child("default"), why+", so no default is ever written"))
	}
	return faults
}

func (f *Field) validateLengths(at *field.Path) field.ErrorList {
	var faults field.ErrorList
	for _, length := range []struct {
		name  string
		value *int64
	}{{"minLength", f.MinLength}, {"maxLength", f.MaxLength}} {
		if length.value != nil && *length.value < 0 {
			faults = append(faults, field.Invalid(at.Child(length.name), *length.value, "must not be negative"))
		}
	}
	if f.MinLength != nil && f.MaxLength != nil && *f.MinLength > *f.MaxLength {
		faults = append(faults, field.Invalid(at.Child("minLength"), *f.MinLength, fmt.Sprintf("must not be greater than maxLength, %d", *f.MaxLength)))
	}
	if f.Pattern == "" {
		return faults
	}
	if _, err := regexp.Compile(f.Pattern); err != nil {
		faults = append(faults, field.Invalid(at.Child("pattern"), f.Pattern, "must be a regular expression in RE2 syntax: "+err.Error()))
	}
	return faults
}

func (f *Field) validateRange(at *field.Path) field.ErrorList {
	if !slices.Contains(numericTypes, f.Type) {
		return nil
	}
	var faults field.ErrorList
	for _, bound := range []struct {
		name  string
		value *Scalar
	}{{"minimum", f.Minimum}, {"maximum", f.Maximum}} {
		if bound.value != nil {
			faults = append(faults, f.fits(at.Child(bound.name), *bound.value)...)
		}
	}
	if len(faults) > 0 || f.Minimum == nil || f.Maximum == nil {
		return faults
	}
	if compareNumbers(*f.Minimum, *f.Maximum) > 0 {
		faults = append(faults, field.Invalid(at.Child("minimum"), f.Minimum.shown(), fmt.Sprintf("must not be greater than maximum, %s", f.Maximum.Text)))
	}
	return faults
}

func (f *Field) validateEnum(at *field.Path) field.ErrorList {
	if f.Enum == nil {
		return nil
	}
	if len(f.Enum) == 0 {
		return field.ErrorList{field.Required(at, "must list at least one legal value")}
	}
	var faults field.ErrorList
	again := repeated(f.Enum)
	for i, value := range f.Enum {
		faults = append(faults, f.fits(at.Index(i), value)...)
		if again[i] {
			faults = append(faults, field.Duplicate(at.Index(i), value.shown()))
		}
	}
	return faults
}

// validateValues makes sure that the mapping of values works both ways.
func (f *Field) validateValues(at *field.Path) field.ErrorList {
	faults := validateColumnValues(at.Child("nullValues"), f.NullValues)
	columnOf := make(map[string]string, len(f.Values))
	for _, column := range sortedKeys(f.Values) {
		entry := at.Child("values").Key(column)
		value := f.Values[column]
		faults = append(faults, f.fitsText(entry, value)...)
		if first, taken := columnOf[value]; taken {
			faults = append(faults, field.Invalid(entry, value, fmt.Sprintf("the column value %q has it too: a write could not tell which one is meant", first)))
			continue
		}
		columnOf[value] = column
	}
	for i, null := range f.NullValues {
		if _, mapped := f.Values[null.Text]; mapped {
			faults = append(faults, field.Invalid(at.Child("nullValues").Index(i), null.shown(), "is mapped by values already: it is a value, or it means absent"))
		}
	}
	return faults
}

func (f *Field) validateDefault(at *field.Path) field.ErrorList {
	if f.Default == nil || f.ReadOnly {
		return nil
	}
	if faults := f.fits(at, *f.Default); len(faults) > 0 {
		return faults
	}
	var faults field.ErrorList
	text := f.Default.Text
	for _, value := range f.defaultValues() {
		if len(f.Enum) > 0 && !slices.Contains(f.Enum, value) {
			faults = append(faults, field.NotSupported(at, value.Text, scalarTexts(f.Enum)))
		}
	}
	if len(f.Values) > 0 && !slices.Contains(mappedValues(f.Values), text) {
		faults = append(faults, field.NotSupported(at, text, mappedValues(f.Values)))
	}
	return append(faults, f.validateDefaultConstraints(at, *f.Default)...)
}

// defaultValues are the values that the enum must have: the items of a set, which are
// written with commas between them.
func (f *Field) defaultValues() []Scalar {
	if f.Type != TypeSet {
		return []Scalar{*f.Default}
	}
	var items []Scalar
	for _, item := range strings.FieldsFunc(f.Default.Text, func(r rune) bool { return r == ',' }) {
		items = append(items, Scalar{Text: item})
	}
	return items
}

func (f *Field) validateDefaultConstraints(at *field.Path, value Scalar) field.ErrorList {
	var faults field.ErrorList
	text := value.Text
	if pattern, err := regexp.Compile(f.Pattern); err == nil && !pattern.MatchString(text) {
		faults = append(faults, field.Invalid(at, text, fmt.Sprintf("must match the field's pattern, %s", f.Pattern)))
	}
	length := int64(len([]rune(text)))
	if f.MinLength != nil && length < *f.MinLength {
		faults = append(faults, field.Invalid(at, text, fmt.Sprintf("must not be shorter than minLength, %d", *f.MinLength)))
	}
	if f.MaxLength != nil && length > *f.MaxLength {
		faults = append(faults, field.Invalid(at, text, fmt.Sprintf("must not be longer than maxLength, %d", *f.MaxLength)))
	}
	if !slices.Contains(numericTypes, f.Type) {
		return faults
	}
	if f.Minimum != nil && f.Minimum.Kind == NumberScalar && compareNumbers(value, *f.Minimum) < 0 {
		faults = append(faults, field.Invalid(at, value.shown(), fmt.Sprintf("must not be less than minimum, %s", f.Minimum.Text)))
	}
	if f.Maximum != nil && f.Maximum.Kind == NumberScalar && compareNumbers(value, *f.Maximum) > 0 {
		faults = append(faults, field.Invalid(at, value.shown(), fmt.Sprintf("must not be greater than maximum, %s", f.Maximum.Text)))
	}
	return faults
}

func scalarTexts(scalars []Scalar) []string {
	converted := make([]string, len(scalars))
	for i, scalar := range scalars {
		converted[i] = scalar.Text
	}
	return converted
}

func mappedValues(values map[string]string) []string {
	mapped := make([]string, 0, len(values))
	for _, column := range sortedKeys(values) {
		mapped = append(mapped, values[column])
	}
	return mapped
}

package v1alpha1

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The objects that fields can be declared in.
const (
	specRoot   = "spec"
	statusRoot = "status"
)

// The limits of protobuf field numbers, and the range that protobuf keeps for itself.
const (
	maxFieldNumber      = 1<<29 - 1
	firstReservedNumber = 19000
	lastReservedNumber  = 19999
)

// deepestPath bounds the nesting of objects, because clients decode them recursively.
const deepestPath = 16

var pathSegment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

var fieldTypes = []FieldType{
	TypeString, TypeInteger, TypeNumber, TypeFloat, TypeBoolean, TypeDecimal, TypeBytes, TypeHex, TypeDate,
	TypeDateTime, TypeSet, TypeJSON, TypeObject, TypeIPv4, TypeIP, TypeMAC, TypeUUID,
}

// parentPath returns the path of the object that a field is in.
func parentPath(path string) string {
	return path[:max(strings.LastIndexByte(path, '.'), 0)]
}

func (s *BridgedResourceSpec) validateFields(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	for i := range s.Fields {
		at := path.Index(i)
		declared := &s.Fields[i]
		faults = append(faults, validatePath(at.Child("path"), declared.Path)...)
		faults = append(faults, validateNumber(at.Child("number"), declared.Number)...)
		faults = append(faults, s.validateFieldSource(at, declared)...)
		faults = append(faults, declared.validateType(at)...)
	}
	faults = append(faults, s.validateNumbers(path)...)
	return append(faults, s.validateTree(path)...)
}

func validatePath(at *field.Path, path string) field.ErrorList {
	if path == "" {
		return field.ErrorList{field.Required(at, "must be a path in the object, such as spec.companyName")}
	}
	segments := strings.Split(path, ".")
	if segments[0] != specRoot && segments[0] != statusRoot || len(segments) < 2 {
		return field.ErrorList{field.Invalid(at, path, "must be below spec or status, such as spec.companyName")}
	}
	if len(segments) > deepestPath {
		return field.ErrorList{field.Invalid(at, path, fmt.Sprintf("must have at most %d parts", deepestPath))}
	}
	for _, segment := range segments[1:] {
		if !pathSegment.MatchString(segment) {
			return field.ErrorList{field.Invalid(at, path, fmt.Sprintf("%q must be letters, digits and underscores, not beginning with a digit", segment))}
		}
	}
	return nil
}

func validateNumber(at *field.Path, number int32) field.ErrorList {
	switch {
	case number == 0:
		return field.ErrorList{field.Required(at, "must be the field's number in the protobuf encoding, unique within its object and never changed later")}
	case number < 1 || number > maxFieldNumber:
		return field.ErrorList{field.Invalid(at, number, fmt.Sprintf("must be within 1 to %d", maxFieldNumber))}
	case number >= firstReservedNumber && number <= lastReservedNumber:
		return field.ErrorList{field.Invalid(at, number, fmt.Sprintf("must not be within %d to %d, which protobuf reserves", firstReservedNumber, lastReservedNumber))}
	}
	return nil
}

// validateNumbers finds numbers that two fields of one message share.
func (s *BridgedResourceSpec) validateNumbers(path *field.Path) field.ErrorList {
	type slot struct {
		parent string
		number int32
	}
	var faults field.ErrorList
	used := make(map[slot]int, len(s.Fields))
	for i, declared := range s.Fields {
		key := slot{parent: parentPath(declared.Path), number: declared.Number}
		if declared.Number == 0 || key.parent == "" {
			continue
		}
		if first, taken := used[key]; taken {
			faults = append(faults, field.Invalid(path.Index(i).Child("number"), declared.Number,
				fmt.Sprintf("is used by spec.fields[%d] (%s) already; the next free number below %s is %d", first, s.Fields[first].Path, key.parent, s.freeNumber(key.parent))))
			continue
		}
		used[key] = i
	}
	return faults
}

// freeNumber returns the number after the highest one in an object.
func (s *BridgedResourceSpec) freeNumber(parent string) int32 {
	var highest int32
	for _, declared := range s.Fields {
		if parentPath(declared.Path) == parent && declared.Number < maxFieldNumber {
			highest = max(highest, declared.Number)
		}
	}
	next := highest + 1
	if next >= firstReservedNumber && next <= lastReservedNumber {
		return lastReservedNumber + 1
	}
	return next
}

// validateTree finds paths that are declared twice, are too alike, or lie in
// something that is not a declared object.
func (s *BridgedResourceSpec) validateTree(path *field.Path) field.ErrorList {
	byPath := make(map[string]int, len(s.Fields))
	bySimilarity := make(map[string]int, len(s.Fields))
	hasFields := make(map[string]bool)
	var faults field.ErrorList
	for i, declared := range s.Fields {
		at := path.Index(i).Child("path")
		if first, taken := byPath[declared.Path]; taken && declared.Path != "" {
			faults = append(faults, field.Invalid(at, declared.Path, fmt.Sprintf("is declared by spec.fields[%d] already", first)))
			continue
		}
		byPath[declared.Path] = i
		if first, taken := bySimilarity[similarity(declared.Path)]; taken {
			faults = append(faults, field.Invalid(at, declared.Path, fmt.Sprintf("differs from spec.fields[%d] (%s) only in case or underscores, which protobuf's JSON names and Go do not tell apart", first, s.Fields[first].Path)))
		}
		bySimilarity[similarity(declared.Path)] = i
		hasFields[parentPath(declared.Path)] = true
	}
	reported := make(map[string]bool)
	for i, declared := range s.Fields {
		faults = append(faults, s.validateParent(path.Index(i), declared.Path, byPath, reported)...)
		if declared.Type == TypeObject && !hasFields[declared.Path] {
			faults = append(faults, field.Invalid(path.Index(i).Child("type"), declared.Type,
				fmt.Sprintf("an object needs at least one field below %s; a document without a declared schema has the type json", declared.Path)))
		}
	}
	return faults
}

// similarity is equal for paths that differ in the case or underscores of their last segment.
func similarity(path string) string {
	parent := parentPath(path)
	name := strings.TrimPrefix(path, parent)
	return parent + strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// validateParent reports each undeclared object once, at the first field in it.
func (s *BridgedResourceSpec) validateParent(at *field.Path, path string, byPath map[string]int, reported map[string]bool) field.ErrorList {
	parent := parentPath(path)
	if !strings.Contains(parent, ".") || strings.HasPrefix(parent, ".") {
		return nil
	}
	index, declared := byPath[parent]
	if declared && s.Fields[index].Type == TypeObject {
		return nil
	}
	if declared {
		return field.ErrorList{field.Invalid(at.Child("path"), path,
			fmt.Sprintf("lies within spec.fields[%d] (%s), which has the type %s: only the type object has fields", index, parent, s.Fields[index].Type))}
	}
	if reported[parent] {
		return nil
	}
	reported[parent] = true
	return field.ErrorList{field.Invalid(at.Child("path"), path,
		fmt.Sprintf("the object %s is not declared: add {path: %s, type: object, number: %d}", parent, parent, s.freeNumber(parentPath(parent))))}
}

// validateFieldSource checks what a field is read from.
func (s *BridgedResourceSpec) validateFieldSource(at *field.Path, declared *Field) field.ErrorList {
	if declared.Type == TypeObject {
		return validateObjectField(at, declared)
	}
	if s.Source.GRPC != nil && s.Source.MySQL == nil {
		return validateOrigin(at, declared.Field, declared.Column, grpcOrigin)
	}
	return validateOrigin(at, declared.Column, declared.Field, mysqlOrigin)
}

// origin says where values of one kind of backend come from.
type origin struct {
	has, lacks string
	check      func(path *field.Path, name string) field.ErrorList
}

var (
	mysqlOrigin = origin{has: "column", lacks: "field", check: validateIdentifier}
	grpcOrigin  = origin{has: "field", lacks: "column", check: func(path *field.Path, name string) field.ErrorList {
		return validateText(path, name, checkMessagePath)
	}}
)

func validateOrigin(at *field.Path, value, foreign string, from origin) field.ErrorList {
	var faults field.ErrorList
	if foreign != "" {
		faults = append(faults, field.Forbidden(at.Child(from.lacks), fmt.Sprintf("this kind of backend has none; use %s", from.has)))
	}
	if value == "" {
		return append(faults, field.Required(at.Child(from.has), "must say where the value comes from"))
	}
	return append(faults, from.check(at.Child(from.has), value)...)
}

func validateObjectField(at *field.Path, declared *Field) field.ErrorList {
	var faults field.ErrorList
	for _, extra := range []alternative{
		given("column", declared.Column != ""),
		given("field", declared.Field != ""),
		given("default", declared.Default != nil),
		given("values", len(declared.Values) > 0),
		given("nullValues", len(declared.NullValues) > 0),
	} {
		if extra.given {
			faults = append(faults, field.Forbidden(at.Child(extra.name), "an object has no value of its own: give it to the fields below"))
		}
	}
	return faults
}

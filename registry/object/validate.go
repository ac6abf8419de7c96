package object

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	structuralcel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	structurallisttype "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	schemavalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	celcommon "k8s.io/apiserver/pkg/cel/common"
)

// validator holds what defaulting and validation need.
type validator struct {
	defaults   []string // by leaf: the encoded default, or empty
	any        bool     // whether there is one
	definition *apiextensionsv1.CustomResourceDefinition
	structural *structuralschema.Structural
	schema     schemavalidation.SchemaValidator
	rules      *structuralcel.Validator // nil where there are none
}

func (k *Kind) compileValidation() error {
	k.checks = &validator{defaults: make([]string, len(k.plan.leaves))}
	for _, leaf := range k.plan.leaves {
		if leaf.declaration.Default == nil {
			continue
		}
		encoded, err := leaf.encodeScalar(*leaf.declaration.Default)
		if err != nil {
			return fmt.Errorf("field %s: default: %w", leaf.path, err)
		}
		k.checks.defaults[leaf.leaf], k.checks.any = string(encoded), true
	}
	definition, err := k.newDefinition()
	if err != nil {
		return err
	}
	if err := checkDefinition(context.Background(), definition); err != nil {
		return err
	}
	return k.checks.compile(definition)
}

func (v *validator) compile(definition *apiextensionsv1.CustomResourceDefinition) error {
	v.definition = definition
	var schema apiextensions.JSONSchemaProps
	declared := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(declared, &schema, nil); err != nil {
		return fmt.Errorf("convert schema: %w", err)
	}
	var err error
	if v.structural, err = structuralschema.NewStructural(&schema); err != nil {
		return fmt.Errorf("make structural schema: %w", err)
	}
	if v.schema, _, err = schemavalidation.NewSchemaValidator(&schema); err != nil {
		return fmt.Errorf("make schema validator: %w", err)
	}
	v.rules = structuralcel.NewValidator(v.structural, true, celconfig.PerCallLimit)
	return nil
}

// hasDefaults reports whether defaulting can change a body: one without a spec gets one.
func (v *validator) hasDefaults(body string) bool {
	return v.any || body == "" || protowire.Number(body[0]>>3) != specNumber
}

// Validate checks a new object against the schema, the rules and its key.
func (k *Kind) Validate(ctx context.Context, o *Object) field.ErrorList {
	content, err := o.toMapForValidation()
	if err != nil {
		return field.ErrorList{field.Invalid(nil, o.Name, err.Error())}
	}
	faults := schemavalidation.ValidateCustomResource(nil, content, k.checks.schema)
	faults = append(faults, structurallisttype.ValidateListSetsAndMaps(nil, k.checks.structural, content)...)
	faults = append(faults, k.validateValues(faults, o, nil)...)
	faults = append(faults, k.validateNewKey(o)...)
	return k.checks.appendRuleFaults(ctx, faults, content, nil)
}

// ValidateUpdate checks a changed object. What is wrong but unchanged is no error, so
// that values which the backend has, but the schema doesn't allow, don't stand in the
// way of other changes.
func (k *Kind) ValidateUpdate(ctx context.Context, o, old *Object) field.ErrorList {
	content, err := o.toMapForValidation()
	if err != nil {
		return field.ErrorList{field.Invalid(nil, o.Name, err.Error())}
	}
	oldContent, err := old.toMapForValidation()
	if err != nil {
		return field.ErrorList{field.Invalid(nil, old.Name, err.Error())}
	}
	correlated := celcommon.NewCorrelatedObject(content, oldContent, &model.Structural{Structural: k.checks.structural})
	faults := schemavalidation.ValidateCustomResourceUpdate(nil, content, oldContent, k.checks.schema, schemavalidation.WithRatcheting(correlated))
	faults = withoutMissingBefore(faults, oldContent)
	if len(structurallisttype.ValidateListSetsAndMaps(nil, k.checks.structural, oldContent)) == 0 {
		faults = append(faults, structurallisttype.ValidateListSetsAndMaps(nil, k.checks.structural, content)...)
	}
	faults = append(faults, k.validateValues(faults, o, old)...)
	faults = append(faults, k.validateImmutable(o, old)...)
	faults = append(faults, k.validateKey(o)...)
	return k.checks.appendRuleFaults(ctx, faults, content, oldContent, structuralcel.WithRatcheting(correlated))
}

// appendRuleFaults evaluates the rules. As for custom resources, they are not evaluated
// on an object that is wrong in a way that they don't expect.
func (v *validator) appendRuleFaults(ctx context.Context, faults field.ErrorList, content, oldContent map[string]any, options ...structuralcel.Option) field.ErrorList {
	if v.rules == nil {
		return faults
	}
	for _, fault := range faults {
		switch fault.Type {
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return append(faults, field.Invalid(nil, nil,
				"some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"))
		}
	}
	var old any // a nil map would pass for an old object
	if oldContent != nil {
		old = oldContent
	}
	broken, _ := v.rules.Validate(ctx, nil, v.structural, content, old, celconfig.RuntimeCELCostBudget, options...)
	return append(faults, broken...)
}

// withoutMissingBefore drops errors about required fields that the old object doesn't
// have either. Upstream forgives them only where nothing around them has changed.
func withoutMissingBefore(faults field.ErrorList, old map[string]any) field.ErrorList {
	kept := faults[:0]
	for _, fault := range faults {
		if fault.Type != field.ErrorTypeRequired || hasPath(old, strings.Split(fault.Field, ".")) {
			kept = append(kept, fault)
		}
	}
	return kept
}

func hasPath(content map[string]any, path []string) bool {
	value, ok := content[path[0]]
	if !ok || len(path) == 1 {
		return ok
	}
	nested, ok := value.(map[string]any)
	return ok && hasPath(nested, path[1:])
}

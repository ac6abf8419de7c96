package object

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// CustomResourceDefinition returns the definition that would declare the same kind, as
// input for upstream packages that work on definitions. It belongs to the caller.
func (k *Kind) CustomResourceDefinition() *apiextensionsv1.CustomResourceDefinition {
	return k.checks.definition.DeepCopy()
}

// StructuralSchema returns the kind's schema as upstream's packages want it. It must not
// be changed.
func (k *Kind) StructuralSchema() *structuralschema.Structural { return k.checks.structural }

func (k *Kind) newDefinition() (*apiextensionsv1.CustomResourceDefinition, error) {
	schema, err := k.openAPISchema()
	if err != nil {
		return nil, err
	}
	spec := &k.declaration.Spec
	names := apiextensionsv1.CustomResourceDefinitionNames{
		Plural: spec.Names.Plural, Singular: spec.Names.Singular, Kind: spec.Names.Kind, ListKind: k.listGVK.Kind,
		ShortNames: spec.Names.ShortNames, Categories: spec.Names.Categories,
	}
	if names.Singular == "" {
		names.Singular = strings.ToLower(names.Kind)
	}
	version := apiextensionsv1.CustomResourceDefinitionVersion{
		Name: spec.Version, Served: true, Storage: true,
		Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: schema},
	}
	for _, path := range spec.SelectableFields {
		version.SelectableFields = append(version.SelectableFields, apiextensionsv1.SelectableField{JSONPath: "." + path})
	}
	for _, column := range k.columns {
		version.AdditionalPrinterColumns = append(version.AdditionalPrinterColumns, column.definition())
	}
	scope := apiextensionsv1.ClusterScoped
	if k.Namespaced() {
		scope = apiextensionsv1.NamespaceScoped
	}
	return &apiextensionsv1.CustomResourceDefinition{
		TypeMeta: metav1.TypeMeta{APIVersion: apiextensionsv1.SchemeGroupVersion.String(), Kind: "CustomResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{
			Name: spec.Names.Plural + "." + spec.Group,
			// Groups below k8s.io ask for this; whether a mapping may use one is not
			// decided here.
			Annotations: map[string]string{"api-approved.kubernetes.io": "unapproved, bridged from a legacy backend"},
		},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: spec.Group, Names: names, Scope: scope,
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{version},
		},
		Status: apiextensionsv1.CustomResourceDefinitionStatus{
			AcceptedNames: names, StoredVersions: []string{spec.Version},
		},
	}, nil
}

// checkDefinition lets upstream judge the schema, defaults and rules, the cost of the
// rules included, and reports everything at once.
func checkDefinition(ctx context.Context, definition *apiextensionsv1.CustomResourceDefinition) error {
	judged := definition.DeepCopy()
	apiextensionsv1.SetDefaults_CustomResourceDefinition(judged)
	apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&judged.Spec)
	var internal apiextensions.CustomResourceDefinition
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(judged, &internal, nil); err != nil {
		return fmt.Errorf("convert schema: %w", err)
	}
	faults := crdvalidation.ValidateCustomResourceDefinition(ctx, &internal)
	for _, fault := range faults {
		fault.Field = mappingPath(fault.Field)
		if rule, ok := fault.BadValue.(apiextensions.ValidationRule); ok {
			fault.BadValue = rule.Rule
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return field.ErrorList(faults).ToAggregate()
}

// mappingPath translates the path of a fault in the definition to where it comes from
// in a mapping.
func mappingPath(path string) string {
	for _, translation := range [...]struct{ from, to string }{
		{"spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations", "spec.validations"},
		{"spec.validation.openAPIV3Schema.x-kubernetes-validations", "spec.validations"},
		{"spec.versions[0].schema.openAPIV3Schema", "spec.fields: schema"},
		{"spec.validation.openAPIV3Schema", "spec.fields: schema"},
		{"spec.versions[0].additionalPrinterColumns", "spec.printerColumns"},
		{"spec.additionalPrinterColumns", "spec.printerColumns"},
		{"spec.versions[0].selectableFields", "spec.selectableFields"},
		{"spec.selectableFields", "spec.selectableFields"},
	} {
		if rest, ok := strings.CutPrefix(path, translation.from); ok {
			return translation.to + rest
		}
	}
	return path
}

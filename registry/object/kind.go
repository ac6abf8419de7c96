package object

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// Kind is a compiled declaration. It is immutable and safe for concurrent use.
type Kind struct {
	declaration *v1alpha1.BridgedResource
	gvk         schema.GroupVersionKind
	listGVK     schema.GroupVersionKind
	gvr         schema.GroupVersionResource
	apiVersion  string
	uidPrefix   string // group/resource/

	plan    *plan
	key     keyPlan
	meta    metadataPlan
	sources []v1alpha1.Field
	adapter adapters.Schema
	encode  encodePlan
	labels  *labelSets
	scheme  *runtime.Scheme
	checks  *validator
	columns []tableColumn
	selects []*planField
}

// NewKind compiles a declaration, which must be defaulted. An error names the part of
// the declaration that is wrong, compile errors of validation rules included.
func NewKind(resource *v1alpha1.BridgedResource) (*Kind, error) {
	k, err := newKind(resource.DeepCopy())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", resource.Name, err)
	}
	return k, nil
}

func newKind(resource *v1alpha1.BridgedResource) (*Kind, error) {
	spec := &resource.Spec
	k := &Kind{
		declaration: resource,
		gvk:         schema.GroupVersionKind{Group: spec.Group, Version: spec.Version, Kind: spec.Names.Kind},
		gvr:         schema.GroupVersionResource{Group: spec.Group, Version: spec.Version, Resource: spec.Names.Plural},
		uidPrefix:   spec.Group + "/" + spec.Names.Plural + "/",
		labels:      newLabelSets(),
	}
	listKind := spec.Names.ListKind
	if listKind == "" {
		listKind = spec.Names.Kind + "List"
	}
	k.listGVK = k.gvk.GroupVersion().WithKind(listKind)
	k.apiVersion = k.gvk.GroupVersion().String()
	steps := []func() error{
		k.compileFields, k.compileKey, k.compileMetadata, k.compileEncoding,
		k.compileScheme, k.compileSelectors, k.compileColumns, k.compileValidation,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *Kind) compileFields() (err error) {
	k.plan, err = newPlan(k.declaration.Spec.Fields)
	if err != nil {
		return err
	}
	for _, field := range k.plan.leaves {
		k.sources = append(k.sources, *field.declaration)
		k.adapter.Fields = append(k.adapter.Fields, adapterField(field))
	}
	return nil
}

func adapterField(field *planField) adapters.Field {
	described := adapters.Field{
		Name: field.path, Type: field.valueType,
		Required: field.declaration.Required, ReadOnly: field.readOnly(),
	}
	if field.valueType == adapters.ListType {
		described.Element = &adapters.Field{Name: field.path + "[]", Type: adapters.StringType}
	}
	return described
}

// GroupVersionKind is the kind's name.
func (k *Kind) GroupVersionKind() schema.GroupVersionKind { return k.gvk }

// ListGroupVersionKind is the name of the kind's lists.
func (k *Kind) ListGroupVersionKind() schema.GroupVersionKind { return k.listGVK }

// Resource is the name of the kind in URLs.
func (k *Kind) Resource() schema.GroupVersionResource { return k.gvr }

// Namespaced reports whether objects live in namespaces.
func (k *Kind) Namespaced() bool { return k.declaration.Spec.Scope != v1alpha1.ClusterScoped }

// Declaration returns the declaration that the kind was compiled from. It must not be
// changed.
func (k *Kind) Declaration() *v1alpha1.BridgedResource { return k.declaration }

// AdapterSchema describes the records that the kind is made from.
func (k *Kind) AdapterSchema() adapters.Schema { return k.adapter }

// Sources says where each field of [Kind.AdapterSchema] comes from, in the same order.
// Metadata sources appear as fields with the path metadata.labels[tier] and so on.
func (k *Kind) Sources() []v1alpha1.Field { return slices.Clone(k.sources) }

// metadataPlan says which record values are metadata.
type metadataPlan struct {
	labels      []metadataValue
	annotations []metadataValue
	// created is the position of the creation timestamp, or -1.
	created int
	first   int // position of the first metadata value in a record
	count   int
}

type metadataValue struct {
	key      string
	position int
}

func (k *Kind) compileMetadata() error {
	k.meta = metadataPlan{created: -1, first: len(k.sources)}
	declared := k.declaration.Spec.Metadata
	if declared == nil {
		return nil
	}
	k.meta.labels = k.addMetadataSources("metadata.labels", declared.Labels)
	k.meta.annotations = k.addMetadataSources("metadata.annotations", declared.Annotations)
	if declared.CreationTimestamp != nil {
		k.meta.created = k.addMetadataSource(*declared.CreationTimestamp, v1alpha1.Field{
			Path: "metadata.creationTimestamp", Type: v1alpha1.TypeDateTime, ReadOnly: true,
		})
	}
	k.meta.count = len(k.sources) - k.meta.first
	return nil
}

func (k *Kind) addMetadataSources(path string, declared map[string]v1alpha1.MetadataSource) []metadataValue {
	var values []metadataValue
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		position := k.addMetadataSource(declared[key], v1alpha1.Field{Path: path + "[" + key + "]", Type: v1alpha1.TypeString})
		values = append(values, metadataValue{key: key, position: position})
	}
	return values
}

func (k *Kind) addMetadataSource(source v1alpha1.MetadataSource, field v1alpha1.Field) int {
	field.Column, field.Field = source.Column, source.Field
	k.sources = append(k.sources, field)
	k.adapter.Fields = append(k.adapter.Fields, adapters.Field{
		Name: field.Path, Type: adapters.StringType, ReadOnly: field.ReadOnly,
	})
	return len(k.sources) - 1
}

package storage_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	apistorage "k8s.io/apiserver/pkg/storage"
	"sigs.k8s.io/yaml"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// namespacedKind and clusterKind are declared as a user would.
const namespacedKind = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: customers.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Namespaced
  names: {plural: customers, singular: customer, kind: Customer, listKind: CustomerList}
  source:
    backend: erp
    mysql:
      table: CUSTOMERS
      key:
        name: {columns: [cust_no]}
        namespace: {column: region}
  fields:
  - {path: spec.name, column: name, number: 1}
  - {path: spec.status, column: status, number: 2}
  - {path: spec.limit, column: credit, number: 3, type: decimal}
  - {path: spec.visits, column: visits, number: 4, type: integer}
  - {path: spec.photo, column: photo, number: 5, type: bytes}
  metadata:
    labels: {tier: {column: tier}}
  selectableFields: [spec.status]
`

const clusterKind = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: orders.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Cluster
  names: {plural: orders, singular: order, kind: Order, listKind: OrderList}
  source:
    backend: erp
    mysql:
      table: ORDERS
      key: {name: {columns: [order_no]}}
  fields:
  - {path: spec.name, column: name, number: 1}
  - {path: spec.status, column: status, number: 2}
  - {path: spec.limit, column: credit, number: 3, type: decimal}
  - {path: spec.visits, column: visits, number: 4, type: integer}
  - {path: spec.photo, column: photo, number: 5, type: bytes}
  metadata:
    labels: {tier: {column: tier}}
  selectableFields: [spec.status]
`

// kindStore is a Store of a declared kind, through the product's own codec.
type kindStore struct {
	*storage.Store
	kind   *object.Kind
	mirror *mirror.Mirror
	table  *memory.Adapter
	faults *memory.Faults
}

func newKind(t testing.TB, document string) *object.Kind {
	t.Helper()
	resource := &v1alpha1.BridgedResource{}
	if err := yaml.UnmarshalStrict([]byte(document), resource); err != nil {
		t.Fatalf("parse mapping: %v", err)
	}
	kind, err := object.NewKind(resource)
	if err != nil {
		t.Fatalf("compile mapping: %v", err)
	}
	return kind
}

func newKindStore(t testing.TB, document string, adjust ...func(*storage.Config, *mirror.Config)) *kindStore {
	t.Helper()
	kind := newKind(t, document)
	table := memory.New(memory.Config{Schema: kind.AdapterSchema(), Unique: []string{"spec.name"}})
	faults := memory.NewFaults(table)
	mirrorConfig := mirror.Config{Name: kind.Resource().Resource, Adapter: faults, Projector: kind.StorageCodec()}
	config := storage.Config{
		GroupResource: kind.Resource().GroupResource(),
		GroupKind:     kind.GroupVersionKind().GroupKind(),
		Prefix:        "/" + kind.Resource().Resource + "/",
		Namespaced:    kind.Namespaced(),
		Adapter:       faults,
		Codec:         kind.StorageCodec(),
		NewFunc:       func() runtime.Object { return kind.NewObject() },
		NewListFunc:   func() runtime.Object { return kind.NewList() },
		Logger:        slog.New(slog.DiscardHandler),
	}
	for _, adjustment := range adjust {
		adjustment(&config, &mirrorConfig)
	}
	config.Mirror = follow(t, mirrorConfig)
	store, err := storage.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return &kindStore{Store: store, kind: kind, mirror: config.Mirror, table: table, faults: faults}
}

// key returns the storage key of an object.
func (s *kindStore) key(namespace, name string) string {
	if !s.kind.Namespaced() {
		return s.root() + name
	}
	return s.root() + namespace + "/" + name
}

func (s *kindStore) root() string { return "/" + s.kind.Resource().Resource + "/" }

// object returns an object with this spec, in JSON.
func (s *kindStore) object(t testing.TB, namespace, name, spec string) *object.Object {
	t.Helper()
	metadata := map[string]any{"name": name}
	if s.kind.Namespaced() {
		metadata["namespace"] = namespace
	}
	document, err := json.Marshal(map[string]any{
		"apiVersion": s.kind.GroupVersionKind().GroupVersion().String(), "kind": s.kind.GroupVersionKind().Kind,
		"metadata": metadata, "spec": json.RawMessage(spec),
	})
	if err != nil {
		t.Fatal(err)
	}
	obj := s.kind.NewObject()
	if err := obj.UnmarshalJSON(document); err != nil {
		t.Fatalf("decode %s: %v", document, err)
	}
	return obj
}

// create stores an object, which must succeed.
func (s *kindStore) create(t testing.TB, namespace, name, spec string) *object.Object {
	t.Helper()
	out := s.kind.NewObject()
	if err := s.Create(t.Context(), s.key(namespace, name), s.object(t, namespace, name, spec), out, 0); err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	return out
}

// put changes an object's spec, which must succeed.
func (s *kindStore) put(t testing.TB, namespace, name, spec string) *object.Object {
	t.Helper()
	out := s.kind.NewObject()
	err := s.GuaranteedUpdate(t.Context(), s.key(namespace, name), out, false, nil, s.withSpec(t, namespace, name, spec), nil)
	if err != nil {
		t.Fatalf("update %s: %v", name, err)
	}
	return out
}

// withSpec returns an update function that replaces everything.
func (s *kindStore) withSpec(t testing.TB, namespace, name, spec string) apistorage.UpdateFunc {
	return func(runtime.Object, apistorage.ResponseMeta) (runtime.Object, *uint64, error) {
		return s.object(t, namespace, name, spec), nil, nil
	}
}

// delete deletes an object, which must succeed.
func (s *kindStore) delete(t testing.TB, namespace, name string) *object.Object {
	t.Helper()
	out := s.kind.NewObject()
	err := s.Delete(t.Context(), s.key(namespace, name), out, nil, apistorage.ValidateAllObjectFunc, nil, apistorage.DeleteOptions{})
	if err != nil {
		t.Fatalf("delete %s: %v", name, err)
	}
	return out
}

func (s *kindStore) get(t testing.TB, namespace, name string) *object.Object {
	t.Helper()
	out := s.kind.NewObject()
	if err := s.Get(t.Context(), s.key(namespace, name), apistorage.GetOptions{}, out); err != nil {
		t.Fatalf("get %s: %v", name, err)
	}
	return out
}

// list returns a list, which must succeed.
func (s *kindStore) list(t testing.TB, opts apistorage.ListOptions) *object.List {
	t.Helper()
	list, err := s.tryList(t.Context(), opts)
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return list
}

func (s *kindStore) tryList(ctx context.Context, opts apistorage.ListOptions) (*object.List, error) {
	list := s.kind.NewList()
	opts.Recursive = true
	return list, s.GetList(ctx, s.root(), opts, list)
}

// selecting returns options for objects of these labels and fields.
func (s *kindStore) selecting(t testing.TB, label, field string) apistorage.ListOptions {
	t.Helper()
	labelSelector, err := labels.Parse(label)
	if err != nil {
		t.Fatal(err)
	}
	return apistorage.ListOptions{Recursive: true, Predicate: apistorage.SelectionPredicate{
		Label: labelSelector, Field: fields.ParseSelectorOrDie(field), GetAttrs: s.kind.Attributes,
	}}
}

func (s *kindStore) everything() apistorage.ListOptions {
	return apistorage.ListOptions{Recursive: true, Predicate: apistorage.Everything}
}

// foreign commits changes as the legacy application does, and returns the revision.
func (s *kindStore) foreign(t testing.TB, do func(*memory.Transaction) error) adapters.Revision {
	t.Helper()
	revision, err := s.table.Transaction(do)
	if err != nil {
		t.Fatalf("foreign transaction: %v", err)
	}
	return revision
}

// record returns the record of an object as the backend has it.
func (s *kindStore) record(t testing.TB, namespace, name string) adapters.Record {
	t.Helper()
	if !s.kind.Namespaced() {
		namespace = ""
	}
	key, err := s.kind.RecordKey(namespace, name)
	if err != nil {
		t.Fatal(err)
	}
	record, err := s.table.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("read the record of %s: %v", name, err)
	}
	return record
}

// with returns a record with another value.
func (s *kindStore) with(t testing.TB, record adapters.Record, field string, value adapters.Value) adapters.Record {
	t.Helper()
	values := append([]adapters.Value(nil), record.Values...)
	for i, declared := range s.kind.AdapterSchema().Fields {
		if declared.Name == field {
			values[i] = value
			return adapters.Record{Key: record.Key, Values: values}
		}
	}
	t.Fatalf("there is no field %s", field)
	return adapters.Record{}
}

func names(list *object.List) []string {
	got := []string{}
	for i := range list.Items {
		got = append(got, list.Items[i].Name)
	}
	return got
}

// document returns an object in JSON.
func document(t testing.TB, obj *object.Object) string {
	t.Helper()
	encoded, err := obj.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// spec returns an object's spec as a generic value.
func spec(t testing.TB, obj *object.Object) map[string]any {
	t.Helper()
	var decoded struct {
		Spec map[string]any `json:"spec"`
	}
	if err := json.Unmarshal([]byte(document(t, obj)), &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded.Spec
}

var _ metav1.Object = (*object.Object)(nil)

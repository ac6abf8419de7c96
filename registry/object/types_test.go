package object

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"pgregory.net/rapid"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func TestUnstructuredConversionIsReversible(t *testing.T) {
	kind := newTestKind(t, everyType)
	extra := kind.plan.byPath["spec.extra"].leaf
	rapid.Check(t, func(t *rapid.T) {
		record := drawRecord(t, kind)
		if !record.Values[extra].IsNull() {
			record.Values[extra] = adapters.JSON(`{"a":[1,2.5,"x",null,true]}`) // maps hold no others exactly
		}
		o, err := kind.ObjectFromRecord(record, 3)
		if err != nil {
			t.Fatal(err)
		}
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil {
			t.Fatal(err)
		}
		converted, err := kind.Types().ConvertToVersion(&unstructured.Unstructured{Object: content}, kind.gvk.GroupVersion())
		if err != nil {
			t.Fatal(err)
		}
		if got := converted.(*Object); got.Body != o.Body || got.Name != o.Name {
			t.Fatalf("the body\n%q\nbecomes\n%q", o.Body, got.Body)
		}
	})
}

func TestMapsAreWhatKubernetesDecodes(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Replace(encodeWith(t, kind, runtime.ContentTypeJSON, o), []byte("1e400"), []byte("1e40"), 1)
	o = decodeWith(t, kind, runtime.ContentTypeJSON, text)
	want := &unstructured.Unstructured{}
	if err := want.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
	got, err := o.toMap()
	if err != nil {
		t.Fatal(err)
	}
	if !equality.Semantic.DeepEqual(got, want.Object) {
		t.Errorf("the map is\n%v\nwanted\n%v", got, want.Object)
	}
}

func TestConvertRefusesWhatWouldBeLost(t *testing.T) {
	kind := newTestKind(t, everyType)
	for name, test := range map[string]struct{ text, want string }{
		"unknown field": {thingHead + `"spec":{"foo":1}}`, `unknown field "spec.foo"`},
		"wrong type":    {thingHead + `"spec":{"integer":"1"}}`, "spec.integer: must be an integer"},
		"another kind":  {`{"apiVersion":"v1","kind":"Pod"}`, "must be erp.example.com/v1 Thing, not v1 Pod"},
	} {
		u := &unstructured.Unstructured{}
		if err := json.Unmarshal([]byte(test.text), &u.Object); err != nil {
			t.Fatal(err)
		}
		_, err := kind.Types().ConvertToVersion(u, kind.gvk.GroupVersion())
		if !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted a bad request with %q", name, err, test.want)
		}
	}
}

func TestConvert(t *testing.T) {
	kind := newTestKind(t, everyType)
	types := kind.Types()
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{}
	if err := types.Convert(o, u, nil); err == nil || !strings.Contains(err.Error(), "spec.extra") {
		t.Errorf("a number that no map can hold is lost: %v, %v", u, err)
	}
	o = customerLike(t, kind)
	o.Name = "a1"
	if err := types.Convert(o, u, nil); err != nil || u.GetName() != "a1" || u.GroupVersionKind() != kind.gvk {
		t.Errorf("got %v, %v", u, err)
	}
	copied := kind.NewObject()
	if err := types.Convert(o, copied, nil); err != nil || copied.Body != o.Body {
		t.Errorf("got %v, %v", copied, err)
	}
	u.Object["spec"] = map[string]any{"text": "x"}
	if err := types.Convert(u, copied, nil); err != nil || specOf(t, copied) != `{"text":"x"}` {
		t.Errorf("got %v, %v", copied, err)
	}
	list := kind.NewList()
	if err := types.Convert(&unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "erp.example.com/v1", "kind": "ThingList"}, Items: []unstructured.Unstructured{*u}}, list, nil); err != nil || len(list.Items) != 1 {
		t.Errorf("got %v, %v", list, err)
	}
	if err := types.Convert(o, &metav1.Status{}, nil); err == nil {
		t.Error("an object becomes a status")
	}
}

func TestDefaultOfMaps(t *testing.T) {
	kind := newTestKind(t, customers)
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "erp.example.com/v1", "kind": "Customer", "metadata": map[string]any{"name": "a", "namespace": "b"}}}
	kind.Types().Default(u)
	if status, _, _ := unstructured.NestedString(u.Object, "spec", "status"); status != "Active" {
		t.Errorf("the map becomes %v", u.Object)
	}
	broken := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "erp.example.com/v1", "kind": "Customer", "spec": "x"}}
	kind.Types().Default(broken)
	if broken.Object["spec"] != "x" {
		t.Errorf("a map that is wrong becomes %v", broken.Object)
	}
}

func TestTypes(t *testing.T) {
	kind := newTestKind(t, everyType)
	types := kind.Types()
	for _, gvk := range []schema.GroupVersionKind{
		kind.gvk, kind.listGVK, {Version: "v1", Kind: "Status"}, {Group: "erp.example.com", Version: "v1", Kind: "WatchEvent"},
		{Group: "erp.example.com", Version: "v1", Kind: "DeleteOptions"},
	} {
		obj, err := types.New(gvk)
		if err != nil {
			t.Errorf("%v: %v", gvk, err)
			continue
		}
		gvks, _, err := types.ObjectKinds(obj)
		if err != nil || !types.Recognizes(gvk) {
			t.Errorf("%v: %v, %v", gvk, gvks, err)
		}
	}
	if types.Recognizes(schema.GroupVersionKind{Version: "v1", Kind: "Pod"}) {
		t.Error("pods are recognized")
	}
}

func TestFieldLabels(t *testing.T) {
	kind := newTestKind(t, everyType)
	for _, label := range []string{"metadata.name", "metadata.namespace", "spec.text", "spec.integer", "spec.flag"} {
		if got, value, err := kind.Types().ConvertFieldLabel(kind.gvk, label, "x"); err != nil || got != label || value != "x" {
			t.Errorf("%s: got %s=%s, %v", label, got, value, err)
		}
	}
	_, _, err := kind.Types().ConvertFieldLabel(kind.gvk, "spec.price", "x")
	if err == nil || !strings.Contains(err.Error(), "things supports metadata.name, metadata.namespace, spec.text, spec.integer, spec.flag") {
		t.Errorf("got %v", err)
	}
}

func TestAttributes(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
	if err != nil {
		t.Fatal(err)
	}
	labels, fields, err := kind.Attributes(o)
	if err != nil || labels["tier"] != "gold" {
		t.Errorf("labels are %v, %v", labels, err)
	}
	want := map[string]string{
		"metadata.name": "a1", "metadata.namespace": "north", "spec.integer": "-9223372036854775808", "spec.flag": "false",
		"spec.text": "Zwölf <Boxkämpfer> & \"co\"\n\u2028",
	}
	if !equality.Semantic.DeepEqual(map[string]string(fields), want) {
		t.Errorf("fields are %v", fields)
	}
	_, fields, err = kind.Attributes(kind.NewObject())
	if value, ok := fields["spec.flag"]; err != nil || !ok || value != "" {
		t.Errorf("fields of an empty object are %v, %v", fields, err)
	}
	if _, _, err := kind.Attributes(&metav1.Status{}); err == nil {
		t.Error("a status has attributes")
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
	if err != nil {
		t.Fatal(err)
	}
	copied := o.DeepCopy()
	if !equality.Semantic.DeepEqual(o, copied) {
		t.Errorf("%v is not %v", copied, o)
	}
	copied.Labels["tier"], copied.Annotations["x"] = "silver", "y"
	if o.Labels["tier"] != "gold" || len(o.Annotations) != 1 {
		t.Error("a copy shares its maps")
	}
	if equality.Semantic.DeepEqual(o, copied) {
		t.Error("different objects are equal")
	}
	list := kind.NewList()
	list.Items = []Object{*o}
	other := list.DeepCopyObject().(*List)
	other.Items[0].Labels["tier"] = "silver"
	if o.Labels["tier"] != "gold" {
		t.Error("a copied list shares its maps")
	}
	if items, err := meta.ExtractList(list); err != nil || len(items) != 1 {
		t.Errorf("a list is not one to Kubernetes: %v, %v", items, err)
	}
}

func TestObjectsWithoutAKind(t *testing.T) {
	o := &Object{}
	if _, err := json.Marshal(o); err == nil {
		t.Error("it is written as JSON")
	}
	if err := json.Unmarshal([]byte(`{}`), o); err == nil {
		t.Error("it is read from JSON")
	}
	if err := o.Unmarshal(nil); err == nil {
		t.Error("it is read from protobuf")
	}
	if _, err := o.ToUnstructuredWithError(); err == nil {
		t.Error("it becomes a map")
	}
}

func TestStrangersImagesAreRefused(t *testing.T) {
	codec := newTestKind(t, everyType).StorageCodec()
	if _, err := codec.Object("image", 1); err == nil {
		t.Error("a string is an image")
	}
	if _, err := codec.Record(nil); err == nil {
		t.Error("nil is an image")
	}
	if err := codec.Append(&metav1.Status{}, nil, 1); err == nil {
		t.Error("a status is a list")
	}
	if _, err := codec.Encode(t.Context(), newTestKind(t, everyType).NewObject()); err == nil {
		t.Error("an object of another kind is encoded")
	}
	if _, err := codec.RecordKey("no-namespace"); err == nil {
		t.Error("an object key without a namespace is accepted")
	}
}

func TestFieldPaths(t *testing.T) {
	codec := newTestKind(t, customers).StorageCodec()
	for name, want := range map[string]string{"spec.status": "spec.status", "cust_no": "metadata.name", "region": "metadata.namespace", "status.balance": "status.balance"} {
		if got := codec.FieldPath(name); got != want {
			t.Errorf("%s stands at %s, wanted %s", name, got, want)
		}
	}
	if got := newTestKind(t, everyType).StorageCodec().FieldPath("thing_no"); got != "metadata.name" {
		t.Errorf("the key column stands at %s", got)
	}
}

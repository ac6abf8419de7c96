package object

import (
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// compileScheme makes the scheme of the types that come along with every kind: Status,
// watch events and options.
func (k *Kind) compileScheme() error {
	k.scheme = runtime.NewScheme()
	core := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(k.scheme, core)
	metav1.AddToGroupVersion(k.scheme, k.gvk.GroupVersion())
	k.scheme.AddUnversionedTypes(core, &metav1.Status{}, &metav1.APIVersions{}, &metav1.APIGroupList{}, &metav1.APIGroup{}, &metav1.APIResourceList{})
	return nil
}

// Types is what the endpoint handlers ask a scheme for, answered for one kind.
type Types struct {
	kind *Kind
}

var (
	_ runtime.ObjectTyper     = Types{}
	_ runtime.ObjectCreater   = Types{}
	_ runtime.ObjectDefaulter = Types{}
	_ runtime.ObjectConvertor = Types{}
)

// Types returns the kind's typer, creater, defaulter and convertor. The convertor is
// safe to use where upstream asks for one that may share memory: bodies are immutable.
func (k *Kind) Types() Types { return Types{kind: k} }

// ObjectKinds implements runtime.ObjectTyper.
func (t Types) ObjectKinds(obj runtime.Object) ([]schema.GroupVersionKind, bool, error) {
	switch typed := obj.(type) {
	case *Object:
		return []schema.GroupVersionKind{t.kind.gvk}, false, nil
	case *List:
		return []schema.GroupVersionKind{t.kind.listGVK}, false, nil
	case runtime.Unstructured:
		gvk := typed.GetObjectKind().GroupVersionKind()
		if gvk.Kind == "" {
			return nil, false, runtime.NewMissingKindErr("unstructured object has no kind")
		}
		return []schema.GroupVersionKind{gvk}, false, nil
	}
	return t.kind.scheme.ObjectKinds(obj)
}

// Recognizes implements runtime.ObjectTyper.
func (t Types) Recognizes(gvk schema.GroupVersionKind) bool {
	return gvk == t.kind.gvk || gvk == t.kind.listGVK || t.kind.scheme.Recognizes(gvk)
}

// New implements runtime.ObjectCreater.
func (t Types) New(gvk schema.GroupVersionKind) (runtime.Object, error) {
	switch gvk {
	case t.kind.gvk:
		return t.kind.NewObject(), nil
	case t.kind.listGVK:
		return t.kind.NewList(), nil
	}
	return t.kind.scheme.New(gvk)
}

// Default implements runtime.ObjectDefaulter.
func (t Types) Default(obj runtime.Object) {
	switch typed := obj.(type) {
	case *Object:
		t.kind.Default(typed)
	case *unstructured.Unstructured:
		// What cannot be converted keeps its form, and is refused when it is.
		if o, err := t.fromUnstructured(typed); err == nil {
			t.kind.Default(o)
			if content, err := o.toMap(); err == nil {
				typed.Object = content
			}
		}
	default:
		t.kind.scheme.Default(obj)
	}
}

// ConvertToVersion implements runtime.ObjectConvertor.
func (t Types) ConvertToVersion(in runtime.Object, target runtime.GroupVersioner) (runtime.Object, error) {
	switch typed := in.(type) {
	case *Object, *List:
		return in, nil
	case *unstructured.Unstructured:
		return t.fromUnstructured(typed)
	case *unstructured.UnstructuredList:
		list := t.kind.NewList()
		return list, t.Convert(in, list, nil)
	}
	return t.kind.scheme.ConvertToVersion(in, target)
}

// Convert implements runtime.ObjectConvertor.
func (t Types) Convert(in, out, context any) error {
	switch from := in.(type) {
	case *Object:
		switch to := out.(type) {
		case *Object:
			*to = *from
			return nil
		case *unstructured.Unstructured:
			content, err := from.toMap()
			to.Object = content
			return err
		}
	case *unstructured.Unstructured:
		if to, ok := out.(*Object); ok {
			o, err := t.fromUnstructured(from)
			if err == nil {
				*to = *o
			}
			return err
		}
	case *unstructured.UnstructuredList:
		if to, ok := out.(*List); ok {
			return t.convertList(from, to)
		}
	case *List:
		if to, ok := out.(*List); ok {
			*to = *from
			return nil
		}
	}
	return t.kind.scheme.Convert(in, out, context)
}

func (t Types) convertList(from *unstructured.UnstructuredList, to *List) error {
	text, err := from.MarshalJSON()
	if err != nil {
		return fmt.Errorf("convert list: %w", err)
	}
	_, err = t.kind.readJSONList(text, to)
	return err
}

// fromUnstructured converts the result of a server-side apply. A field that the schema
// doesn't know is an error: it would be lost.
func (t Types) fromUnstructured(u *unstructured.Unstructured) (*Object, error) {
	if gvk := u.GroupVersionKind(); gvk != t.kind.gvk {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("apiVersion and kind must be %s %s, not %s %s",
			t.kind.gvk.GroupVersion(), t.kind.gvk.Kind, gvk.GroupVersion(), gvk.Kind))
	}
	text, err := u.MarshalJSON()
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	managed := u.GetManagedFields()
	o := t.kind.NewObject()
	problems, err := t.kind.readJSON(text, o)
	if err == nil && len(problems) > 0 {
		err = problems[0]
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%s: %v", t.kind.gvk.Kind, err))
	}
	o.ManagedFields = managed
	return o, nil
}

// ConvertFieldLabel implements runtime.ObjectConvertor: it says which field selectors
// there are.
func (t Types) ConvertFieldLabel(gvk schema.GroupVersionKind, label, value string) (string, string, error) {
	if gvk != t.kind.gvk {
		return t.kind.scheme.ConvertFieldLabel(gvk, label, value)
	}
	supported := t.kind.fieldLabels()
	if slices.Contains(supported, label) {
		return label, value, nil
	}
	return "", "", fmt.Errorf("field label not supported: %q; %s supports %s", label, t.kind.gvr.Resource, strings.Join(supported, ", "))
}

func (k *Kind) fieldLabels() []string {
	supported := []string{"metadata.name"}
	if k.Namespaced() {
		supported = append(supported, "metadata.namespace")
	}
	for _, field := range k.selects {
		supported = append(supported, field.path)
	}
	return supported
}

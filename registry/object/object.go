package object

import (
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Object is an object of a declared kind. Make one with [Kind.NewObject]: the zero
// Object has no kind and cannot be decoded into.
type Object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`

	// Body is spec and status in the canonical protobuf encoding of the kind's
	// schema. It is made by this package only and shared by copies.
	Body string `json:"-"`
	// Created is the creation timestamp as the backend spells it, where it is known.
	Created string `json:"-"`

	kind *Kind
}

// List is a list of objects of a declared kind. Its three fields and their tags are
// what upstream's streaming encoders ask for.
type List struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty" protobuf:"bytes,1,opt,name=metadata"`
	Items           []Object `json:"items" protobuf:"bytes,2,rep,name=items"`
}

var (
	_ runtime.Object                    = (*Object)(nil)
	_ runtime.ProtobufMarshaller        = (*Object)(nil)
	_ runtime.ProtobufReverseMarshaller = (*Object)(nil)
	_ metav1.Object                     = (*Object)(nil)
	_ runtime.Object                    = (*List)(nil)
	_ metav1.ListInterface              = (*List)(nil)
)

var errNoKind = errors.New("the object has no kind: it was not made by Kind.NewObject")

// NewObject returns an empty object of the kind.
func (k *Kind) NewObject() *Object {
	return &Object{TypeMeta: metav1.TypeMeta{Kind: k.gvk.Kind, APIVersion: k.apiVersion}, kind: k}
}

// NewList returns an empty list of the kind.
func (k *Kind) NewList() *List {
	return &List{TypeMeta: metav1.TypeMeta{Kind: k.listGVK.Kind, APIVersion: k.apiVersion}}
}

// DeepCopyObject returns a copy that shares the immutable body.
func (o *Object) DeepCopyObject() runtime.Object { return o.DeepCopy() }

// DeepCopy returns a copy that shares the immutable body.
func (o *Object) DeepCopy() *Object {
	if o == nil {
		return nil
	}
	copied := new(Object)
	o.DeepCopyInto(copied)
	return copied
}

// DeepCopyInto copies the object into another one.
func (o *Object) DeepCopyInto(into *Object) {
	*into = *o
	o.ObjectMeta.DeepCopyInto(&into.ObjectMeta)
}

// DeepCopyObject returns a copy whose items share their immutable bodies.
func (l *List) DeepCopyObject() runtime.Object {
	if l == nil {
		return nil
	}
	copied := &List{TypeMeta: l.TypeMeta, ListMeta: *l.ListMeta.DeepCopy()}
	if l.Items != nil {
		copied.Items = make([]Object, len(l.Items))
	}
	for i := range l.Items {
		l.Items[i].DeepCopyInto(&copied.Items[i])
	}
	return copied
}

// Reset makes the object an empty one of the same kind.
func (o *Object) Reset() { *o = Object{kind: o.kind, TypeMeta: o.TypeMeta} }

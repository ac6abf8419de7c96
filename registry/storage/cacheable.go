package storage

import (
	"bytes"
	"io"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// sharedObject is an object of an event that many watchers send. Each encoder encodes
// it once, whoever comes first. It must not be changed.
type sharedObject struct {
	object runtime.Object
	// home keeps the place where others find this object from being freed.
	home *mirror.Shared

	mu        sync.Mutex
	encodings map[runtime.Identifier]*encoding
}

type encoding struct {
	once  sync.Once
	bytes []byte
	err   error
}

var (
	_ runtime.CacheableObject   = (*sharedObject)(nil)
	_ metav1.ObjectMetaAccessor = (*sharedObject)(nil)
)

// CacheEncode implements runtime.CacheableObject.
func (o *sharedObject) CacheEncode(id runtime.Identifier, encode func(runtime.Object, io.Writer) error, w io.Writer) error {
	cached := o.encoding(id)
	cached.once.Do(func() {
		var buffer bytes.Buffer
		// Encoders set the kind of what they encode, so they get a copy.
		cached.err = encode(o.GetObject(), &buffer)
		cached.bytes = buffer.Bytes()
	})
	if cached.err != nil {
		return cached.err
	}
	if splicer, ok := w.(runtime.Splice); ok {
		splicer.Splice(cached.bytes)
		return nil
	}
	_, err := w.Write(cached.bytes)
	return err
}

func (o *sharedObject) encoding(id runtime.Identifier) *encoding {
	o.mu.Lock()
	defer o.mu.Unlock()
	if cached, ok := o.encodings[id]; ok {
		return cached
	}
	if o.encodings == nil {
		o.encodings = map[runtime.Identifier]*encoding{}
	}
	cached := &encoding{}
	o.encodings[id] = cached
	return cached
}

// GetObject implements runtime.CacheableObject: a copy that the caller may change.
func (o *sharedObject) GetObject() runtime.Object { return o.object.DeepCopyObject() }

// GetObjectKind implements runtime.Object.
func (o *sharedObject) GetObjectKind() schema.ObjectKind { return o.object.GetObjectKind() }

// DeepCopyObject implements runtime.Object: a plain object, no longer shared.
func (o *sharedObject) DeepCopyObject() runtime.Object { return o.object.DeepCopyObject() }

// GetObjectMeta implements metav1.ObjectMetaAccessor, for reading.
func (o *sharedObject) GetObjectMeta() metav1.Object {
	accessor, err := meta.Accessor(o.object)
	if err != nil {
		return nil
	}
	return accessor
}

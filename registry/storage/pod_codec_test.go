package storage_test

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/apitesting"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apiserver/pkg/apis/example"
	examplev1 "k8s.io/apiserver/pkg/apis/example/v1"
	apistorage "k8s.io/apiserver/pkg/storage"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
	"k8s.io/apiserver/pkg/storage/value"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// podSchema is what upstream's example.Pod is stored as: its encoded and transformed
// bytes, as upstream's etcd3 store keeps them.
var podSchema = adapters.Schema{
	Key: []adapters.Field{
		{Name: "namespace", Type: adapters.StringType, Required: true},
		{Name: "name", Type: adapters.StringType, Required: true},
	},
	Fields: []adapters.Field{
		{Name: "data", Type: adapters.BytesType, Required: true},
		{Name: "rewrites", Type: adapters.IntegerType},
	},
}

// podCodec is a storage.Codec of example.Pod. Its transformer can be exchanged, as
// upstream's tests demand.
type podCodec struct {
	codec runtime.Codec

	mu          sync.Mutex
	transformer value.Transformer
	// stale is true where the transformer calls everything that it reads stale.
	stale    bool
	rewrites int64
}

// podImage is a stored Pod, not yet decoded: what upstream calls corrupt shows itself
// at reading.
type podImage struct {
	key    string
	record adapters.Record
}

// authenticatedKey is what upstream's transformers are given besides the bytes.
type authenticatedKey string

func (k authenticatedKey) AuthenticatedData() []byte { return []byte(k) }

func newPodCodec() *podCodec {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, metav1.SchemeGroupVersion)
	utilruntime.Must(example.AddToScheme(scheme))
	utilruntime.Must(examplev1.AddToScheme(scheme))
	return &podCodec{
		codec:       apitesting.TestCodec(serializer.NewCodecFactory(scheme), examplev1.SchemeGroupVersion),
		transformer: storagetesting.NewPrefixTransformer([]byte("stored!"), false),
	}
}

func (c *podCodec) current() value.Transformer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.transformer
}

// exchange makes another transformer the current one, and returns a function that puts
// the old one back.
func (c *podCodec) exchange(transformer value.Transformer) (restore func()) {
	before := c.current()
	c.set(transformer)
	return func() { c.set(before) }
}

func (c *podCodec) set(transformer value.Transformer) {
	stale := isStale(transformer)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transformer, c.stale = transformer, stale
}

// isStale reads something by one of upstream's simple transformers.
func isStale(transformer value.Transformer) bool {
	prefix, ok := transformer.(*storagetesting.PrefixTransformer)
	if !ok {
		return false
	}
	defer prefix.GetReadsAndReset()
	written, err := prefix.TransformToStorage(context.Background(), []byte("probe"), authenticatedKey(""))
	if err != nil {
		return false
	}
	_, stale, err := prefix.TransformFromStorage(context.Background(), written, authenticatedKey(""))
	return stale && err == nil
}

// ObjectKey joins what RecordKey has cut.
func (c *podCodec) ObjectKey(key adapters.Key) (string, error) {
	if len(key) != 2 {
		return "", fmt.Errorf("the key has %d values instead of 2", len(key))
	}
	return key[0].Text() + key[1].Text(), nil
}

// RecordKey cuts after the last slash, so that it takes any key that upstream's tests
// come up with.
func (c *podCodec) RecordKey(objectKey string) (adapters.Key, error) {
	cut := strings.LastIndexByte(objectKey, '/') + 1
	return adapters.Key{adapters.String(objectKey[:cut]), adapters.String(objectKey[cut:])}, nil
}

func (c *podCodec) Image(record adapters.Record, _ adapters.Revision) (any, int, error) {
	key, err := c.ObjectKey(record.Key)
	if err != nil {
		return nil, 0, err
	}
	return &podImage{key: key, record: record}, len(record.Values[0].Text()), nil
}

func (c *podCodec) Object(image any, revision adapters.Revision) (runtime.Object, error) {
	pod := image.(*podImage)
	data, _, err := c.current().TransformFromStorage(context.Background(), []byte(pod.record.Values[0].Text()), authenticatedKey("/pods/"+pod.key))
	if err != nil {
		return nil, err
	}
	obj, err := runtime.Decode(c.codec, data)
	if err != nil {
		return nil, err
	}
	return obj, apistorage.APIObjectVersioner{}.UpdateObject(obj, uint64(revision))
}

func (c *podCodec) Record(image any) (adapters.Record, error) { return image.(*podImage).record, nil }

func (c *podCodec) Encode(ctx context.Context, obj runtime.Object) (adapters.Record, error) {
	encoded, err := runtime.Encode(c.codec, obj)
	if err != nil {
		return adapters.Record{}, err
	}
	data, err := c.current().TransformToStorage(ctx, encoded, authenticatedKey("/pods/"))
	if err != nil {
		return adapters.Record{}, err
	}
	return adapters.Record{Values: []adapters.Value{adapters.Bytes(string(data)), adapters.Int(c.countRewrites())}}, nil
}

// countRewrites counts up while the transformer calls everything stale: such bytes are
// to be written again although they are the same.
func (c *podCodec) countRewrites() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stale {
		c.rewrites++
	}
	return c.rewrites
}

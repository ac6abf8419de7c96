package differential

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	apistorage "k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// podSchema: a pod is stored as its encoded bytes.
var podSchema = adapters.Schema{
	Key:    []adapters.Field{{Name: "key", Type: adapters.StringType, Required: true}},
	Fields: []adapters.Field{{Name: "data", Type: adapters.BytesType, Required: true}},
}

// bridge is the bridge's storage over the memory adapter.
func bridge() implementation {
	return implementation{name: "bridge", start: func(t testing.TB) (*subject, error) {
		adapter := memory.New(memory.Config{Schema: podSchema})
		followed, err := mirror.New(mirror.Config{Name: "pods", Adapter: adapter, Projector: podRecords{}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- followed.Run(ctx) }()
		stop := func() error { cancel(); return <-ended }
		store, err := newBridgeStore(ctx, adapter, followed)
		if err != nil {
			return nil, fmt.Errorf("%w (%v)", err, stop())
		}
		return &subject{
			name:  "bridge",
			store: store,
			compact: func(_ context.Context, revision uint64) error {
				followed.Compact(adapters.Revision(revision))
				return nil
			},
			close: stop,
		}, nil
	}}
}

func newBridgeStore(ctx context.Context, adapter adapters.Adapter, followed *mirror.Mirror) (*storage.Store, error) {
	store, err := storage.New(storage.Config{
		GroupResource: podResource,
		Prefix:        resourcePrefix,
		Adapter:       adapter,
		Mirror:        followed,
		Codec:         podRecords{},
		NewFunc:       newPod,
		NewListFunc:   newPodList,
	})
	if err != nil {
		return nil, err
	}
	return store, followed.WaitSynced(ctx)
}

// podRecords converts between records and pods.
type podRecords struct{}

func (podRecords) ObjectKey(key adapters.Key) (string, error) { return key[0].Text(), nil }

func (podRecords) RecordKey(objectKey string) (adapters.Key, error) {
	return adapters.Key{adapters.String(objectKey)}, nil
}

func (podRecords) Image(record adapters.Record, _ adapters.Revision) (any, int, error) {
	return record, len(record.Values[0].Text()), nil
}

func (podRecords) Object(image any, revision adapters.Revision) (runtime.Object, error) {
	pod, err := runtime.Decode(podCodec, []byte(image.(adapters.Record).Values[0].Text()))
	if err != nil {
		return nil, err
	}
	return pod, apistorage.APIObjectVersioner{}.UpdateObject(pod, uint64(revision))
}

func (podRecords) Record(image any) (adapters.Record, error) { return image.(adapters.Record), nil }

func (podRecords) Encode(_ context.Context, object runtime.Object) (adapters.Record, error) {
	data, err := runtime.Encode(podCodec, object)
	if err != nil {
		return adapters.Record{}, err
	}
	return adapters.Record{Values: []adapters.Value{adapters.Bytes(string(data))}}, nil
}

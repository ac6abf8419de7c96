package differential

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/apiserver/pkg/storage/etcd3/testserver"
	"k8s.io/apiserver/pkg/storage/value/encrypt/identity"
	"k8s.io/utils/clock"
)

// upstream is one embedded etcd, used by one test at a time, so that nobody else's
// writes move its revision.
type upstream struct {
	client    *kubernetes.Client
	prefixes  atomic.Int64
	versioner storage.APIObjectVersioner
}

func startUpstream(t testing.TB) *upstream {
	client := testserver.RunEtcd(t, nil)
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return &upstream{client: client}
}

// etcd3Store is an etcd3 store under a prefix that was never used before.
type etcd3Store struct {
	storage.Interface
	close func()
}

func (u *upstream) newStore() (*etcd3Store, error) {
	prefix := fmt.Sprintf("/sequence-%d", u.prefixes.Add(1))
	compactor := etcd3.NewCompactor(u.client.Client, 0, clock.RealClock{}, nil)
	store, err := etcd3.New(u.client, compactor, podCodec, newPod, newPodList, prefix, resourcePrefix, podResource,
		identity.NewEncryptCheckTransformer(), etcd3.NewDefaultLeaseManagerConfig(),
		etcd3.NewDefaultDecoder(podCodec, u.versioner), u.versioner)
	if err != nil {
		compactor.Stop()
		return nil, err
	}
	return &etcd3Store{Interface: store, close: func() { store.Close(); compactor.Stop() }}, nil
}

// direct is the etcd3 store by itself.
func (u *upstream) direct() implementation {
	return implementation{name: "etcd3", start: func(testing.TB) (*subject, error) {
		store, err := u.newStore()
		if err != nil {
			return nil, err
		}
		return &subject{
			name:    "etcd3",
			store:   store.Interface,
			compact: u.compact,
			close:   func() error { store.close(); return nil },
		}, nil
	}}
}

// compact forgets the history up to a revision, which an earlier sequence may have done
// already.
func (u *upstream) compact(ctx context.Context, revision uint64) error {
	_, err := u.client.Compact(ctx, int64(revision))
	if errors.Is(err, rpctypes.ErrCompacted) {
		return nil
	}
	return err
}

// cached is the etcd3 store behind the watch cache, as kube-apiserver uses it.
func (u *upstream) cached() implementation {
	return implementation{name: "cacher", start: func(t testing.TB) (*subject, error) {
		store, err := u.newStore()
		if err != nil {
			return nil, err
		}
		cache, err := cacher.NewCacherFromConfig(cacher.Config{
			Storage:             store.Interface,
			Versioner:           u.versioner,
			GroupResource:       podResource,
			EventsHistoryWindow: cacher.DefaultEventFreshDuration,
			ResourcePrefix:      resourcePrefix,
			KeyFunc:             func(o runtime.Object) (string, error) { return storage.NamespaceKeyFunc(resourcePrefix, o) },
			GetAttrsFunc:        podAttributes,
			NewFunc:             newPod,
			NewListFunc:         newPodList,
			Codec:               podCodec,
			Clock:               clock.RealClock{},
		})
		if err != nil {
			store.close()
			return nil, err
		}
		if err := cache.Wait(t.Context()); err != nil {
			return nil, fmt.Errorf("watch cache: %w", err)
		}
		delegator := cacher.NewCacheDelegator(cache, store.Interface)
		return &subject{
			name:   "cacher",
			store:  delegator,
			settle: func(ctx context.Context, revision string) error { return settleCache(ctx, delegator, revision) },
			close: func() error {
				delegator.Stop()
				cache.Stop()
				store.close()
				return nil
			},
		}, nil
	}}
}

// settleCache waits until the cache has reached a revision: it follows etcd with a
// delay of milliseconds, in which its answers to resourceVersion=0 are a matter of luck.
func settleCache(ctx context.Context, store storage.Interface, revision string) error {
	options := storage.GetOptions{ResourceVersion: revision, IgnoreNotFound: true}
	return store.Get(ctx, place{namespace: "settle", name: "settle"}.key(), options, &example.Pod{})
}

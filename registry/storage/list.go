package storage

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// checkEvery is how many objects are looked at between two looks at the context.
const checkEvery = 1024

// GetList implements storage.Interface.
func (s *Store) GetList(ctx context.Context, key string, opts storage.ListOptions, listObj runtime.Object) error {
	list, err := s.newListing(key, opts, listObj)
	if err != nil {
		return err
	}
	snapshot, err := list.snapshot(ctx)
	if err != nil {
		return err
	}
	if err := list.collect(ctx, snapshot); err != nil {
		return err
	}
	return list.finish(snapshot)
}

// listing is one list request on its way.
type listing struct {
	store *Store
	opts  storage.ListOptions
	// prefix is the storage key that the list is of, continueKey where it goes on, both
	// with the store's prefix.
	prefix      string
	continueKey string
	// keys are the object keys to look at.
	keys span
	// at is the revision that the list must be exact at, or zero.
	at adapters.Revision

	object runtime.Object
	items  reflect.Value
	// last is the last object key looked at, and more whether others follow it.
	last string
	more bool
}

func (s *Store) newListing(key string, opts storage.ListOptions, listObj runtime.Object) (*listing, error) {
	prefix, err := storage.PrepareKey(s.config.Prefix, key, opts.Recursive)
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(listObj)
	if err != nil {
		return nil, err
	}
	if _, err := s.parseRevision(opts.ResourceVersion); err != nil {
		return nil, err
	}
	at, continueKey, err := storage.ValidateListOptions(prefix, s.versioner, opts)
	if err != nil {
		return nil, err
	}
	l := &listing{store: s, opts: opts, prefix: prefix, continueKey: continueKey, at: adapters.Revision(at), object: listObj, items: items}
	l.keys = s.spanFor(prefix, opts)
	if continueKey != "" {
		l.keys = l.keys.startAt(strings.TrimPrefix(continueKey, s.config.Prefix))
	}
	return l, nil
}

func itemsOf(listObj runtime.Object) (reflect.Value, error) {
	pointer, err := meta.GetItemsPtr(listObj)
	if err != nil {
		return reflect.Value{}, err
	}
	items, err := conversion.EnforcePtr(pointer)
	if err != nil || items.Kind() != reflect.Slice {
		return reflect.Value{}, fmt.Errorf("need ptr to slice: %w", err)
	}
	return items, nil
}

// spanFor returns the object keys that a list or watch has to look at. A selector that
// allows one namespace only spares the others.
func (s *Store) spanFor(prefix string, opts storage.ListOptions) span {
	objectPrefix := strings.TrimPrefix(prefix, s.config.Prefix)
	if !opts.Recursive {
		return span{from: objectPrefix, to: objectPrefix + "\x00"}
	}
	if s.config.Namespaced && objectPrefix == "" && opts.Predicate.Field != nil {
		if namespace, ok := opts.Predicate.Field.RequiresExactMatch("metadata.namespace"); ok && namespace != "" {
			objectPrefix = namespace + "/"
		}
	}
	return spanOf(objectPrefix)
}

// snapshot returns the state to list, as the resourceVersion and its match demand.
func (l *listing) snapshot(ctx context.Context) (*mirror.Snapshot, error) {
	switch {
	case l.at != 0:
		snapshot, err := l.store.exactly(ctx, l.at)
		if adapters.Is(err, adapters.Expired) {
			return nil, l.expired()
		}
		if err != nil {
			return nil, l.store.readError(err)
		}
		return snapshot, nil
	case l.continueKey != "", l.opts.ResourceVersion == "":
		return l.store.consistent(ctx)
	default:
		revision, err := l.store.parseRevision(l.opts.ResourceVersion)
		if err != nil {
			return nil, err
		}
		return l.store.notOlderThan(ctx, revision)
	}
}

// expired is the error for a revision that history doesn't reach back to. A paged list
// gets a token with which it can go on at the present revision.
func (l *listing) expired() error {
	if l.continueKey == "" {
		return apierrors.NewResourceExpired(listExpired)
	}
	token, err := storage.EncodeContinue(l.continueKey, l.prefix, -1)
	if err != nil {
		return apierrors.NewResourceExpired(listExpired)
	}
	status := apierrors.NewResourceExpired(continueExpired)
	status.ErrStatus.ListMeta.Continue = token
	return status
}

// collect fills the list with the objects that the predicate selects, up to its limit.
func (l *listing) collect(ctx context.Context, snapshot *mirror.Snapshot) error {
	limit, all := int(l.opts.Predicate.Limit), l.opts.Predicate.Empty()
	if all {
		l.grow(snapshot, limit)
	}
	var failure error
	looked := 0
	snapshot.Ascend(l.keys.from, l.keys.to, func(entry *mirror.Entry) bool {
		if limit > 0 && l.items.Len() >= limit {
			l.more = true
			return false
		}
		if looked++; looked%checkEvery == 0 && ctx.Err() != nil {
			failure = storage.NewTimeoutError(l.store.storageKey(entry.Key), "request did not complete within requested timeout")
			return false
		}
		l.last = entry.Key
		failure = l.add(entry, all)
		return failure == nil
	})
	return failure
}

// grow makes room for all items at once.
func (l *listing) grow(snapshot *mirror.Snapshot, limit int) {
	count := snapshot.Count(l.keys.from, l.keys.to)
	if limit > 0 {
		count = min(count, limit)
	}
	l.items.Set(reflect.MakeSlice(l.items.Type(), 0, count))
}

func (l *listing) add(entry *mirror.Entry, all bool) error {
	if all && l.store.appender != nil {
		if err := l.store.appender.Append(l.object, entry.Image, entry.Revision); err != nil {
			return l.store.corrupt(entry.Key, err)
		}
		return nil
	}
	obj, err := l.store.object(entry, entry.Revision)
	if err != nil {
		return err
	}
	if !all {
		matches, err := l.opts.Predicate.Matches(obj)
		if err != nil || !matches {
			return nil //nolint:nilerr // as upstream: what has no attributes matches no selector
		}
	}
	value := reflect.ValueOf(obj)
	if value.Kind() != reflect.Pointer || value.Elem().Type() != l.items.Type().Elem() {
		return fmt.Errorf("a list of %s cannot hold objects of type %T", l.items.Type().Elem(), obj)
	}
	l.items.Set(reflect.Append(l.items, value.Elem()))
	return nil
}

// finish sets the list's metadata, and keeps the snapshot for the pages that follow.
func (l *listing) finish(snapshot *mirror.Snapshot) error {
	if l.items.IsNil() {
		l.items.Set(reflect.MakeSlice(l.items.Type(), 0, 0))
	}
	count := 0
	if l.more {
		count = snapshot.Count(l.keys.from, l.keys.to)
		l.store.mirror.Pin(snapshot)
	}
	token, remaining, err := storage.PrepareContinueToken(l.store.storageKey(l.last), l.prefix, int64(snapshot.Revision()), int64(count), l.more, l.opts)
	if err != nil {
		return err
	}
	if err := l.store.versioner.UpdateList(l.object, uint64(snapshot.Revision()), token, remaining); err != nil {
		return err
	}
	l.opts.Predicate.SetShardInfoOnList(l.object)
	return nil
}

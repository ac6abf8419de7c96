package storage

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

// Config says what a [Store] serves, and from where.
type Config struct {
	// GroupResource and GroupKind name the resource in errors. Required, but
	// GroupKind.Kind defaults to the resource's name.
	GroupResource schema.GroupResource
	GroupKind     schema.GroupKind
	// Prefix of all storage keys, such as "/customers/". Required.
	Prefix string
	// Namespaced is true where object keys are "namespace/name".
	Namespaced bool
	// GeneratedKey is true where the backend makes the keys of new records.
	GeneratedKey bool

	// Adapter is written to, and asked how far the backend has come. Required.
	Adapter adapters.Adapter
	// Mirror follows the same adapter. Required; whoever made it runs it.
	Mirror *mirror.Mirror
	// Codec is the mirror's projector. Required.
	Codec Codec
	// NewFunc and NewListFunc return an empty object and an empty list. Required.
	NewFunc     func() runtime.Object
	NewListFunc func() runtime.Object

	// RevisionWait is how long a read waits for the revision that it asks for: 3 s by
	// default, as upstream.
	RevisionWait time.Duration
	// ConsistentWait is how long a consistent read waits, for the backend's answer and
	// then for the mirror: 10 s by default.
	ConsistentWait time.Duration
	// WriteWait is how long a committed write waits for its own event, where the
	// request has no earlier deadline: 30 s by default.
	WriteWait time.Duration
	// BookmarkPeriod is the time between two bookmarks, with jitter: 1 min by default.
	BookmarkPeriod time.Duration
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	if c.Adapter == nil || c.Mirror == nil || c.Codec == nil || c.NewFunc == nil || c.NewListFunc == nil {
		return c, fmt.Errorf("storage of %s: Config.Adapter, Mirror, Codec, NewFunc and NewListFunc are required", c.GroupResource)
	}
	if len(c.Prefix) < 3 || !strings.HasPrefix(c.Prefix, "/") || !strings.HasSuffix(c.Prefix, "/") {
		return c, fmt.Errorf("storage of %s: Config.Prefix %q must begin and end with a slash, with a name in between", c.GroupResource, c.Prefix)
	}
	if c.GroupKind.Kind == "" {
		c.GroupKind = schema.GroupKind{Group: c.GroupResource.Group, Kind: c.GroupResource.Resource}
	}
	c.RevisionWait = orDefault(c.RevisionWait, 3*time.Second)
	c.ConsistentWait = orDefault(c.ConsistentWait, 10*time.Second)
	c.WriteWait = orDefault(c.WriteWait, 30*time.Second)
	c.BookmarkPeriod = orDefault(c.BookmarkPeriod, time.Minute)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = c.Logger.With("resource", c.GroupResource.String())
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

func orDefault(given, otherwise time.Duration) time.Duration {
	if given > 0 {
		return given
	}
	return otherwise
}

// Store is a storage.Interface on a mirror and an adapter.
type Store struct {
	config    Config
	mirror    *mirror.Mirror
	codec     Codec
	versioner storage.APIObjectVersioner
	head      *sharedHead

	// The optional abilities of the adapter and the codec, nil where it has them not.
	writer   adapters.Writer
	keyHead  adapters.KeyHead
	checker  adapters.RevisionChecker
	expirer  adapters.Expirer
	appender ListAppender
}

var _ storage.Interface = (*Store)(nil)

// New returns a store. Nothing is asked of the backend.
func New(config Config) (*Store, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		config: config,
		mirror: config.Mirror,
		codec:  config.Codec,
		head:   newSharedHead(config.Adapter.Head, config.ConsistentWait),
	}
	s.writer, _ = config.Adapter.(adapters.Writer)
	s.keyHead, _ = config.Adapter.(adapters.KeyHead)
	s.checker, _ = config.Adapter.(adapters.RevisionChecker)
	s.expirer, _ = config.Adapter.(adapters.Expirer)
	s.appender, _ = config.Codec.(ListAppender)
	return s, nil
}

// Versioner implements storage.Interface.
func (s *Store) Versioner() storage.Versioner { return s.versioner }

// ReadinessCheck implements storage.Interface: ready after the first full state.
func (s *Store) ReadinessCheck() error {
	if s.ready() != nil {
		return storage.ErrStorageNotReady
	}
	return nil
}

// GetCurrentResourceVersion implements storage.Interface: it asks the backend.
func (s *Store) GetCurrentResourceVersion(ctx context.Context) (uint64, error) {
	revision, err := s.head.get(ctx)
	if err != nil {
		return 0, s.readError(err)
	}
	return uint64(revision), nil
}

// RequestWatchProgress implements storage.Interface.
func (s *Store) RequestWatchProgress(context.Context) error {
	s.mirror.RequestProgress()
	return nil
}

// CompactRevision implements storage.Interface.
func (s *Store) CompactRevision() int64 { return int64(s.mirror.Compacted()) }

// EnableResourceSizeEstimation implements storage.Interface. Sizes are always known.
func (s *Store) EnableResourceSizeEstimation(storage.KeysFunc) error { return nil }

// Stats implements storage.Interface: the exact number and mean size of the objects.
func (s *Store) Stats(context.Context) (storage.Stats, error) {
	objects, bytes := s.mirror.Size()
	stats := storage.Stats{ObjectCount: int64(objects)}
	if objects > 0 {
		stats.EstimatedAverageObjectSizeBytes = bytes / int64(objects)
	}
	return stats, nil
}

package adaptertest

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Harness connects the suite with one implementation.
type Harness struct {
	// Open makes an empty backend of its own for each test, and ends it with the test.
	// What several tests share (a server) is started before Run, so that it is not
	// taken for a leak.
	Open func(t *testing.T, resource Resource) Backend
	// Types that the implementation supports. Nil is all of them.
	Types []adapters.Type
	// Timeout is how long a delivery may take before the test fails. It defaults to
	// 30 seconds.
	Timeout time.Duration
	// Seed of the random histories. Zero takes one from the clock; it is logged.
	Seed uint64
	// IgnoreGoroutines says which goroutines are not leaks.
	IgnoreGoroutines []goleak.Option
}

// Resource is what a test needs to exist in the backend. Field names are plain
// lower-case words, usable as column names.
type Resource struct {
	// Schema of the records. Keys are compared byte by byte. A ListType field holds
	// values of [Tags], in that order.
	Schema adapters.Schema
	// Unique names fields that no two records may share.
	Unique []string
	// GeneratedKey: the backend generates the keys.
	GeneratedKey bool
}

// Tags are the values that lists of strings hold.
var Tags = []string{"red", "green", "blue"}

// Backend is one resource. Only Adapter and Foreign are required: tests of what is
// missing are skipped.
type Backend struct {
	// Adapter under test; it may also be a Writer and have the optional abilities.
	Adapter adapters.Adapter
	// Foreign is the legacy application.
	Foreign Foreign

	// MoveRevision makes the backend's revision move without a change of this resource.
	MoveRevision func(t *testing.T)
	// Restart ends the backend as a crash would and starts it again, data intact.
	Restart func(t *testing.T)
	// Disconnect makes the backend unreachable, and Reconnect reachable again.
	Disconnect, Reconnect func(t *testing.T)
	// Reopen returns another adapter for the same resource, as another process has it.
	Reopen func(t *testing.T) adapters.Adapter
	// LosePosition makes the backend forget its history up to now.
	LosePosition func(t *testing.T)
}

// Foreign is the legacy application: it writes to the backend directly and knows
// nothing of the bridge. It is safe for concurrent use, and where the backend makes
// it wait or start over (a deadlock), it does.
type Foreign interface {
	// Transaction commits together what do does, or rolls it back and returns the
	// error that do returned. do may be called several times.
	Transaction(ctx context.Context, do func(tx ForeignTransaction) error) error
	// Records reads everything that the backend has.
	Records(ctx context.Context) ([]adapters.Record, error)
}

// ForeignTransaction changes records without comparing. Read-only fields are written too.
type ForeignTransaction interface {
	Insert(record adapters.Record) error
	// Update replaces the values of the record with this key, which exists.
	Update(record adapters.Record) error
	// Delete removes the record with this key, which exists.
	Delete(key adapters.Key) error
	// ChangeKey gives the record with the key from, which exists, the free key to.
	ChangeKey(from, to adapters.Key) error
}

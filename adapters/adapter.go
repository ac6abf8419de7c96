package adapters

import "context"

// Adapter gives access to one resource of one backend. All methods are safe for
// concurrent use. Whoever opened the backend closes it; an Adapter itself holds
// nothing that outlives the contexts passed to it.
type Adapter interface {
	// Capabilities says what this backend cannot do. The answer never changes
	// during the life of the adapter and needs no connection.
	Capabilities() Capabilities

	// Sync follows the backend and tells sink everything, until ctx ends.
	//
	// Start: if from is the revision of an earlier delivery that the backend's
	// history still reaches, delivery begins with the first change after from, and
	// nothing is reset. Otherwise (from is zero, too old, or not of this history)
	// delivery begins with [Sink.Reset], the full state in any number of
	// [Sink.Load] calls, and [Sink.Loaded].
	//
	// Order: every committed change is delivered exactly once, in commit order, each
	// with a revision higher than everything delivered before. Changes committed
	// together are delivered in one [Sink.Apply] call, at most one for each key: states
	// that a transaction had only for itself are never delivered (see [MergeChanges]).
	//
	// Lag: delivery may lag behind the commit, never without bound while the backend
	// is reachable. After [Adapter.Head] returned a revision, a change or a progress
	// mark at or above it follows without further commits.
	//
	// Faults: a lost connection is reported by [Sink.Unwell] and mended by the
	// adapter, with backoff. Where the history cannot be continued exactly, the
	// adapter cuts it: it delivers Reset, Load and Loaded again.
	//
	// End: Sync returns nil only when ctx has ended. Any other return is an error;
	// one of code [Expired] says that the position is lost and the next Sync must
	// start from zero, every other one that the caller may call Sync again from the
	// last revision delivered. Sink methods are never called after Sync returned.
	// At most one Sync of an adapter runs at a time.
	Sync(ctx context.Context, from Revision, sink Sink) error

	// Head returns a revision that covers every commit that finished before the
	// call: once Sync has delivered a change or a progress mark at or above it, the
	// sink has seen all of them. It asks the backend, and fails with [Unavailable] or
	// [Timeout] when it cannot.
	Head(ctx context.Context) (Revision, error)

	// Get reads one record from the backend itself, not from any cache.
	// It fails with [NotFound] when there is none.
	Get(ctx context.Context, key Key) (Record, error)
}

// Sink receives what [Adapter.Sync] delivers. Its methods are called from one
// goroutine at a time and may block to slow the adapter down; a blocked call returns
// when the context given to Sync ends. Slices belong to the caller again when the
// method returns; the records in them are immutable and may be kept.
type Sink interface {
	// Reset announces that a full state follows. Until Loaded, the sink keeps serving
	// what it had. reason is for a person: what made the history unusable.
	Reset(reason string)
	// Load delivers records of the full state, each key at most once, and none whose
	// key was in an Apply since Reset.
	Load(records []VersionedRecord)
	// Loaded ends the full state and makes it the present one.
	Loaded(state State)
	// Apply delivers changes that were committed together, in order.
	//
	// Between Reset and Loaded it amends the full state under way: an adapter that
	// reads records while its history goes on delivers what the history says on top.
	// Each After then replaces what was loaded for its key, a deletion removes it, and
	// Before may say something else than what was loaded. Such changes are part of the
	// state, not of the history: their revisions are at most State.At.
	Apply(changes []Change)
	// Progress says that everything committed up to revision has been delivered.
	Progress(revision Revision)
	// Unwell says that the feed cannot follow the backend at the moment, and why.
	// The next call of any other method ends that condition.
	Unwell(err error)
}

// VersionedRecord is a record and the revision of the last change to it, or the
// revision of the full state where the backend doesn't know that.
type VersionedRecord struct {
	Record   Record
	Revision Revision
}

// State says where a full state stands in the backend's history.
type State struct {
	// At is the revision that the full state is exact at.
	At Revision
	// Since is the revision of the resource's last change at or before At. A reader
	// that has seen everything up to Since has missed nothing. An adapter that
	// doesn't know it says At.
	Since Revision
}

// Change is one committed change of one record. A change of a record's key is two
// changes: a deletion and a creation.
type Change struct {
	// Revision of the change, unique within the resource.
	Revision Revision
	Key      Key
	// Before is the record before the change; nil where the record did not exist or
	// the backend doesn't tell (see [Capabilities.BeforeImages]).
	Before *Record
	// After is the record after the change, nil where it was deleted.
	After *Record
}

// Writer is an [Adapter] that can write.
//
// A write touches exactly one record and is atomic. It happens only if the
// backend's record still equals the one that the caller believes is there, else it
// fails with [Conflict] and nothing is written (see [Capabilities.AtomicWrites] for
// backends where another writer can slip in between).
//
// The [Receipt] of a successful write carries the revision at which the feed
// delivers it, so that the caller can wait for its own write. A write that had to
// be given up after it was sent, with an unknown outcome, fails with
// [Indeterminate]; one that is known to be committed but whose revision did not
// become known in time fails with [Unconfirmed].
type Writer interface {
	// Create adds a record. It fails with [Exists] where its key is taken. Where
	// the backend generates keys, Key is empty, or null in the generated part where
	// others are given, and the receipt's record has it.
	Create(ctx context.Context, record Record) (Receipt, error)
	// Update changes before into after; their keys are equal. It fails with [NotFound]
	// or [Conflict] where before is not what the backend has. Fields that are equal in
	// both are not written.
	Update(ctx context.Context, before, after Record) (Receipt, error)
	// Delete removes the record. It fails with [NotFound] or [Conflict] where before
	// is not what the backend has.
	Delete(ctx context.Context, before Record) (Receipt, error)
}

// Receipt is what a successful write returns.
type Receipt struct {
	// Record as stored: defaults, triggers and generated values included. After a
	// deletion, the record that was deleted.
	Record Record
	// Revision at which the feed delivers the change, or zero where the backend
	// found nothing to change and no change will be delivered.
	Revision Revision
}

// Capabilities declares what an adapter can and cannot do, so that the layers above
// degrade honestly and the conformance suite knows what to skip.
type Capabilities struct {
	// ExactHistory: every committed change is delivered, intermediate states
	// included. Without it, changes close to each other may be delivered as one.
	ExactHistory bool
	// BeforeImages: changes carry the record before them.
	BeforeImages bool
	// AtomicWrites: comparing and writing is one atomic step in the backend.
	AtomicWrites bool
	// StableRevisions: revisions mean the same to every process and after every
	// restart. Without it, the resource must be served by one process.
	StableRevisions bool
}

// Package mirror keeps a revisioned image of one resource of a backend, so that any
// number of readers cost the backend no more than one.
//
// A [Mirror] follows an adapters.Adapter and holds three things: the present state,
// an ordered copy-on-write tree by object key of which a [Snapshot] costs nothing;
// the history, a bounded ring of [Event] values with the object before and after
// each change; and the snapshots that paged lists began on. From these it answers
// reads of the present, reads at an exact revision, and watches from a revision.
//
// The adapter's feed is the only writer: state changes happen in the goroutine that
// calls the adapters.Sink. Readers hold the lock for as long as it takes to copy a
// pointer. A [Watcher] reads the history at its own pace, wakes with all others by
// one signal, and is told when the history has moved past it.
//
// The package knows records only through its [Projector], and Kubernetes not at all.
package mirror

// Package adapters is the contract between the Kubernetes side of the bridge and
// the legacy systems behind it.
//
// One [Adapter] serves one resource of one backend: the rows of a table, the
// messages of a gRPC service. It delivers the present state and every later change
// in commit order through a [Sink], answers where the backend's history stands
// ([Adapter.Head]), and reads single records. An adapter that can also write
// implements [Writer]; the other optional abilities are the small interfaces in
// optional.go, and what a backend cannot do at all is declared in [Capabilities].
//
// The package knows neither Kubernetes nor any backend, so that an adapter can be
// written from this page alone. adapters/memory is the readable reference, and
// adapters/adaptertest judges every implementation.
package adapters

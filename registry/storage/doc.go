// Package storage implements the storage interface of k8s.io/apiserver on a mirror
// and an adapter, and is the only package that knows that interface.
//
// Reads come from the mirror. A consistent read asks the backend how far it has come
// (adapters.Adapter.Head, one question for all who ask at the same time) and waits
// until the mirror is there. Writes go to the backend and wait for their own event, so
// that every later read shows them; what the backend refuses becomes the Status that
// a Kubernetes user knows, see errors.go.
//
// Where upstream's etcd3 store and its watch cache agree, this store does the same.
// Where they differ, it does what the watch cache promises, except that a limit is
// honoured at resourceVersion 0 too.
package storage

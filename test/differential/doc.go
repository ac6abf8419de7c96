// Package differential runs the same random sequences of operations against
// Kubernetes' own storage (the etcd3 store, and its watch cache, on an embedded etcd)
// and against the bridge's (the mirror over the memory adapter), and compares what
// each answered: objects, lists, pages, events, and the Status of every error.
//
// Revisions are compared by their place in the history: the nth event of a sequence
// has the same number everywhere, whatever revision a store gave it.
//
// What differs by design is listed in differences_test.go, with the reason. Anything
// else is a failure; it is shown as the shortest sequence found that shows it, with
// the seed that reproduces it:
//
//	go test ./... -rapid.checks=5000 -rapid.seed=42
package differential

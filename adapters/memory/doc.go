// Package memory is the reference adapter: a table in memory with a revision
// counter and a bounded log of its commits.
//
// It shows the whole contract of package adapters without a database in the way:
// table.go holds records and refuses what a table refuses, log.go remembers
// commits, sync.go delivers them, write.go compares and writes, transaction.go
// plays the legacy application that knows nothing of the bridge. [Faults] wraps an
// [Adapter] and breaks it on demand.
//
// The package starts no goroutines and needs no closing.
package memory

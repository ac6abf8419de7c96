// Package soak is a test that lets everything happen at once: a legacy application
// and Kubernetes clients write to the same table, informers and paged lists follow,
// and database, bridge and connections fail while they do. Afterwards every client's
// view is held against the table and against a ledger that triggers keep in the same
// transactions.
//
//	SOAK_DURATION=10m go test -v -run TestSoak -timeout 30m ./test/soak
package soak

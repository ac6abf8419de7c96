// Package server configures the generic API server that the declared kinds are
// installed in: command-line options, authentication, authorization, admission,
// audit, priority and fairness, tracing and graceful termination.
//
// There is no storage in it, and no etcd option: what the kinds are kept in is the
// business of the packages that install them.
package server

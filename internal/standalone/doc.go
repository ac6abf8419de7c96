// Package standalone makes everything that a server needs to run without a
// cluster: a certificate authority of its own, a serving certificate, an
// administrator's client certificate, and a kubeconfig that uses them.
//
// All of it lives in one directory and is used again at the next start, so that a
// kubeconfig stays valid across restarts.
package standalone

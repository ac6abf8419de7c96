// Package controlplane starts a real Kubernetes control plane for tests: etcd,
// kube-apiserver with an aggregation layer, and, where asked for,
// kube-controller-manager. Everything listens on loopback, keeps its files in one
// directory and is gone when the test process is gone, however it went.
//
// The programs are built once, from the versions in test/controlplane, into a cache
// directory of the user.
package controlplane

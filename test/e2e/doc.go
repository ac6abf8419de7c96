// Package e2e tells, as tests, what people and programs do with bridged rows in a real
// cluster: etcd, kube-apiserver, kube-controller-manager and kubectl from their own
// modules, MariaDB, and the bridge as the program that is shipped, registered through
// the aggregation layer.
package e2e

// Package bridge puts a server together: a mirror, a storage and an endpoint for each
// resource, in a generic API server. It knows no concrete adapter.
package bridge

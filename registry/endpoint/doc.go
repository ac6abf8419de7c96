// Package endpoint serves declared kinds over HTTP: it gives each one the request
// handlers of the upstream API server over a storage of ours, with the strategy that
// says what a write keeps, and publishes discovery and OpenAPI documents that come
// from the declaration alone, so that they never depend on a backend.
package endpoint

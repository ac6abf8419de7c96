// Package architecture holds the tests that keep the packages apart: which may import
// which, and why. It has no code of its own.
package architecture

// Package adaptertest is the contract of package adapters as a test suite. Every
// adapter passes it:
//
//	func TestAdapter(t *testing.T) {
//		adaptertest.Run(t, adaptertest.Harness{Open: open})
//	}
//
// A [Harness] makes empty backends and plays the legacy application that writes to
// them. What an adapter cannot do is declared in its Capabilities or left out of the
// [Backend]; the tests that need it are then skipped and say why.
package adaptertest

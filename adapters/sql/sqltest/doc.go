// Package sqltest starts real MariaDB servers for tests: in a temporary directory, on
// a loopback port, gone with the test and with the test process. It can kill, pause
// and restart them, cut their connections, and put a proxy in front that misbehaves.
//
// A package that uses [Shared] has
//
//	func TestMain(m *testing.M) { sqltest.Main(m) }
package sqltest

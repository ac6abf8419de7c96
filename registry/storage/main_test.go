package storage_test

import (
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// TestMain checks that no goroutine is left, too.
func TestMain(m *testing.M) { sqltest.Main(m) }

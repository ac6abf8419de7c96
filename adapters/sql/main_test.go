package sql_test

import (
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

func TestMain(m *testing.M) { sqltest.Main(m) }

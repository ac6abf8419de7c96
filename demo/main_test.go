package main

import (
	"database/sql/driver"
	"testing"

	"go.uber.org/goleak"
)

var errBadConnection = driver.ErrBadConn

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

//go:build !linux

package sqltest

import "syscall"

// dieWithParent has no equivalent here: a test process that crashes leaves its server.
func dieWithParent() *syscall.SysProcAttr { return nil }

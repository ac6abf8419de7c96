//go:build !linux

package soak

import "syscall"

// dieWithParent has no equivalent here: a test process that crashes leaves its bridge.
func dieWithParent() *syscall.SysProcAttr { return nil }

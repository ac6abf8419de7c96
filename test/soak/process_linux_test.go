package soak

import "syscall"

// dieWithParent lets the kernel end the bridge when the test process is gone.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

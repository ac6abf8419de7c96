package sqltest

import "syscall"

// dieWithParent lets the kernel end the server when the test process is gone, however
// it went.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

package controlplane

import "syscall"

// dieWithParent lets the kernel end the program when this process is gone, and keeps
// a Ctrl-C in the terminal from reaching it first.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

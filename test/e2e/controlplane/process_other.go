//go:build !linux

package controlplane

import "syscall"

// dieWithParent can only keep a Ctrl-C in the terminal from reaching the program
// first: no other system ends a child with its parent.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

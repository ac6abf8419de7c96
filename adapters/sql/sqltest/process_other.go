//go:build !linux

package sqltest

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
)

// dieWithParent has no equivalent here: a test process that crashes leaves its server.
func dieWithParent() *syscall.SysProcAttr { return nil }

// stopped reports whether a process has been stopped by a signal.
func stopped(pid int) (bool, error) {
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return false, fmt.Errorf("reading the state of the process: %w", err)
	}
	return bytes.HasPrefix(bytes.TrimSpace(state), []byte("T")), nil
}

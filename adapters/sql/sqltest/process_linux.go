package sqltest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dieWithParent lets the kernel end the server when the test process is gone, however
// it went.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

// stopped reports whether every thread of a process has been stopped by a signal: the
// signal returns before they are.
func stopped(pid int) (bool, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return false, err
	}
	for _, thread := range threads {
		content, err := os.ReadFile(thread)
		if err != nil {
			return false, fmt.Errorf("reading the state of a thread: %w", err)
		}
		// The state follows the name, which is in parentheses and may contain anything.
		state := bytes.TrimSpace(content[bytes.LastIndexByte(content, ')')+1:])
		if !bytes.HasPrefix(state, []byte("T")) {
			return false, nil
		}
	}
	return len(threads) > 0, nil
}

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	stopTimeout   = 30 * time.Second
	pollPause     = 50 * time.Millisecond
	logTailLength = 6000
)

// Process is a running program whose output goes to a file.
type Process struct {
	Name    string
	LogFile string

	command *exec.Cmd
	// exited is closed when the program is gone; failure is then how.
	exited  chan struct{}
	failure error
}

// StartProcess starts a program, and appends its output to NAME.log in the directory.
func StartProcess(directory, name string, command *exec.Cmd) (*Process, error) {
	process := &Process{
		Name:    name,
		LogFile: filepath.Join(directory, name+".log"),
		command: command,
		exited:  make(chan struct{}),
	}
	output, err := os.OpenFile(process.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = dieWithParent()
	started := make(chan error)
	go process.run(output, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return process, nil
}

// run keeps one thread for the program: the signal of dieWithParent comes when the
// thread that started the program ends.
func (p *Process) run(output *os.File, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer output.Close()
	err := p.command.Start()
	started <- err
	if err != nil {
		return
	}
	p.failure = p.command.Wait()
	close(p.exited)
}

// ID returns the process id.
func (p *Process) ID() int { return p.command.Process.Pid }

// Exited is closed when the program has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// WaitFor tries the probe until it succeeds, the program ends or ctx does. Goal
// completes the sentence 'the program did not …'.
func (p *Process) WaitFor(ctx context.Context, goal string, probe func(context.Context) error) error {
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended (%v) and did not %s; its log ends with:\n%s", p.Name, p.failure, goal, p.LogTail())
		case <-ctx.Done():
			return fmt.Errorf("%s did not %s: %w; its log ends with:\n%s", p.Name, goal, err, p.LogTail())
		case <-time.After(pollPause):
		}
	}
}

// LogTail returns the end of the program's output.
func (p *Process) LogTail() string {
	content, err := os.ReadFile(p.LogFile)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-logTailLength):])
}

// Stop asks the program to end, and waits. A program that doesn't is killed, which is
// an error.
func (p *Process) Stop() error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(stopTimeout):
	}
	return errors.Join(fmt.Errorf("%s did not end within %s and was killed", p.Name, stopTimeout), p.Kill())
}

// Kill ends the program at once, and waits.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.exited
	return nil
}

func (p *Process) signal(signal syscall.Signal) error {
	err := p.command.Process.Signal(signal)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s to %s: %w", signal, p.Name, err)
	}
	return nil
}

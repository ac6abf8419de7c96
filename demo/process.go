package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	processStopTimeout = 20 * time.Second
	processPollPause   = 50 * time.Millisecond
	logTailBytes       = 4000
)

// process is a running program whose output goes to a file.
type process struct {
	name    string
	command *exec.Cmd
	logFile string
	ended   chan struct{}
	failure error // set before ended is closed
}

func startProcess(name string, command *exec.Cmd, logFile string) (*process, error) {
	output, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", name, err)
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	// Ctrl-C reaches this program alone, which then stops the others in order.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	started := &process{name: name, command: command, logFile: logFile, ended: make(chan struct{})}
	go func() {
		defer close(started.ended)
		started.failure = command.Wait()
	}()
	return started, nil
}

// waitFor tries the probe until it succeeds, the program ends or ctx does.
func (p *process) waitFor(ctx context.Context, what string, probe func(context.Context) error) error {
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return p.endedEarly()
		case <-ctx.Done():
			return fmt.Errorf("%s did not %s: %w; its log is %s:\n%s", p.name, what, err, p.logFile, p.logTail())
		case <-time.After(processPollPause):
		}
	}
}

// supervise returns nil when ctx ends, and an error if the program ends before that.
func (p *process) supervise(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-p.ended:
		return p.endedEarly()
	}
}

func (p *process) endedEarly() error {
	return fmt.Errorf("%s ended unexpectedly (%v); its log is %s:\n%s", p.name, p.failure, p.logFile, p.logTail())
}

func (p *process) logTail() string {
	content, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	if len(content) > logTailBytes {
		content = content[len(content)-logTailBytes:]
	}
	return strings.TrimSpace(string(content))
}

// Close asks the program to end and waits; after a while it is killed.
func (p *process) Close() error {
	select {
	case <-p.ended:
		return p.endedEarly()
	default:
	}
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(processStopTimeout):
	}
	if err := p.command.Process.Kill(); err != nil {
		return fmt.Errorf("kill %s: %w", p.name, err)
	}
	<-p.ended
	return fmt.Errorf("%s did not stop within %s and was killed", p.name, processStopTimeout)
}

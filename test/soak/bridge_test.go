package soak

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// bridge is the product itself, as a program of its own.
type bridge struct {
	program   string
	directory string
	mapping   string
	dsn       string
	port      int

	command *exec.Cmd
	exited  chan struct{}
}

// buildBridge compiles the program and prepares a directory for it. With
// SOAK_RACE set, the program has the race detector in it; SOAK_WATCH is the watch mode
// of the backend.
func buildBridge(t *testing.T, dsn string) *bridge {
	t.Helper()
	directory := t.TempDir()
	b := &bridge{
		program: filepath.Join(directory, "bridge-apiserver"), directory: directory,
		mapping: filepath.Join(directory, "mapping.yaml"), dsn: dsn, port: freePort(t),
	}
	arguments := []string{"build", "-o", b.program}
	if os.Getenv("SOAK_RACE") != "" {
		arguments = append(arguments, "-race")
	}
	build := exec.CommandContext(t.Context(), "go", append(arguments, "github.com/bridge-apiserver/bridge-apiserver/cmd/bridge-apiserver")...)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the bridge: %v\n%s", err, output)
	}
	mapping := mappingYAML
	if mode := os.Getenv("SOAK_WATCH"); mode != "" {
		mapping = strings.Replace(mapping, "watch: Auto", "watch: "+mode, 1)
	}
	if err := os.WriteFile(b.mapping, []byte(mapping), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.kill)
	return b
}

// freePort picks a port below the range of outgoing connections, so that it is free
// again after a restart.
func freePort(t *testing.T) int {
	t.Helper()
	for port := 19_000; port < 20_000; port++ {
		listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("there is no free port between 19000 and 20000")
	return 0
}

func (b *bridge) address() string    { return net.JoinHostPort("127.0.0.1", strconv.Itoa(b.port)) }
func (b *bridge) kubeconfig() string { return filepath.Join(b.directory, "kubeconfig") }
func (b *bridge) logFile() string    { return filepath.Join(b.directory, "bridge.log") }

// start starts the program and waits until it is ready.
func (b *bridge) start(t *testing.T) {
	t.Helper()
	output, err := os.OpenFile(b.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	b.command = exec.Command(b.program, "serve", "--config", b.mapping, "--standalone", b.directory, "--secure-port", strconv.Itoa(b.port))
	b.command.Env = append(os.Environ(), "BRIDGE_SOAK_DSN="+b.dsn)
	b.command.Stdout, b.command.Stderr = output, output
	b.command.SysProcAttr = dieWithParent()
	b.exited = make(chan struct{})
	started := make(chan error)
	go func() {
		// The signal of dieWithParent comes when the thread ends that started the program.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(b.exited)
		err := b.command.Start()
		started <- err
		if err == nil {
			_ = b.command.Wait() // it is killed in the end, one way or the other
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("starting the bridge: %v", err)
	}
	if err := b.awaitReady(t.Context()); err != nil {
		t.Fatalf("starting the bridge: %v; its log ends with:\n%s", err, b.logTail())
	}
}

func (b *bridge) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := b.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-b.exited:
			return fmt.Errorf("the program ended: %s", b.command.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("it did not become ready: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (b *bridge) ready(ctx context.Context) error {
	probe, err := newClient(b.kubeconfig(), b.address(), contentJSON)
	if err != nil {
		return err
	}
	return probe.ready(ctx)
}

// kill ends the program as a crash would.
func (b *bridge) kill() {
	if b.command == nil || b.command.Process == nil {
		return
	}
	_ = b.command.Process.Kill() // it may have ended by itself, which awaitReady reports
	<-b.exited
}

func (b *bridge) logTail() []byte {
	content, err := os.ReadFile(b.logFile())
	if err != nil {
		return []byte(err.Error())
	}
	return content[max(0, len(content)-8000):]
}

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// kubectl is the real program, used by one person.
type kubectl struct {
	program    string
	kubeconfig string
	// home keeps kubectl's caches, so that persons don't share them.
	home string
	// input is what the program reads, and environment what it finds besides.
	input       string
	environment []string
}

// answer is what one call of kubectl said.
type answer struct {
	output string
	errors string
	status int
}

func (k kubectl) withInput(text string) kubectl {
	k.input = text
	return k
}

func (k kubectl) withEditor(script string) kubectl {
	k.environment = append(append([]string{}, k.environment...), "KUBE_EDITOR="+script)
	return k
}

func (k kubectl) command(ctx context.Context, arguments []string) *exec.Cmd {
	command := exec.CommandContext(ctx, k.program, append([]string{"--kubeconfig", k.kubeconfig}, arguments...)...)
	command.Env = append(os.Environ(), append(k.environment, "HOME="+k.home, "TZ=UTC")...)
	command.Stdin = strings.NewReader(k.input)
	return command
}

// try runs kubectl and returns what came of it.
func (k kubectl) try(t *testing.T, arguments ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	command := k.command(ctx, arguments)
	var output, complaints bytes.Buffer
	command.Stdout, command.Stderr = &output, &complaints
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("kubectl %s: %v", strings.Join(arguments, " "), err)
	}
	return answer{output: output.String(), errors: complaints.String(), status: command.ProcessState.ExitCode()}
}

// run runs kubectl, which must succeed, and returns its output.
func (k kubectl) run(t *testing.T, arguments ...string) string {
	t.Helper()
	return k.succeed(t, arguments...).output
}

func (k kubectl) succeed(t *testing.T, arguments ...string) answer {
	t.Helper()
	got := k.try(t, arguments...)
	if got.status != 0 {
		t.Fatalf("kubectl %s ended with status %d:\n%s%s", strings.Join(arguments, " "), got.status, got.output, got.errors)
	}
	return got
}

// refused runs kubectl, which must fail with a message that contains all parts.
func (k kubectl) refused(t *testing.T, parts []string, arguments ...string) {
	t.Helper()
	got := k.try(t, arguments...)
	if got.status == 0 {
		t.Fatalf("kubectl %s succeeded and should have been refused:\n%s", strings.Join(arguments, " "), got.output)
	}
	mustContain(t, "the refusal of kubectl "+strings.Join(arguments, " "), got.errors, parts...)
}

// stream is a kubectl that goes on writing.
type stream struct {
	lock   sync.Mutex
	output bytes.Buffer
	ended  chan struct{}
}

// follow starts a kubectl that is ended with the test.
func (k kubectl) follow(t *testing.T, arguments ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	following := &stream{ended: make(chan struct{})}
	command := k.command(ctx, arguments)
	command.Stdout, command.Stderr = following, following
	command.WaitDelay = 10 * time.Second
	if err := command.Start(); err != nil {
		cancel()
		t.Fatalf("kubectl %s: %v", strings.Join(arguments, " "), err)
	}
	go func() {
		defer close(following.ended)
		// How it ends is of no interest: it is killed, and what it wrote is compared.
		_ = command.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-following.ended
	})
	return following
}

// Write implements io.Writer.
func (s *stream) Write(text []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.output.Write(text)
}

func (s *stream) text() string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.output.String()
}

// mustShow waits until a line contains all parts.
func (s *stream) mustShow(t *testing.T, parts ...string) {
	t.Helper()
	eventually(t, "the stream shows "+strings.Join(parts, " "), func() error {
		for line := range strings.Lines(s.text()) {
			if containsAll(line, parts) {
				return nil
			}
		}
		return fmt.Errorf("it shows:\n%s", s.text())
	})
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

func mustContain(t *testing.T, name, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s doesn't contain %q:\n%s", name, part, text)
		}
	}
}

func mustNotContain(t *testing.T, name, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%s contains %q:\n%s", name, part, text)
		}
	}
}

func mustEqual(t *testing.T, name string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%v", got), fmt.Sprintf("%v", want); g != w {
		t.Errorf("%s is %s, not %s", name, g, w)
	}
}

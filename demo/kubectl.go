package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// kubectl runs the real kubectl against the bridge.
type kubectl struct {
	program    string
	kubeconfig string
}

// findKubectl returns the kubectl on the PATH, or builds one from its Go module into
// the cache, once: that takes a minute or two.
func findKubectl(ctx context.Context, repository string, progress io.Writer) (string, error) {
	if path, err := exec.LookPath("kubectl"); err == nil {
		return path, nil
	}
	fmt.Fprintln(progress, "There is no kubectl on the PATH: building one from its Go module (once, a minute or two).")
	command := exec.CommandContext(ctx, "bash", filepath.Join(repository, "test", "controlplane", "build.sh"), "kubectl")
	command.Stderr = progress
	directory, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("build kubectl: %w", err)
	}
	program := filepath.Join(strings.TrimSpace(string(directory)), "kubectl")
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("build kubectl: %w", err)
	}
	return program, nil
}

func (k *kubectl) command(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, k.program, arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig)
	return command
}

// run shows the command and what it prints. It fails as the command does.
func (k *kubectl) run(ctx context.Context, output io.Writer, arguments ...string) error {
	showCommand(output, arguments)
	command := k.command(ctx, arguments...)
	command.Stdout, command.Stderr = output, output
	if err := command.Run(); err != nil {
		return fmt.Errorf("kubectl %s: %w", strings.Join(arguments, " "), err)
	}
	return nil
}

// runRefused is run for a command that the bridge must refuse.
func (k *kubectl) runRefused(ctx context.Context, output io.Writer, arguments ...string) error {
	err := k.run(ctx, output, arguments...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("kubectl %s succeeded and should have been refused", strings.Join(arguments, " "))
}

// runFor is run for a command that goes on for ever: it is interrupted after a while.
func (k *kubectl) runFor(ctx context.Context, duration time.Duration, output io.Writer, arguments ...string) error {
	limited, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	err := k.run(limited, output, arguments...)
	if limited.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("kubectl %s ended by itself", strings.Join(arguments, " "))
}

func showCommand(output io.Writer, arguments []string) {
	shown := make([]string, len(arguments))
	for i, argument := range arguments {
		shown[i] = argument
		if strings.ContainsAny(argument, " {}\"'*;&|<>") {
			shown[i] = "'" + argument + "'"
		}
	}
	fmt.Fprintf(output, "\n$ kubectl %s\n", strings.Join(shown, " "))
}

package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const bridgeStartTimeout = 60 * time.Second

//go:embed mapping.yaml
var mappingYAML []byte

// bridge is the product itself, as a program of its own: what a user would run.
type bridge struct {
	process    *process
	kubeconfig string
}

// buildBridge compiles the product from the repository that the demo is part of.
func buildBridge(ctx context.Context, repository, program string) error {
	command := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/bridge-apiserver")
	command.Dir = repository
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build bridge-apiserver in %s: %w\n%s", repository, err, output)
	}
	return nil
}

// startBridge returns when the bridge has written its kubeconfig.
func startBridge(ctx context.Context, program, directory, dsn string) (*bridge, error) {
	mapping := filepath.Join(directory, "mapping.yaml")
	if err := os.WriteFile(mapping, mappingYAML, 0o600); err != nil {
		return nil, fmt.Errorf("write the mapping: %w", err)
	}
	command := exec.Command(program, "serve", "--config", mapping, "--standalone", directory, "--secure-port", "0")
	command.Env = append(os.Environ(), "BRIDGE_ERP_DSN="+dsn)
	started, err := startProcess("bridge-apiserver", command, filepath.Join(directory, "bridge.log"))
	if err != nil {
		return nil, err
	}
	return &bridge{process: started, kubeconfig: filepath.Join(directory, "kubeconfig")}, nil
}

// waitUntilReady returns when the bridge says that it is ready.
func (b *bridge) waitUntilReady(ctx context.Context, client *kubectl) error {
	ctx, cancel := context.WithTimeout(ctx, bridgeStartTimeout)
	defer cancel()
	return b.process.waitFor(ctx, "become ready", func(ctx context.Context) error {
		if _, err := os.Stat(b.kubeconfig); err != nil {
			return err
		}
		output, err := client.command(ctx, "get", "--raw", "/readyz").CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	})
}

func (b *bridge) Close() error { return b.process.Close() }

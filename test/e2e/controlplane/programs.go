package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Programs are the paths of the programs.
type Programs struct {
	Etcd              string
	APIServer         string
	ControllerManager string
	Kubectl           string
}

// FindPrograms returns the programs, and builds them if they are not in the cache yet,
// which takes minutes.
func FindPrograms(ctx context.Context) (Programs, error) {
	script, err := buildScript()
	if err != nil {
		return Programs{}, err
	}
	var output, progress bytes.Buffer
	command := exec.CommandContext(ctx, script)
	command.Stdout, command.Stderr = &output, &progress
	if err := command.Run(); err != nil {
		return Programs{}, fmt.Errorf("build the control plane with %s: %w\n%s", script, err, progress.String())
	}
	directory := strings.TrimSpace(output.String())
	return Programs{
		Etcd:              filepath.Join(directory, "etcd"),
		APIServer:         filepath.Join(directory, "kube-apiserver"),
		ControllerManager: filepath.Join(directory, "kube-controller-manager"),
		Kubectl:           filepath.Join(directory, "kubectl"),
	}, nil
}

// Repository returns the root of the repository that this package is part of.
func Repository() (string, error) {
	_, file, _, known := runtime.Caller(0)
	if !known || !filepath.IsAbs(file) {
		return "", errors.New("the source directory is unknown: build without -trimpath")
	}
	return filepath.Join(filepath.Dir(file), "..", "..", ".."), nil
}

func buildScript() (string, error) {
	root, err := Repository()
	if err != nil {
		return "", err
	}
	script := filepath.Join(root, "test", "controlplane", "build.sh")
	if _, err := os.Stat(script); err != nil {
		return "", fmt.Errorf("find the build script: %w", err)
	}
	return script, nil
}

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// ControlPlane is a running etcd with a kube-apiserver.
type ControlPlane struct {
	Programs  Programs
	Etcd      *Process
	APIServer *Process

	directory string
	etcdURL   string
	port      int
	// The authorities are separate, so that a certificate of one kind is never
	// accepted as one of another.
	serving, clients, frontProxy *Authority
	// started are the controller managers.
	started []*Process
}

// Start starts etcd and kube-apiserver and returns when they are ready. The directory
// must exist; everything is kept there, logs included. The caller stops it.
func Start(ctx context.Context, directory string) (*ControlPlane, error) {
	plane, err := prepare(ctx, directory)
	if err != nil {
		return nil, err
	}
	if err := plane.startEtcd(ctx); err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	if err := plane.startAPIServer(ctx); err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	return plane, nil
}

func prepare(ctx context.Context, directory string) (*ControlPlane, error) {
	programs, err := FindPrograms(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(directory); err != nil {
		return nil, fmt.Errorf("directory of the control plane: %w", err)
	}
	plane := &ControlPlane{Programs: programs, directory: directory}
	for name, authority := range map[string]**Authority{
		"serving-ca": &plane.serving, "client-ca": &plane.clients, "front-proxy-ca": &plane.frontProxy,
	} {
		if *authority, err = NewAuthority(name); err != nil {
			return nil, err
		}
	}
	if plane.port, err = FreePort(); err != nil {
		return nil, err
	}
	return plane, nil
}

// Stop stops everything, in the opposite order.
func (c *ControlPlane) Stop() error {
	var problems []error
	for _, process := range slices.Backward(c.started) {
		problems = append(problems, process.Stop())
	}
	// Requests that hang hold the kube-apiserver up for a minute, and there is nothing
	// in it that an orderly end would save.
	for _, process := range []*Process{c.APIServer, c.Etcd} {
		if process != nil {
			problems = append(problems, process.Kill())
		}
	}
	return errors.Join(problems...)
}

package controlplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
)

// controllers are those that look at every kind of the cluster, and what they need.
const controllers = "namespace-controller,garbage-collector-controller,resourcequota-controller," +
	"serviceaccount-controller,serviceaccount-token-controller"

// StartControllerManager starts a kube-controller-manager with the namespace, garbage
// collection, quota and service account controllers, and returns when it is healthy.
// It may be stopped, and another one started after it.
func (c *ControlPlane) StartControllerManager(ctx context.Context) (*Process, error) {
	port, err := FreePort()
	if err != nil {
		return nil, err
	}
	kubeconfig, err := c.Kubeconfig("system:kube-controller-manager", "system:masters")
	if err != nil {
		return nil, err
	}
	process, err := StartProcess(c.directory, "kube-controller-manager", exec.Command(c.Programs.ControllerManager,
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address=127.0.0.1",
		"--secure-port="+strconv.Itoa(port),
		"--leader-elect=false",
		"--controllers="+controllers,
		"--service-account-private-key-file="+c.file("service-account.key"),
		"--root-ca-file="+c.file("serving-ca.crt"),
		"--resource-quota-sync-period=5s",
		"--v=2",
	))
	if err != nil {
		return nil, err
	}
	c.started = append(c.started, process)
	return process, c.awaitControllerManager(ctx, process, port)
}

func (c *ControlPlane) awaitControllerManager(ctx context.Context, process *Process, port int) error {
	// The certificate is one that the program makes for itself.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	err := process.WaitFor(ctx, "become healthy", func(ctx context.Context) error {
		return probe(ctx, &http.Client{Transport: transport}, "https://"+loopback(port)+"/healthz")
	})
	if err != nil {
		return fmt.Errorf("start the controllers: %w", err)
	}
	return nil
}

package controlplane

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
)

func (c *ControlPlane) startEtcd(ctx context.Context) error {
	clientPort, err := FreePort()
	if err != nil {
		return err
	}
	peerPort, err := FreePort()
	if err != nil {
		return err
	}
	c.etcdURL = "http://" + loopback(clientPort)
	peerURL := "http://" + loopback(peerPort)
	command := exec.Command(c.Programs.Etcd,
		"--name=default",
		"--data-dir="+filepath.Join(c.directory, "etcd"),
		"--listen-client-urls="+c.etcdURL,
		"--advertise-client-urls="+c.etcdURL,
		"--listen-peer-urls="+peerURL,
		"--initial-advertise-peer-urls="+peerURL,
		"--initial-cluster=default="+peerURL,
		"--unsafe-no-fsync",
		"--log-level=warn",
	)
	if c.Etcd, err = StartProcess(c.directory, "etcd", command); err != nil {
		return err
	}
	return c.Etcd.WaitFor(ctx, "become healthy", func(ctx context.Context) error {
		return probe(ctx, http.DefaultClient, c.etcdURL+"/health")
	})
}

// probe returns nil if a GET is answered with 200.
func probe(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return nil
}

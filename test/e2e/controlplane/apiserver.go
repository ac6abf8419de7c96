package controlplane

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"k8s.io/client-go/rest"
)

const (
	serviceAccountIssuer = "https://kubernetes.default.svc"
	// frontProxyName is the common name under which the kube-apiserver passes requests
	// on to aggregated servers.
	frontProxyName = "front-proxy-client"
)

func (c *ControlPlane) startAPIServer(ctx context.Context) error {
	arguments, err := c.apiServerArguments()
	if err != nil {
		return err
	}
	c.APIServer, err = StartProcess(c.directory, "kube-apiserver", exec.Command(c.Programs.APIServer, arguments...))
	if err != nil {
		return err
	}
	config, err := c.RESTConfig("controlplane", "system:masters")
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("make a client for the kube-apiserver: %w", err)
	}
	defer client.CloseIdleConnections()
	return c.APIServer.WaitFor(ctx, "become ready", func(ctx context.Context) error {
		return probe(ctx, client, c.URL()+"/readyz")
	})
}

func (c *ControlPlane) apiServerArguments() ([]string, error) {
	files, err := c.apiServerFiles()
	if err != nil {
		return nil, err
	}
	return append(files,
		"--etcd-servers="+c.etcdURL,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		"--secure-port="+strconv.Itoa(c.port),
		// The endpoints of the service 'kubernetes' may not be loopback addresses.
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--authorization-mode=RBAC",
		"--service-account-issuer="+serviceAccountIssuer,
		"--requestheader-allowed-names="+frontProxyName,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
	), nil
}

// apiServerFiles writes certificates and keys and returns the flags that name them.
func (c *ControlPlane) apiServerFiles() ([]string, error) {
	serving, err := c.serving.Server("kubernetes.default.svc")
	if err != nil {
		return nil, err
	}
	certificateFile, keyFile, err := serving.Write(c.directory, "kube-apiserver")
	if err != nil {
		return nil, err
	}
	proxy, err := c.frontProxy.Client(frontProxyName)
	if err != nil {
		return nil, err
	}
	proxyCertificateFile, proxyKeyFile, err := proxy.Write(c.directory, "front-proxy")
	if err != nil {
		return nil, err
	}
	if err := c.writeServiceAccountKey(); err != nil {
		return nil, err
	}
	for file, authority := range map[string]*Authority{
		"serving-ca.crt": c.serving, "client-ca.crt": c.clients, "front-proxy-ca.crt": c.frontProxy,
	} {
		if err := os.WriteFile(c.file(file), authority.PEM(), 0o600); err != nil {
			return nil, fmt.Errorf("write %s: %w", file, err)
		}
	}
	return []string{
		"--tls-cert-file=" + certificateFile,
		"--tls-private-key-file=" + keyFile,
		"--client-ca-file=" + c.file("client-ca.crt"),
		"--proxy-client-cert-file=" + proxyCertificateFile,
		"--proxy-client-key-file=" + proxyKeyFile,
		"--requestheader-client-ca-file=" + c.file("front-proxy-ca.crt"),
		"--service-account-key-file=" + c.file("service-account.key"),
		"--service-account-signing-key-file=" + c.file("service-account.key"),
	}, nil
}

func (c *ControlPlane) writeServiceAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the service account key: %w", err)
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.file("service-account.key"), encoded, 0o600); err != nil {
		return fmt.Errorf("write the service account key: %w", err)
	}
	return nil
}

func (c *ControlPlane) file(name string) string { return filepath.Join(c.directory, name) }

package controlplane

import (
	"fmt"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubeconfig makes a client certificate for this user, writes a kubeconfig file that
// uses it, and returns the path.
func (c *ControlPlane) Kubeconfig(user string, groups ...string) (string, error) {
	pair, err := c.clients.Client(user, groups...)
	if err != nil {
		return "", err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: c.URL(), CertificateAuthorityData: c.serving.PEM()}
	config.AuthInfos["user"] = &clientcmdapi.AuthInfo{ClientCertificateData: pair.Certificate, ClientKeyData: pair.Key}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "user", Namespace: "default"}
	config.CurrentContext = "test"
	path := filepath.Join(c.directory, "kubeconfig-"+filepath.Base(user))
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("write the kubeconfig of %s: %w", user, err)
	}
	return path, nil
}

// RESTConfig returns a client configuration for this user, without a limit on the
// rate of requests.
func (c *ControlPlane) RESTConfig(user string, groups ...string) (*rest.Config, error) {
	pair, err := c.clients.Client(user, groups...)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host:            c.URL(),
		TLSClientConfig: rest.TLSClientConfig{CAData: c.serving.PEM(), CertData: pair.Certificate, KeyData: pair.Key},
		QPS:             -1,
	}, nil
}

// URL returns where the kube-apiserver listens.
func (c *ControlPlane) URL() string { return "https://" + loopback(c.port) }

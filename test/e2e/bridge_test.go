package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/test/e2e/controlplane"
)

const (
	bridgeNamespace = "bridge-system"
	bridgeService   = "bridge-apiserver"
	bridgeUser      = "system:serviceaccount:" + bridgeNamespace + ":" + bridgeService
)

// bridge is the program that is shipped, built with the race detector.
type bridge struct {
	program    string
	mapping    string
	directory  string
	kubeconfig string
	dsn        string
	port       int
	authority  *controlplane.Authority

	process *controlplane.Process
}

func buildBridge(t *testing.T, directory string) string {
	t.Helper()
	root, err := controlplane.Repository()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(directory, "bridge-apiserver")
	command := exec.CommandContext(t.Context(), "go", "build", "-race", "-o", program, "./cmd/bridge-apiserver")
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build the bridge: %v\n%s", err, output)
	}
	return program
}

// start starts the program and returns when it is ready.
func (b *bridge) start(t *testing.T) {
	t.Helper()
	serving, err := b.authority.Server(bridgeService + "." + bridgeNamespace + ".svc")
	if err != nil {
		t.Fatal(err)
	}
	certificateFile, keyFile, err := serving.Write(b.directory, "bridge-apiserver")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(b.program, "serve",
		"--config="+b.mapping,
		"--kubeconfig="+b.kubeconfig,
		"--bind-address=127.0.0.1",
		"--secure-port="+strconv.Itoa(b.port),
		"--tls-cert-file="+certificateFile,
		"--tls-private-key-file="+keyFile,
		"--shutdown-delay-duration=0s",
	)
	// A race ends the program, and with it the test.
	command.Env = append(os.Environ(), "BRIDGE_ERP_DSN="+b.dsn, "GORACE=halt_on_error=1")
	if b.process, err = controlplane.StartProcess(b.directory, "bridge-apiserver", command); err != nil {
		t.Fatal(err)
	}
	if err := b.awaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *bridge) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(b.authority.PEM())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: "localhost"}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	return b.process.WaitFor(ctx, "become ready", func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("https://127.0.0.1:%d/readyz?verbose", b.port), nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("/readyz: %s: %s", response.Status, body)
		}
		return err
	})
}

// stop ends the program and looks for what it must never say.
func (b *bridge) stop() error {
	if b.process == nil {
		return nil
	}
	err := b.process.Stop()
	content, readErr := os.ReadFile(b.process.LogFile)
	for _, forbidden := range []string{
		"WARNING: DATA RACE", "panic: ", "Observed a panic", "fatal error: ",
		// The manifests give too few rights.
		"is forbidden: ",
	} {
		if at := strings.Index(string(content), forbidden); at >= 0 {
			err = errors.Join(err, fmt.Errorf("the bridge's log has:\n%s", content[at:min(len(content), at+6000)]))
		}
	}
	if strings.Contains(string(content), b.dsn) {
		err = errors.Join(err, errors.New("the bridge's log has the DSN with its password"))
	}
	return errors.Join(err, readErr)
}

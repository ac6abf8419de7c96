package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/bridge-apiserver/bridge-apiserver/test/e2e/controlplane"
)

const startTimeout = 2 * time.Minute

//go:embed mapping.yaml
var mappingYAML string

//go:embed crd.yaml
var crdYAML string

//go:embed cluster.yaml
var clusterYAML string

//go:embed schema.sql
var schemaSQL string

// world is everything that is measured: a cluster, a database, and the bridge between.
type world struct {
	directory string
	// program is the bridge, built if it is empty, and watch its way to notice changes.
	program  string
	watch    string
	plane    *controlplane.ControlPlane
	admin    string // kubeconfig
	mariadb  *controlplane.Process
	database *sql.DB
	bridge   *controlplane.Process
	// port is where the bridge listens.
	port      int
	authority *controlplane.Authority
}

// startWorld starts everything, with an empty table. The caller stops it.
func startWorld(ctx context.Context, directory, program, watch string) (*world, error) {
	w := &world{directory: directory, program: program, watch: watch}
	for _, step := range []func(context.Context) error{w.startDatabase, w.startCluster, w.startBridge, w.register} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, w.stop())
		}
	}
	return w, nil
}

func (w *world) stop() error {
	var problems []error
	if w.bridge != nil {
		problems = append(problems, w.bridge.Stop())
	}
	if w.database != nil {
		problems = append(problems, w.database.Close())
	}
	if w.mariadb != nil {
		problems = append(problems, w.mariadb.Stop())
	}
	if w.plane != nil {
		problems = append(problems, w.plane.Stop())
	}
	return errors.Join(problems...)
}

func (w *world) startCluster(ctx context.Context) (err error) {
	if w.plane, err = controlplane.Start(ctx, w.directory); err != nil {
		return err
	}
	w.admin, err = w.plane.Kubeconfig("bench", "system:masters")
	return err
}

// startBridge starts the program as in a cluster.
func (w *world) startBridge(ctx context.Context) (err error) {
	if w.program == "" {
		w.program = filepath.Join(w.directory, "bridge-apiserver")
		if err := buildBridge(ctx, w.program); err != nil {
			return err
		}
	}
	mapping := filepath.Join(w.directory, "mapping.yaml")
	content := strings.ReplaceAll(mappingYAML, "WATCH", w.watch)
	if err := os.WriteFile(mapping, []byte(content), 0o600); err != nil {
		return fmt.Errorf("write the mapping: %w", err)
	}
	if w.port, err = controlplane.FreePort(); err != nil {
		return err
	}
	if w.authority, err = controlplane.NewAuthority("bridge-ca"); err != nil {
		return err
	}
	pair, err := w.authority.Server()
	if err != nil {
		return err
	}
	certificate, key, err := pair.Write(w.directory, "bridge")
	if err != nil {
		return err
	}
	command := exec.Command(w.program, "serve", "--config="+mapping, "--kubeconfig="+w.admin,
		"--bind-address=127.0.0.1", "--secure-port="+strconv.Itoa(w.port), "--shutdown-delay-duration=0s",
		"--tls-cert-file="+certificate, "--tls-private-key-file="+key)
	command.Env = append(os.Environ(), "BRIDGE_BENCH_DSN="+w.dsn(databaseName))
	w.bridge, err = controlplane.StartProcess(w.directory, "bridge-apiserver", command)
	return err
}

func buildBridge(ctx context.Context, program string) error {
	root, err := controlplane.Repository()
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/bridge-apiserver")
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build the bridge: %w\n%s", err, output)
	}
	return nil
}

// register makes the custom resource and the bridge known to the cluster.
func (w *world) register(ctx context.Context) error {
	documents := crdYAML + "---\n" + strings.ReplaceAll(clusterYAML, "PORT", strconv.Itoa(w.port))
	if err := w.kubectl(ctx, documents, "apply", "-f", "-"); err != nil {
		return err
	}
	for _, condition := range [][]string{
		{"crd/customers.custom.example.com", "Established"}, {"apiservice/v1.bridged.example.com", "Available"},
	} {
		if err := w.kubectl(ctx, "", "wait", condition[0], "--for=condition="+condition[1], "--timeout="+startTimeout.String()); err != nil {
			return fmt.Errorf("%w; the bridge's log ends with:\n%s", err, w.bridge.LogTail())
		}
	}
	return nil
}

func (w *world) kubectl(ctx context.Context, input string, arguments ...string) error {
	command := exec.CommandContext(ctx, w.plane.Programs.Kubectl, arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+w.admin)
	command.Stdin = strings.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w\n%s", strings.Join(arguments, " "), err, output)
	}
	return nil
}

// clusterClient talks to the kube-apiserver.
func (w *world) clusterClient() (*rest.Config, error) {
	return w.plane.RESTConfig("bench", "system:masters")
}

// bridgeClient talks to the bridge without the kube-apiserver in between, with the
// cluster's client certificate.
func (w *world) bridgeClient() (*rest.Config, error) {
	config, err := w.plane.RESTConfig("bench", "system:masters")
	if err != nil {
		return nil, err
	}
	config.Host = "https://127.0.0.1:" + strconv.Itoa(w.port)
	config.CAData = w.authority.PEM()
	return config, nil
}

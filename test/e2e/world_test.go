package e2e

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
	"github.com/bridge-apiserver/bridge-apiserver/test/e2e/controlplane"
)

//go:embed testdata/schema.sql
var tables string

// world is everything that the scenarios play in. Each scenario has a namespace, and so
// a region of rows, of its own.
type world struct {
	directory string
	plane     *controlplane.ControlPlane
	server    *sqltest.Server
	database  *sqltest.Database
	bridge    *bridge
	// admin may do everything in the cluster.
	admin kubectl
	// manifests is what `bridge-apiserver manifests` printed.
	manifests string
}

// startWorld starts the cluster, the database and the bridge, and registers the bridge
// in the cluster as its own manifests say.
func startWorld(t *testing.T) *world {
	t.Helper()
	w := &world{directory: t.TempDir()}
	w.startControlPlane(t)
	w.server = sqltest.Start(t)
	w.database = w.server.Database(t)
	w.database.Exec(t, tables)
	w.startBridge(t)
	return w
}

func (w *world) startControlPlane(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	plane, err := controlplane.Start(ctx, w.directory)
	if err != nil {
		t.Fatal(err)
	}
	w.plane = plane
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	w.admin = w.person(t, "admin", "system:masters")
}

func (w *world) startBridge(t *testing.T) {
	t.Helper()
	authority, err := controlplane.NewAuthority("bridge-ca")
	if err != nil {
		t.Fatal(err)
	}
	port, err := controlplane.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig, err := w.plane.Kubeconfig(bridgeUser, "system:serviceaccounts", "system:serviceaccounts:"+bridgeNamespace)
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := filepath.Abs("testdata/mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w.bridge = &bridge{
		program:    buildBridge(t, w.directory),
		mapping:    mapping,
		directory:  w.directory,
		kubeconfig: kubeconfig,
		dsn:        w.database.DSN(),
		port:       port,
		authority:  authority,
	}
	w.install(t)
	w.bridge.start(t)
	t.Cleanup(func() {
		if err := w.bridge.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the bridge's log ends with:\n%s", w.bridge.process.LogTail())
		}
	})
	w.awaitAPIServices(t)
}

// install applies what `bridge-apiserver manifests` prints, and points the Service at
// the program on this machine instead of at pods.
func (w *world) install(t *testing.T) {
	t.Helper()
	w.manifests = w.bridge.manifests(t)
	w.admin.withInput(w.manifests).run(t, "apply", "--server-side", "-f", "-")
	w.admin.run(t, "delete", "service", "-n", bridgeNamespace, bridgeService)
	w.admin.withInput(fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: %s}
spec:
  type: ExternalName
  externalName: localhost
`, bridgeService, bridgeNamespace)).run(t, "create", "-f", "-")
	for _, name := range apiServices {
		w.admin.run(t, "patch", "apiservice", name, "--type=merge", "-p",
			fmt.Sprintf(`{"spec":{"service":{"port":%d}}}`, w.bridge.port))
	}
}

var apiServices = []string{"v1.erp.example.com", "v1beta1.helpdesk.example.com"}

func (w *world) awaitAPIServices(t *testing.T) {
	t.Helper()
	for _, name := range apiServices {
		w.admin.run(t, "wait", "apiservice/"+name, "--for=condition=Available", "--timeout=60s")
	}
}

// person returns a kubectl that acts as this user.
func (w *world) person(t *testing.T, user string, groups ...string) kubectl {
	t.Helper()
	kubeconfig, err := w.plane.Kubeconfig(user, groups...)
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(w.directory, "home-"+user)
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	return kubectl{program: w.plane.Programs.Kubectl, kubeconfig: kubeconfig, home: home}
}

// adminConfig returns a client configuration that may do everything.
func (w *world) adminConfig(t *testing.T) *rest.Config {
	t.Helper()
	config, err := w.plane.RESTConfig("admin", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	// What the bridge warns of is shown where a scenario is about it.
	config.WarningHandler = rest.NoWarnings{}
	return config
}

// region makes a namespace for a scenario and inserts customers into the region of the
// same name.
func (w *world) region(t *testing.T, name string, customers ...row) string {
	t.Helper()
	w.admin.run(t, "create", "namespace", name)
	for _, customer := range customers {
		w.insert(t, name, customer)
	}
	return name
}

// row is a row of CUST_MASTER as the legacy application writes it.
type row struct {
	number, company, status, credit, tier string
}

func (w *world) insert(t *testing.T, region string, r row) {
	t.Helper()
	w.database.Exec(t, `INSERT INTO CUST_MASTER (REGION, CUST_NO, CUST_NM, STATUS, CREDIT_LIMIT, TIER) VALUES (?, ?, ?, ?, ?, NULLIF(?, ''))`,
		region, r.number, r.company, defaultTo(r.status, "A"), defaultTo(r.credit, "0"), r.tier)
}

func defaultTo(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// stored returns one column of a customer's row, marked as deleted or not.
func (w *world) stored(t *testing.T, region, number, column string) string {
	t.Helper()
	rows := w.database.Query(t, `SELECT `+column+` FROM CUST_MASTER WHERE REGION = ? AND CUST_NO = ?`, region, number)
	if len(rows) != 1 {
		return strconv.Itoa(len(rows)) + " rows"
	}
	return strings.TrimSpace(rows[0])
}

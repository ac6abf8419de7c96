package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/net"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/internal/server"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

const customersMapping = `
apiVersion: bridge-apiserver.dev/v1alpha1
kind: Backend
metadata: {name: erp}
spec:
  mysql: {dsn: "user@tcp(127.0.0.1:3306)/erp"}
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: customers.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Namespaced
  names: {plural: customers, singular: customer, kind: Customer, shortNames: [cust], categories: [erp]}
  verbs: [get, list, watch, create, update, patch, delete, deletecollection]
  source:
    backend: erp
    mysql:
      table: customers
      key: {name: {columns: [no]}, namespace: {column: region}}
  fields:
  - {path: spec.companyName, column: name, number: 1, required: true, maxLength: 20}
  - {path: spec.status, column: status, number: 2, enum: [Active, Inactive], default: Active}
  - {path: spec.rating, column: rating, number: 3, type: integer, minimum: 0}
  - {path: spec.country, column: country, number: 4, immutable: true}
  - {path: spec.tags, column: tags, number: 5, type: set}
  - {path: status.balance, column: balance, number: 1, type: decimal, readOnly: true}
  metadata:
    labels: {tier: {column: tier}}
  validations:
  - {rule: "self.spec.status != 'Inactive' || !has(self.spec.rating) || self.spec.rating == 0", message: inactive customers have no rating}
  selectableFields: [spec.status]
  printerColumns:
  - {name: Company, path: spec.companyName}
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: regions.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Cluster
  names: {plural: regions, singular: region, kind: Region}
  source:
    backend: erp
    mysql:
      table: regions
      key: {name: {columns: [code]}}
  fields:
  - {path: spec.title, column: title, number: 1}
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: suppliers.erp.example.com}
spec:
  group: erp.example.com
  version: v1beta1
  scope: Cluster
  names: {plural: suppliers, singular: supplier, kind: Supplier}
  source:
    backend: erp
    mysql:
      table: suppliers
      key: {name: {columns: [code]}}
  fields:
  - {path: spec.label, column: title, number: 1}
---
apiVersion: bridge-apiserver.dev/v1alpha1
kind: BridgedResource
metadata: {name: tickets.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Namespaced
  names: {plural: tickets, singular: ticket, kind: Ticket}
  verbs: [get, list, watch, create]
  source:
    backend: erp
    mysql:
      table: tickets
      key: {name: {columns: [id], generated: true}, namespace: {value: support}}
  fields:
  - {path: spec.subject, column: subject, number: 1}
`

const customersPath = "/apis/erp.example.com/v1/namespaces/eu/customers"

// fixture is a running server over tables in memory.
type fixture struct {
	t       *testing.T
	server  *Server
	tables  map[string]*memory.Adapter
	faults  map[string]*memory.Faults
	config  *restclient.Config
	client  *http.Client
	cancel  context.CancelFunc
	stopped chan struct{}
	failure error
	once    sync.Once
}

// start runs a server until it is ready, and ends it when the test ends.
func start(t *testing.T) *fixture {
	t.Helper()
	f := startWith(t, func(*fixture) {})
	f.waitFor("readiness", func() error {
		if got := f.get("/readyz"); got.code != http.StatusOK {
			return errors.New(got.body)
		}
		return nil
	})
	return f
}

// startWith prepares the tables and runs a server until it answers.
func startWith(t *testing.T, prepare func(*fixture), arguments ...string) *fixture {
	t.Helper()
	f := &fixture{t: t, tables: map[string]*memory.Adapter{}, faults: map[string]*memory.Faults{}, stopped: make(chan struct{})}
	options := parseOptions(t, append([]string{"--standalone=" + t.TempDir(), "--secure-port=0"}, arguments...))
	resources := f.resources()
	prepare(f)
	config, err := options.Config()
	if err != nil {
		t.Fatal(err)
	}
	if f.server, err = New(Config{Server: config, Resources: resources}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	go func() {
		defer close(f.stopped)
		f.failure = f.server.Run(ctx)
	}()
	t.Cleanup(f.stop)
	f.waitFor("the kubeconfig", func() error {
		var err error
		f.config, err = clientcmd.BuildConfigFromFlags("", config.Standalone.KubeconfigFile())
		return err
	})
	f.connect()
	return f
}

func parseOptions(t *testing.T, arguments []string) *server.Options {
	t.Helper()
	options := server.NewOptions()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	groups := options.Flags()
	for _, group := range groups.FlagSets {
		flags.AddFlagSet(group)
	}
	if err := flags.Parse(arguments); err != nil {
		t.Fatal(err)
	}
	if err := options.Validate(); err != nil {
		t.Fatal(err)
	}
	return options
}

func (f *fixture) resources() []Resource {
	f.t.Helper()
	mapping, err := v1alpha1.Parse(v1alpha1.Source{Name: "customers.yaml", Data: []byte(customersMapping)})
	if err != nil {
		f.t.Fatal(err)
	}
	var resources []Resource
	for _, declared := range mapping.Resources {
		kind, err := object.NewKind(declared)
		if err != nil {
			f.t.Fatal(err)
		}
		name := declared.Spec.Names.Plural
		f.tables[name] = memory.New(memory.Config{Schema: kind.AdapterSchema(), GeneratedKey: kind.GeneratedKey()})
		f.faults[name] = memory.NewFaults(f.tables[name])
		resources = append(resources, Resource{Kind: kind, Backend: "erp", Adapter: f.faults[name]})
	}
	return resources
}

// connect makes the administrator's client.
func (f *fixture) connect() {
	tlsConfig, err := restclient.TLSConfigFor(f.config)
	if err != nil {
		f.t.Fatal(err)
	}
	f.client = &http.Client{Transport: net.SetTransportDefaults(&http.Transport{TLSClientConfig: tlsConfig})}
}

// stranger is a client without a certificate.
func (f *fixture) stranger() *http.Client {
	strange := restclient.AnonymousClientConfig(f.config)
	tlsConfig, err := restclient.TLSConfigFor(strange)
	if err != nil {
		f.t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: tlsConfig, DisableKeepAlives: true}}
}

// stop ends the server and waits until it has ended.
func (f *fixture) stop() {
	f.once.Do(func() {
		if f.client != nil {
			// The server waits for connections that look alive.
			f.client.CloseIdleConnections()
		}
		f.cancel()
		select {
		case <-f.stopped:
		case <-time.After(time.Minute):
			f.t.Error("the server doesn't end")
			return
		}
		if f.failure != nil {
			f.t.Errorf("the server failed: %v", f.failure)
		}
	})
}

// waitFor waits until condition returns nil.
func (f *fixture) waitFor(what string, condition func() error) {
	f.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("waiting for %s: %v", what, err)
		}
		select {
		case <-f.stopped:
			f.t.Fatalf("waiting for %s: the server has ended: %v", what, f.failure)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// insert adds a row as a foreign writer would, with the values of these fields.
func (f *fixture) insert(table, key string, values map[string]adapters.Value) {
	f.t.Helper()
	record := adapters.Record{Key: keyOf(key)}
	for _, field := range f.schema(table).Fields {
		record.Values = append(record.Values, values[field.Name])
	}
	_, err := f.tables[table].Transaction(func(tx *memory.Transaction) error { return tx.Insert(record) })
	if err != nil {
		f.t.Fatal(err)
	}
}

// keyOf splits "42/eu" into the values of a key.
func keyOf(text string) adapters.Key {
	var key adapters.Key
	for _, part := range strings.Split(text, "/") {
		key = append(key, adapters.String(part))
	}
	return key
}

func (f *fixture) schema(table string) adapters.Schema {
	for _, made := range f.server.resources {
		if made.name == table+".erp.example.com" {
			return made.kind.AdapterSchema()
		}
	}
	f.t.Fatalf("no table %s", table)
	return adapters.Schema{}
}

// answer is what the server answers.
type answer struct {
	code     int
	header   http.Header
	body     string
	warnings []string
}

// status is the Status in an answer, or an empty one.
func (a answer) status() metav1.Status {
	var status metav1.Status
	if err := json.Unmarshal([]byte(a.body), &status); err != nil || status.Kind != "Status" {
		return metav1.Status{}
	}
	return status
}

// object is the answer as a map.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	content := map[string]any{}
	if err := json.Unmarshal([]byte(a.body), &content); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return content
}

// at follows a path of names.
func at(content any, path string) any {
	for _, name := range strings.Split(path, ".") {
		object, ok := content.(map[string]any)
		if !ok {
			return nil
		}
		content = object[name]
	}
	return content
}

func (f *fixture) get(path string) answer { return f.do(http.MethodGet, path, nil, "") }

// do sends a request. headers alternate names and values.
func (f *fixture) do(method, path string, headers []string, body string) answer {
	f.t.Helper()
	return f.doAs(f.client, method, path, headers, body)
}

func (f *fixture) doAs(client *http.Client, method, path string, headers []string, body string) answer {
	f.t.Helper()
	response, err := client.Do(f.request(context.Background(), method, path, headers, body))
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	parsed, problems := net.ParseWarningHeaders(response.Header.Values("Warning"))
	if len(problems) > 0 {
		f.t.Fatal(problems)
	}
	got := answer{code: response.StatusCode, header: response.Header, body: string(content)}
	for _, header := range parsed {
		got.warnings = append(got.warnings, header.Text)
	}
	return got
}

func (f *fixture) request(ctx context.Context, method, path string, headers []string, body string) *http.Request {
	f.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, f.config.Host+path, bytes.NewReader([]byte(body)))
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("User-Agent", "test")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return request
}

// must fails the test unless the answer has this code.
func (f *fixture) must(code int, got answer) answer {
	f.t.Helper()
	if got.code != code {
		f.t.Fatalf("answered %d, want %d: %s", got.code, code, got.body)
	}
	return got
}

// customer is a customer document with these fields of spec, as JSON.
func customer(name, spec string) string {
	return fmt.Sprintf(`{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{"name":%q},"spec":{%s}}`, name, spec)
}

// create creates a customer in eu.
func (f *fixture) create(name, spec string) answer {
	f.t.Helper()
	return f.must(http.StatusCreated, f.do(http.MethodPost, customersPath, nil, customer(name, spec)))
}

// mirrorOf is the mirror of a table.
func (f *fixture) mirrorOf(table string) *mirror.Mirror {
	for _, made := range f.server.resources {
		if made.name == table+".erp.example.com" {
			return made.mirror
		}
	}
	f.t.Fatalf("no table %s", table)
	return nil
}

// revisionOf is the resourceVersion of an object.
func (a answer) revisionOf(t *testing.T) adapters.Revision {
	t.Helper()
	revision, err := adapters.ParseRevision(at(a.object(t), "metadata.resourceVersion").(string))
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

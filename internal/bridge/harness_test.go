package bridge

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/pflag"
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

//go:embed testdata/customers.yaml
var customersMapping []byte

const customersPath = "/apis/erp.example.com/v1/namespaces/eu/customers"

// fixture is a running server over tables in memory.
type fixture struct {
	t       testing.TB
	server  *Server
	tables  map[string]*memory.Adapter
	faults  map[string]*memory.Faults
	config  *restclient.Config
	client  *http.Client
	cancel  context.CancelFunc
	stopped chan struct{}
	failure error
	// configure changes the server's configuration before the server is made.
	configure func(*server.Config)
	once      sync.Once
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
func startWith(t testing.TB, prepare func(*fixture), arguments ...string) *fixture {
	t.Helper()
	f := &fixture{t: t, tables: map[string]*memory.Adapter{}, faults: map[string]*memory.Faults{}, stopped: make(chan struct{})}
	options := parseOptions(t, append([]string{"--standalone=" + t.TempDir(), "--secure-port=0"}, arguments...))
	resources := f.resources()
	prepare(f)
	config, err := options.Config()
	if err != nil {
		t.Fatal(err)
	}
	if f.configure != nil {
		f.configure(config)
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

func parseOptions(t testing.TB, arguments []string) *server.Options {
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
	mapping, err := v1alpha1.Parse(v1alpha1.Source{Name: "customers.yaml", Data: customersMapping})
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

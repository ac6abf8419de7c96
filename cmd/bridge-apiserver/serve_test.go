package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	restclient "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/bridge-apiserver/bridge-apiserver/internal/server"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Started once for the whole process.
		goleak.IgnoreAnyFunction("k8s.io/klog/v2.(*flushDaemon).run.func1"),
		goleak.IgnoreAnyFunction("k8s.io/apimachinery/pkg/util/wait.Forever"),
	)
}

func TestServeRefusesWhatItCannotServe(t *testing.T) {
	invalid := filepath.Join(t.TempDir(), "invalid.yaml")
	if err := os.WriteFile(invalid, []byte("apiVersion: bridge-apiserver.dev/v1alpha1\nkind: Backend\nmetadata: {name: erp}\nspec: {mysq: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		files  []string
		change func(*server.Options)
		want   string
	}{
		{"no mapping", nil, func(*server.Options) {}, "--config"},
		{"no such file", []string{"/absent.yaml"}, func(*server.Options) {}, "/absent.yaml"},
		{"an invalid mapping", []string{invalid}, func(*server.Options) {}, invalid + ":4"},
		{"options that contradict", []string{invalid}, func(o *server.Options) { o.CoreAPI.CoreAPIKubeconfigPath = "k" }, "--kubeconfig"},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := server.NewOptions()
			options.Standalone = t.TempDir()
			test.change(options)
			err := serve(t.Context(), options, test.files)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v doesn't name %s", err, test.want)
			}
		})
	}
}

// A backend that cannot be reached doesn't keep the server from starting, nor from
// ending, and its resources say what is wrong.
func TestServeWithoutItsDatabase(t *testing.T) {
	directory := t.TempDir()
	mapping := filepath.Join(directory, "mapping.yaml")
	if err := os.WriteFile(mapping, []byte(fullMapping), 0o600); err != nil {
		t.Fatal(err)
	}
	options := server.NewOptions()
	options.Flags() // As the command line does: defaults that depend on flags.
	options.Standalone = filepath.Join(directory, "standalone")
	options.SecureServing.BindPort = 0
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, options, []string{mapping}) }()

	client := connect(t, filepath.Join(options.Standalone, "kubeconfig"), ended)
	client.expect("/apis/erp.example.com/v1", http.StatusOK, `"hosts"`)
	client.expect("/livez", http.StatusOK, "ok")
	client.expect("/apis/erp.example.com/v1/hosts", http.StatusServiceUnavailable, "backend erp: the server cannot be reached")
	client.expect("/metrics", http.StatusOK, `bridge_sql_connections_limit{backend="erp",pool="read"}`)

	client.http.CloseIdleConnections()
	end()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("the server doesn't end")
	}
}

type testClient struct {
	t    *testing.T
	host string
	http *http.Client
}

// connect waits for the kubeconfig and uses it.
func connect(t *testing.T, kubeconfig string, ended <-chan error) *testClient {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
		if err == nil {
			client, err := restclient.HTTPClientFor(config)
			if err != nil {
				t.Fatal(err)
			}
			return &testClient{t: t, host: config.Host, http: client}
		}
		select {
		case err := <-ended:
			t.Fatalf("the server has ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
		if !errors.Is(err, os.ErrNotExist) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// expect waits until path is answered with this code and text.
func (c *testClient) expect(path string, code int, text string) {
	c.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		response, err := c.http.Get(c.host + path)
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			c.t.Fatal(err)
		}
		if response.StatusCode == code && strings.Contains(string(body), text) {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%s answered %d %s, want %d and %q", path, response.StatusCode, body, code, text)
		}
		<-time.After(10 * time.Millisecond)
	}
}

package bridge

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/client-go/tools/clientcmd"
)

// forTheProcess are goroutines that packages start once, when they are loaded or first
// used.
var forTheProcess = []goleak.Option{
	goleak.IgnoreAnyFunction("k8s.io/klog/v2.(*flushDaemon).run.func1"),
	// The health check of the log.
	goleak.IgnoreAnyFunction("k8s.io/apimachinery/pkg/util/wait.Forever"),
	// The audit log's file, which its package never lets go.
	goleak.IgnoreAnyFunction("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun"),
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, forTheProcess...) }

// A server that is told to end answers what it has begun, ends its watches, and
// leaves nothing behind.
func TestEndingLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	f := start(t)
	f.create("a", `"companyName":"A"`)
	w := f.watch(customersPath + "?watch=1")
	w.expect("ADDED a")
	f.stop()
	if _, err := io.Copy(io.Discard, w.body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Logf("the watch ended with %v", err)
	}
	if connection, err := net.Dial("tcp", f.server.Address()); err == nil {
		t.Errorf("the port is still open: %v", connection.Close())
	}
	if err := f.mirrorOf("customers").WaitFor(context.Background(), 1<<60); err == nil {
		t.Error("the mirror still runs")
	}
	f.client.CloseIdleConnections()
	goleak.VerifyNone(t, append(forTheProcess, before)...)
}

func TestARestartKeepsTheKubeconfigValid(t *testing.T) {
	directory := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	arguments := []string{"--standalone=" + directory, "--secure-port=" + port}
	first := startWith(t, func(*fixture) {}, arguments...)
	kept, err := os.ReadFile(filepath.Join(directory, "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	first.stop()
	second := startWith(t, func(*fixture) {}, arguments...)
	second.config, err = clientcmd.RESTConfigFromKubeConfig(kept)
	if err != nil {
		t.Fatal(err)
	}
	second.connect()
	second.must(http.StatusOK, second.get("/apis"))
}

func TestReadinessWaitsForTheFirstStateButNotForEver(t *testing.T) {
	now := time.Now()
	f := startWith(t, func(f *fixture) { f.faults["regions"].Hold() })
	check := newFirstSync(f.server.resources, func() time.Time { return now })
	if err := check.Check(nil); err == nil {
		t.Error("ready before the first state")
	}
	now = now.Add(firstSyncPatience - time.Second)
	if err := check.Check(nil); err == nil {
		t.Error("ready before the first state, within the patience")
	}
	now = now.Add(time.Second)
	if err := check.Check(nil); err != nil {
		t.Errorf("not ready after the patience: %v", err)
	}
	now = now.Add(-time.Minute)
	f.faults["regions"].Release()
	f.waitFor("the first state", func() error { return check.Check(nil) })
}

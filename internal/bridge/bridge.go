package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/internal/server"
	"github.com/bridge-apiserver/bridge-apiserver/internal/standalone"
	"github.com/bridge-apiserver/bridge-apiserver/registry/endpoint"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
	"github.com/bridge-apiserver/bridge-apiserver/registry/storage"
)

// Resource is a declared resource and the adapter that gives access to its records.
type Resource struct {
	Kind *object.Kind
	// Backend is the name of the backend, for logs and metrics.
	Backend string
	Adapter adapters.Adapter
}

// Config is what a server is made from.
type Config struct {
	// Server is the generic server's configuration; its listener is closed when New
	// fails, or when Run returns.
	Server    *server.Config
	Resources []Resource
	// Metrics are exported besides those of the resources while the server runs.
	Metrics []prometheus.Collector
}

// Server serves resources.
type Server struct {
	generic    *genericapiserver.GenericAPIServer
	standalone *standalone.Directory
	listener   net.Listener
	resources  []*resource
	calls      callMetrics
	metrics    []prometheus.Collector
	// restore takes back what the process has been told of storages.
	restore func()
	// installed is closed when every path is there: before, a path that isn't found
	// is answered with 503, because clients act on 404.
	installed chan struct{}
}

// New makes a server. Nothing runs yet, and no backend is asked anything.
func New(config Config) (*Server, error) {
	restore := storage.OverrideFeatureSupport()
	listener := config.Server.Generic.SecureServing.Listener
	s, err := newServer(config)
	if err != nil {
		restore()
		return nil, errors.Join(err, listener.Close())
	}
	s.restore = restore
	return s, nil
}

func newServer(config Config) (*Server, error) {
	s := &Server{
		metrics:    config.Metrics,
		standalone: config.Server.Standalone,
		listener:   config.Server.Generic.SecureServing.Listener,
		calls:      newCallMetrics(),
		installed:  make(chan struct{}),
	}
	completed := config.Server.Generic.Complete()
	generic, err := completed.New("bridge-apiserver", genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, fmt.Errorf("make the server: %w", err)
	}
	s.generic = generic
	if err := generic.RegisterMuxAndDiscoveryCompleteSignal("BridgedKindsInstalled", s.installed); err != nil {
		return nil, fmt.Errorf("register start-up signal: %w", err)
	}
	for _, declared := range config.Resources {
		made, err := newResource(declared, completed, s.calls)
		if err != nil {
			return nil, err
		}
		s.resources = append(s.resources, made)
	}
	endpoint.Install(generic, s.endpoints()...)
	if s.standalone != nil {
		generic.Handler.NonGoRestfulMux.UnlistedHandlePrefix(namespacesPath, withoutNamespaces(generic.Serializer))
	}
	if err := generic.AddReadyzChecks(newFirstSync(s.resources, time.Now)); err != nil {
		return nil, fmt.Errorf("add readiness check: %w", err)
	}
	return s, nil
}

func (s *Server) endpoints() []*endpoint.Endpoint {
	var endpoints []*endpoint.Endpoint
	for _, made := range s.resources {
		endpoints = append(endpoints, made.endpoint)
	}
	return endpoints
}

// Address is what the server listens on.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Run serves until ctx ends, and then until requests in flight are answered. When it
// returns, nothing of the server runs any more.
func (s *Server) Run(ctx context.Context) error {
	defer s.restore()
	prepared := s.generic.PrepareRun()
	if err := endpoint.PublishOpenAPI(s.generic, s.endpoints()...); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	close(s.installed)
	mirrors := &collector{resources: s.resources, gauges: newGauges(), now: time.Now}
	unregister, err := register(append([]prometheus.Collector{s.calls.seconds, mirrors}, s.metrics...)...)
	if err != nil {
		return errors.Join(err, s.listener.Close())
	}
	defer unregister()

	// The feeds end after the last request, not with ctx: a write in flight waits
	// for its own event.
	feeds := s.follow(context.WithoutCancel(ctx))
	defer feeds.stop()
	if s.standalone != nil {
		if err := s.standalone.WriteKubeconfig(s.Address()); err != nil {
			return errors.Join(err, s.listener.Close())
		}
		klog.FromContext(ctx).Info("Serving without a cluster", "address", s.Address(), "kubeconfig", s.standalone.KubeconfigFile())
	}
	if err := prepared.RunWithContext(ctx); err != nil {
		return fmt.Errorf("serve on %s: %w", s.Address(), err)
	}
	return nil
}

// feeds are the goroutines that follow the backends.
type feeds struct {
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// follow starts following every backend.
func (s *Server) follow(ctx context.Context) *feeds {
	ctx, cancel := context.WithCancel(ctx)
	started := &feeds{cancel: cancel}
	for _, made := range s.resources {
		started.running.Go(func() { made.follow(ctx) })
	}
	return started
}

// stop ends them and waits until they have ended.
func (f *feeds) stop() {
	f.cancel()
	f.running.Wait()
}

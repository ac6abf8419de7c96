package server

import (
	"net"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func parse(t *testing.T, arguments ...string) *Options {
	t.Helper()
	options := NewOptions()
	all := pflag.NewFlagSet("test", pflag.ContinueOnError)
	groups := options.Flags()
	for _, flags := range groups.FlagSets {
		all.AddFlagSet(flags)
	}
	if err := all.Parse(arguments); err != nil {
		t.Fatal(err)
	}
	return options
}

func TestThereIsNoEtcdFlag(t *testing.T) {
	groups := NewOptions().Flags()
	for name, flags := range groups.FlagSets {
		flags.VisitAll(func(flag *pflag.Flag) {
			if strings.Contains(flag.Name, "etcd") || strings.Contains(flag.Name, "storage") {
				t.Errorf("group %s has --%s", name, flag.Name)
			}
		})
	}
}

func TestOptionsThatContradictAreRefused(t *testing.T) {
	for _, test := range []struct {
		name      string
		arguments []string
		want      string // empty: accepted
	}{
		{"defaults", nil, ""},
		{"standalone", []string{"--standalone=x"}, ""},
		{"standalone on a free port", []string{"--standalone=x", "--secure-port=0"}, ""},
		{"standalone on another loopback address", []string{"--standalone=x", "--bind-address=::1"}, ""},
		{"no port", []string{"--secure-port=0"}, "--secure-port=0"},
		{"standalone for everybody", []string{"--standalone=x", "--bind-address=192.0.2.1"}, "--bind-address=192.0.2.1"},
		{"standalone with a cluster", []string{"--standalone=x", "--kubeconfig=k"}, "--kubeconfig=k"},
		{"standalone with a certificate", []string{"--standalone=x", "--tls-cert-file=c"}, "--tls-cert-file=c"},
		{"negative timeout", []string{"--request-timeout=-1s"}, "request-timeout"},
		{"all at once", []string{"--request-timeout=-1s", "--goaway-chance=1"}, "goaway-chance"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := parse(t, test.arguments...).Validate()
			if test.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v doesn't name %s", err, test.want)
			}
		})
	}
}

func TestShutdownDelayHasADefaultForEachMode(t *testing.T) {
	for _, test := range []struct {
		name      string
		arguments []string
		zero      bool
	}{
		{"a cluster needs time to notice", nil, false},
		{"nobody has to notice", []string{"--standalone=x"}, true},
		{"unless told otherwise", []string{"--standalone=x", "--shutdown-delay-duration=5s"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := parse(t, test.arguments...)
			options.applyDefaults()
			if zero := options.Run.ShutdownDelayDuration == 0; zero != test.zero {
				t.Errorf("delay %v", options.Run.ShutdownDelayDuration)
			}
		})
	}
}

func TestWithoutClusterTheErrorNamesTheWaysOut(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	options := parse(t, "--secure-port=1")
	_, err := options.Config()
	if err == nil {
		t.Fatal("no error")
	}
	for _, way := range []string{"--kubeconfig", "--standalone"} {
		if !strings.Contains(err.Error(), way) {
			t.Errorf("error %q doesn't name %s", err, way)
		}
	}
}

func TestStandaloneListensOnLoopbackOnly(t *testing.T) {
	options := parse(t, "--standalone="+t.TempDir(), "--secure-port=0")
	config, err := options.Config()
	if err != nil {
		t.Fatal(err)
	}
	listener := config.Generic.SecureServing.Listener
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	})
	if address := listener.Addr().String(); !strings.HasPrefix(address, "127.0.0.1:") || strings.HasSuffix(address, ":0") {
		t.Errorf("listens on %s", address)
	}
	if config.Generic.LoopbackClientConfig == nil || config.Generic.EffectiveVersion == nil {
		t.Error("the configuration is not complete")
	}
}

func TestAFailureLeavesNothingOpen(t *testing.T) {
	directory := t.TempDir()
	options := parse(t, "--standalone="+directory, "--secure-port=0", "--tls-min-version=VersionTLS99")
	if _, err := options.Config(); err == nil {
		t.Fatal("an unknown TLS version was accepted")
	}
	address := options.SecureServing.Listener.Addr().String()
	connection, err := net.Dial("tcp", address)
	if err == nil {
		t.Errorf("%s is open: %v", address, connection.Close())
	}
}

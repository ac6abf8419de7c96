package server

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/pflag"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/compatibility"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"

	// The format of --logging-format=json.
	_ "k8s.io/component-base/logs/json/register"
)

// DefaultPort is what the server listens on unless told otherwise. It needs no
// privilege.
const DefaultPort = 8443

// Options are the command-line options of the server.
type Options struct {
	SecureServing  *genericoptions.SecureServingOptionsWithLoopback
	Authentication *genericoptions.DelegatingAuthenticationOptions
	Authorization  *genericoptions.DelegatingAuthorizationOptions
	Audit          *genericoptions.AuditOptions
	Features       *genericoptions.FeatureOptions
	CoreAPI        *genericoptions.CoreAPIOptions
	Admission      *genericoptions.AdmissionOptions
	Tracing        *genericoptions.TracingOptions
	Run            *genericoptions.ServerRunOptions
	Logs           *logsapi.LoggingConfiguration

	// Standalone is a directory for certificates and a kubeconfig. If it is set, no
	// cluster is needed or used.
	Standalone string

	generic *pflag.FlagSet
}

// NewOptions returns the defaults.
func NewOptions() *Options {
	serving := genericoptions.NewSecureServingOptions()
	serving.BindPort = DefaultPort
	// The usual client is a proxy that puts many long-running requests on one
	// connection.
	serving.HTTP2MaxStreamsPerConnection = 1000
	serving.MinTLSVersion = "VersionTLS12"
	serving.ServerCert.CertDirectory = ""
	serving.ServerCert.PairName = "bridge-apiserver"

	run := genericoptions.NewServerRunOptions()
	// Time for endpoints to converge: requests keep arriving for a while after the
	// signal.
	run.ShutdownDelayDuration = 5 * time.Second
	run.ShutdownSendRetryAfter = true
	run.ShutdownWatchTerminationGracePeriod = 10 * time.Second

	return &Options{
		SecureServing:  serving.WithLoopback(),
		Authentication: genericoptions.NewDelegatingAuthenticationOptions(),
		Authorization:  genericoptions.NewDelegatingAuthorizationOptions(),
		Audit:          genericoptions.NewAuditOptions(),
		Features:       genericoptions.NewFeatureOptions(),
		CoreAPI:        genericoptions.NewCoreAPIOptions(),
		Admission:      genericoptions.NewAdmissionOptions(),
		Tracing:        genericoptions.NewTracingOptions(),
		Run:            run,
		Logs:           logs.NewOptions(),
	}
}

// Flags returns the flags in named groups.
func (o *Options) Flags() cliflag.NamedFlagSets {
	var sets cliflag.NamedFlagSets
	sets.FlagSet("standalone").StringVar(&o.Standalone, "standalone", o.Standalone, ""+
		"Run without a cluster: make a certificate authority, a serving certificate and an administrator's client "+
		"certificate in this directory, write a kubeconfig there, listen on loopback only and allow system:masters only. "+
		"With --secure-port=0 a free port is chosen and written into the kubeconfig.")
	o.SecureServing.AddFlags(sets.FlagSet("serving"))
	o.Authentication.AddFlags(sets.FlagSet("authentication"))
	o.Authorization.AddFlags(sets.FlagSet("authorization"))
	o.Audit.AddFlags(sets.FlagSet("audit"))
	o.Admission.AddFlags(sets.FlagSet("admission"))
	o.Features.AddFlags(sets.FlagSet("features"))
	o.CoreAPI.AddFlags(sets.FlagSet("core API"))
	o.Tracing.AddFlags(sets.FlagSet("tracing"))
	o.addRunFlags(&sets)
	logsapi.AddFlags(o.Logs, sets.FlagSet("logs"))
	return sets
}

// addRunFlags adds the generic flags that mean something to a server without etcd.
func (o *Options) addRunFlags(sets *cliflag.NamedFlagSets) {
	flags := sets.FlagSet("generic")
	o.generic = flags
	flags.StringVar(&o.Run.ExternalHost, "external-hostname", o.Run.ExternalHost,
		"Host name for URLs that point to this server.")
	flags.IntVar(&o.Run.MaxRequestsInFlight, "max-requests-inflight", o.Run.MaxRequestsInFlight,
		"Bound of concurrent requests that don't change anything; together with --max-mutating-requests-inflight the total that priority and fairness shares out. 0 is no limit.")
	flags.IntVar(&o.Run.MaxMutatingRequestsInFlight, "max-mutating-requests-inflight", o.Run.MaxMutatingRequestsInFlight,
		"Bound of concurrent writing requests; see --max-requests-inflight. 0 is no limit.")
	flags.DurationVar(&o.Run.RequestTimeout, "request-timeout", o.Run.RequestTimeout,
		"Time that a request may take, other than a watch, before it is given up.")
	flags.IntVar(&o.Run.MinRequestTimeout, "min-request-timeout", o.Run.MinRequestTimeout,
		"Seconds that a watch lasts at least before it is ended to spread load; the end is drawn between this and twice this.")
	flags.Float64Var(&o.Run.GoawayChance, "goaway-chance", o.Run.GoawayChance,
		"Probability with which an HTTP/2 client is told to reconnect, to spread load over replicas. At most .02; 0 is never.")
	flags.Int64Var(&o.Run.MaxRequestBodyBytes, "max-request-body-bytes", o.Run.MaxRequestBodyBytes,
		"Size of a request body, in bytes, above which it is answered with 413. 0 is no limit.")
	flags.DurationVar(&o.Run.LivezGracePeriod, "livez-grace-period", o.Run.LivezGracePeriod,
		"Time after start during which unfinished start-up steps don't make /livez fail.")
	flags.DurationVar(&o.Run.ShutdownDelayDuration, "shutdown-delay-duration", o.Run.ShutdownDelayDuration,
		"Time to go on serving after the signal to end, with /readyz failing, so that no more requests are sent here. With --standalone the default is 0.")
	flags.BoolVar(&o.Run.ShutdownSendRetryAfter, "shutdown-send-retry-after", o.Run.ShutdownSendRetryAfter,
		"Answer requests that arrive after --shutdown-delay-duration with 429 and Retry-After until the others are finished.")
	flags.DurationVar(&o.Run.ShutdownWatchTerminationGracePeriod, "shutdown-watch-termination-grace-period", o.Run.ShutdownWatchTerminationGracePeriod,
		"Time in which open watches are ended, a few at a time, when the server ends.")
	compatibility.DefaultComponentGlobalsRegistry.AddFlags(flags)
}

// changed reports whether the user has given the flag of the generic group.
func (o *Options) changed(flag string) bool {
	return o.generic != nil && o.generic.Changed(flag)
}

// Validate returns everything that is wrong with the options.
func (o *Options) Validate() error {
	var problems []error
	problems = append(problems, o.SecureServing.Validate()...)
	problems = append(problems, o.Audit.Validate()...)
	problems = append(problems, o.Features.Validate()...)
	problems = append(problems, o.Run.Validate()...)
	if o.Standalone != "" {
		problems = append(problems, o.validateStandalone()...)
		return errors.Join(problems...)
	}
	problems = append(problems, o.Authentication.Validate()...)
	problems = append(problems, o.Authorization.Validate()...)
	problems = append(problems, o.CoreAPI.Validate()...)
	problems = append(problems, o.Admission.Validate()...)
	if o.SecureServing.BindPort == 0 && o.SecureServing.Listener == nil {
		problems = append(problems, errors.New("--secure-port=0 is only possible with --standalone: give a port between 1 and 65535"))
	}
	return errors.Join(problems...)
}

// validateStandalone refuses options that --standalone would ignore.
func (o *Options) validateStandalone() []error {
	var problems []error
	conflict := func(flag, value string) {
		if value != "" {
			problems = append(problems, fmt.Errorf("--%s=%s cannot be combined with --standalone, which uses no cluster and makes its own certificates: remove one of them", flag, value))
		}
	}
	conflict("kubeconfig", o.CoreAPI.CoreAPIKubeconfigPath)
	conflict("authentication-kubeconfig", o.Authentication.RemoteKubeConfigFile)
	conflict("authorization-kubeconfig", o.Authorization.RemoteKubeConfigFile)
	conflict("client-ca-file", o.Authentication.ClientCert.ClientCA)
	conflict("requestheader-client-ca-file", o.Authentication.RequestHeader.ClientCAFile)
	conflict("tls-cert-file", o.SecureServing.ServerCert.CertKey.CertFile)
	conflict("tls-private-key-file", o.SecureServing.ServerCert.CertKey.KeyFile)
	conflict("admission-control-config-file", o.Admission.ConfigFile)
	if address := o.SecureServing.BindAddress; !address.IsUnspecified() && !address.IsLoopback() {
		problems = append(problems, fmt.Errorf("--bind-address=%s cannot be combined with --standalone, which listens on loopback only: remove it, or give 127.0.0.1 or ::1", address))
	}
	return problems
}

// loopbackAddress is what --standalone listens on.
func (o *Options) loopbackAddress() net.IP {
	if o.SecureServing.BindAddress.IsLoopback() {
		return o.SecureServing.BindAddress
	}
	return net.IPv4(127, 0, 0, 1)
}

// ApplyLogging makes the logging options effective. It can be done once in a process.
func (o *Options) ApplyLogging() error {
	if err := logsapi.ValidateAndApply(o.Logs, utilfeature.DefaultFeatureGate); err != nil {
		return fmt.Errorf("logging options: %w", err)
	}
	return nil
}

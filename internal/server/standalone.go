package server

import (
	"fmt"
	"net"
	"strconv"

	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/path"
	"k8s.io/apiserver/pkg/authorization/union"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"

	"github.com/bridge-apiserver/bridge-apiserver/internal/standalone"
)

// healthPaths are served to everybody, so that a probe needs no credentials.
var healthPaths = []string{"/healthz", "/readyz", "/livez"}

// applyStandalone needs no cluster: certificates of its own, system:masters may do
// everything, anonymous requests are refused. Requests are bounded by number, since
// priority and fairness keeps its configuration in a cluster.
func (o *Options) applyStandalone(config *Config) error {
	generic := &config.Generic.Config
	directory, err := standalone.Open(o.Standalone)
	if err != nil {
		return err
	}
	config.Standalone = directory

	o.SecureServing.BindAddress = o.loopbackAddress()
	if o.SecureServing.Listener == nil {
		address := net.JoinHostPort(o.SecureServing.BindAddress.String(), strconv.Itoa(o.SecureServing.BindPort))
		// The generic options would take port 0 for 'do not serve'.
		if o.SecureServing.Listener, err = net.Listen("tcp", address); err != nil {
			return fmt.Errorf("listen on %s (--secure-port=0 chooses a free port): %w", address, err)
		}
	}
	generic.PublicAddress = o.SecureServing.BindAddress
	o.SecureServing.ServerCert.CertKey.CertFile = directory.ServingCertificateFile()
	o.SecureServing.ServerCert.CertKey.KeyFile = directory.ServingKeyFile()
	if err := o.applyServing(generic); err != nil {
		return err
	}
	if err := authenticateStandalone(generic, directory); err != nil {
		return err
	}
	if err := authorizeStandalone(generic); err != nil {
		return err
	}
	features := *o.Features
	features.EnablePriorityAndFairness = false
	return features.ApplyTo(generic, nil, nil)
}

func authenticateStandalone(config *genericapiserver.Config, directory *standalone.Directory) error {
	authority, err := dynamiccertificates.NewDynamicCAContentFromFile("client-ca", directory.AuthorityFile())
	if err != nil {
		return fmt.Errorf("read certificate authority: %w", err)
	}
	anonymous := &apiserver.AnonymousAuthConfig{Enabled: true}
	for _, health := range healthPaths {
		anonymous.Conditions = append(anonymous.Conditions, apiserver.AnonymousAuthCondition{Path: health})
	}
	delegating := authenticatorfactory.DelegatingAuthenticatorConfig{
		Anonymous:                          anonymous,
		ClientCertificateCAContentProvider: authority,
	}
	authenticator, _, err := delegating.New()
	if err != nil {
		return fmt.Errorf("make authenticator: %w", err)
	}
	config.Authentication.Authenticator = authenticator
	return config.Authentication.ApplyClientCert(authority, config.SecureServing)
}

func authorizeStandalone(config *genericapiserver.Config) error {
	health, err := path.NewAuthorizer(healthPaths)
	if err != nil {
		return fmt.Errorf("make authorizer for health checks: %w", err)
	}
	config.Authorization.Authorizer, err = union.New(
		union.NamedAuthorizer{AuthorizerName: "privileged-group", Authorizer: authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup)},
		union.NamedAuthorizer{AuthorizerName: "health-checks", Authorizer: health},
	)
	if err != nil {
		return fmt.Errorf("make authorizer: %w", err)
	}
	return nil
}

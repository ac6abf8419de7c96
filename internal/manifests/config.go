package manifests

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// The defaults of a [Config].
const (
	DefaultNamespace      = "bridge-system"
	DefaultTLSSecret      = "bridge-apiserver-tls"
	DefaultBackendsSecret = "bridge-apiserver-backends"
)

// Config says what to make manifests for.
type Config struct {
	// Files are the mapping files and directories, as [v1alpha1.Load] takes them.
	Files []string
	// Namespace to run in, and Image to run.
	Namespace, Image string
	// TLSSecret names the Secret of type kubernetes.io/tls with the serving certificate.
	TLSSecret string
	// BackendsSecret names the Secret with what dsnFrom and tls files of the mapping
	// refer to: its keys are the environment variables' and the files' names.
	BackendsSecret string
	// CABundle is the PEM of the authority of the serving certificate. Without it and
	// without Certificate, the cluster checks against the roots of its own machines.
	CABundle []byte
	// Certificate names a cert-manager Certificate, as namespace/name, whose authority
	// cert-manager puts into the APIServices.
	Certificate string
	// AggregateRoles adds the roles for the resources to the cluster's view and edit.
	AggregateRoles bool
}

// validate reports every fault of the configuration.
func (c *Config) validate() error {
	var faults []error
	fault := func(format string, arguments ...any) {
		faults = append(faults, fmt.Errorf(format, arguments...))
	}
	for _, name := range []struct{ flag, value string }{{"namespace", c.Namespace}, {"tls-secret", c.TLSSecret}, {"backends-secret", c.BackendsSecret}} {
		for _, problem := range validation.IsDNS1123Label(name.value) {
			fault("--%s=%s: %s", name.flag, name.value, problem)
		}
	}
	if c.Image == "" || strings.ContainsAny(c.Image, " \t\r\n") {
		fault("--image=%s: must be the reference of a container image, such as registry.example.com/bridge-apiserver:v1.0.0", c.Image)
	}
	if len(c.CABundle) > 0 && c.Certificate != "" {
		fault("--ca-bundle and --inject-ca-from exclude each other: give the authority yourself, or let cert-manager do it")
	}
	if c.Certificate != "" && !isCertificateReference(c.Certificate) {
		fault("--inject-ca-from=%s: must be namespace/name of a cert-manager Certificate", c.Certificate)
	}
	if len(c.CABundle) > 0 {
		if err := checkBundle(c.CABundle); err != nil {
			fault("--ca-bundle: %w", err)
		}
	}
	return errors.Join(faults...)
}

func isCertificateReference(reference string) bool {
	namespace, name, found := strings.Cut(reference, "/")
	return found && len(validation.IsDNS1123Label(namespace)) == 0 && len(validation.IsDNS1123Subdomain(name)) == 0
}

// checkBundle refuses what the API server would refuse, and a bundle with a key in it.
func checkBundle(bundle []byte) error {
	certificates := 0
	for rest := bundle; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("has a block of type %s: it must hold certificates only", block.Type)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Errorf("certificate %d: %w", certificates+1, err)
		}
		certificates++
	}
	if certificates == 0 {
		return errors.New("holds no certificate in PEM")
	}
	return nil
}

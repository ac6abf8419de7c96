package standalone

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	certutil "k8s.io/client-go/util/cert"
)

// AdministratorName is the user name in the administrator's client certificate. The
// user is in the group system:masters.
const AdministratorName = "bridge-admin"

const clusterName = "bridge-apiserver"

// Directory holds the authority, the certificates and the kubeconfig of one server.
type Directory struct {
	path          string
	authority     pair
	administrator pair
}

// Open makes the directory ready: what is missing or expires within three months is
// made, everything else is used as it is. It fails if a file is there and cannot be
// used.
func Open(path string) (*Directory, error) {
	return open(path, time.Now())
}

func open(path string, now time.Time) (*Directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make directory of --standalone: %w", err)
	}
	d := &Directory{path: path}
	authority, found, err := load(d.AuthorityFile(), d.file("ca.key"))
	if err != nil {
		return nil, err
	}
	if !found || authority.expiresSoon(now) {
		if authority, err = newAuthority(now); err != nil {
			return nil, err
		}
		if err := store(authority, d.AuthorityFile(), d.file("ca.key")); err != nil {
			return nil, err
		}
	}
	d.authority = authority

	if _, err := d.ensure(now, d.ServingCertificateFile(), d.ServingKeyFile(), servingTemplate()); err != nil {
		return nil, err
	}
	d.administrator, err = d.ensure(now, d.file("admin.crt"), d.file("admin.key"), administratorTemplate())
	return d, err
}

// AuthorityFile is the certificate that signs the others: client certificates are
// checked against it, and clients check the server against it.
func (d *Directory) AuthorityFile() string { return d.file("ca.crt") }

// ServingCertificateFile is the server's certificate, for localhost and its addresses.
func (d *Directory) ServingCertificateFile() string { return d.file("serving.crt") }

// ServingKeyFile is the private key of the serving certificate.
func (d *Directory) ServingKeyFile() string { return d.file("serving.key") }

// KubeconfigFile is where WriteKubeconfig writes.
func (d *Directory) KubeconfigFile() string { return d.file("kubeconfig") }

func (d *Directory) file(name string) string { return filepath.Join(d.path, name) }

// WriteKubeconfig writes the administrator's kubeconfig for a server at address
// (host:port), readable by its owner only, in one step.
func (d *Directory) WriteKubeconfig(address string) error {
	key, err := d.administrator.encodeKey()
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[clusterName] = &clientcmdapi.Cluster{
		Server:                   "https://" + address,
		CertificateAuthorityData: encodeCertificate(d.authority),
	}
	config.AuthInfos[AdministratorName] = &clientcmdapi.AuthInfo{
		ClientCertificateData: encodeCertificate(d.administrator),
		ClientKeyData:         key,
	}
	config.Contexts[clusterName] = &clientcmdapi.Context{Cluster: clusterName, AuthInfo: AdministratorName}
	config.CurrentContext = clusterName
	content, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("encode kubeconfig: %w", err)
	}
	return writeFile(d.KubeconfigFile(), content, 0o600)
}

// ensure returns the certificate in these files, made anew from template where it is
// missing, expires soon or was signed by another authority.
func (d *Directory) ensure(now time.Time, certificateFile, keyFile string, template *x509.Certificate) (pair, error) {
	existing, found, err := load(certificateFile, keyFile)
	if err != nil {
		return pair{}, err
	}
	if found && !existing.expiresSoon(now) && existing.certificate.CheckSignatureFrom(d.authority.certificate) == nil {
		return existing, nil
	}
	template.NotBefore = now.Add(-clockSkew)
	template.NotAfter = now.Add(certificateLifetime)
	made, err := issue(template, &d.authority)
	if err != nil {
		return pair{}, err
	}
	return made, store(made, certificateFile, keyFile)
}

func servingTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: "localhost"},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func administratorTemplate() *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: AdministratorName, Organization: []string{user.SystemPrivilegedGroup}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

func encodeCertificate(p pair) []byte {
	encoded, err := certutil.EncodeCertificates(p.certificate)
	if err != nil {
		// Encoding a parsed certificate writes to memory only.
		panic(fmt.Sprintf("encode certificate %q: %v", p.certificate.Subject.CommonName, err))
	}
	return encoded
}

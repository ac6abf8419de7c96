package standalone

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/tools/clientcmd"
	certutil "k8s.io/client-go/util/cert"
)

// The kubeconfig is all that an administrator needs: it trusts the server's
// certificate, and its own certificate is one that the server trusts.
func TestKubeconfigIsEnoughToConnect(t *testing.T) {
	directory := mustOpen(t, t.TempDir(), time.Now())
	if err := directory.WriteKubeconfig("127.0.0.1:1234"); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", directory.KubeconfigFile())
	if err != nil {
		t.Fatal(err)
	}
	if config.Host != "https://127.0.0.1:1234" {
		t.Errorf("host %q", config.Host)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(config.CAData)
	serving := readCertificate(t, directory.ServingCertificateFile())
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		if err := serving.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if _, err := serving.Verify(x509.VerifyOptions{Roots: trusted}); err != nil {
		t.Errorf("the kubeconfig doesn't trust the server: %v", err)
	}
	clients, err := certutil.ParseCertsPEM(config.CertData)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clients[0].Verify(x509.VerifyOptions{Roots: trusted, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Errorf("the server would not trust the client: %v", err)
	}
	if groups := clients[0].Subject.Organization; len(groups) != 1 || groups[0] != user.SystemPrivilegedGroup {
		t.Errorf("groups %v", groups)
	}
}

func TestSecretsAreReadableByTheirOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "here")
	directory := mustOpen(t, path, time.Now())
	if err := directory.WriteKubeconfig("127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.key", "serving.key", "admin.key", "kubeconfig"} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
	left, err := filepath.Glob(filepath.Join(path, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
}

func TestCertificatesAcrossRestarts(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		name      string
		restart   time.Time
		authority bool // kept
		serving   bool // kept
	}{
		{"a restart keeps everything", now.Add(time.Hour), true, true},
		{"near the end of the certificates, they are renewed", now.Add(certificateLifetime - renewalMargin + time.Hour), true, false},
		{"near the end of the authority, everything is", now.Add(authorityLifetime - renewalMargin + time.Hour), false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := t.TempDir()
			directory := mustOpen(t, path, now)
			authority, serving := readFile(t, directory.AuthorityFile()), readFile(t, directory.ServingCertificateFile())
			mustOpen(t, path, test.restart)
			if kept := bytes.Equal(authority, readFile(t, directory.AuthorityFile())); kept != test.authority {
				t.Errorf("authority kept: %v", kept)
			}
			if kept := bytes.Equal(serving, readFile(t, directory.ServingCertificateFile())); kept != test.serving {
				t.Errorf("serving certificate kept: %v", kept)
			}
		})
	}
}

func TestDamagedFilesAreNamed(t *testing.T) {
	for _, name := range []string{"ca.crt", "ca.key", "serving.key", "admin.crt"} {
		path := t.TempDir()
		mustOpen(t, path, time.Now())
		if err := os.WriteFile(filepath.Join(path, name), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !bytes.Contains([]byte(err.Error()), []byte(filepath.Join(path, name))) {
			t.Errorf("%s: error %v doesn't name the file", name, err)
		}
	}
}

func TestKeyOfAnotherCertificateIsRefused(t *testing.T) {
	path := t.TempDir()
	mustOpen(t, path, time.Now())
	other := readFile(t, filepath.Join(path, "admin.key"))
	if err := os.WriteFile(filepath.Join(path, "serving.key"), other, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil {
		t.Error("a key that doesn't belong to the certificate was accepted")
	}
}

func mustOpen(t *testing.T, path string, now time.Time) *Directory {
	t.Helper()
	directory, err := open(path, now)
	if err != nil {
		t.Fatal(err)
	}
	return directory
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func readCertificate(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	certificates, err := certutil.CertsFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return certificates[0]
}

package standalone

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"k8s.io/client-go/util/keyutil"
)

const (
	authorityLifetime   = 10 * 365 * 24 * time.Hour
	certificateLifetime = 365 * 24 * time.Hour
	// A certificate with less than this left is made anew at start.
	renewalMargin = 90 * 24 * time.Hour
	// Certificates are valid from a little before they are made, for clocks that
	// differ slightly (containers, virtual machines).
	clockSkew = 5 * time.Minute
)

// pair is a certificate and its private key.
type pair struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// expiresSoon reports whether the certificate should be replaced at now.
func (p pair) expiresSoon(now time.Time) bool {
	return p.certificate.NotAfter.Before(now.Add(renewalMargin))
}

// newAuthority makes a certificate authority.
func newAuthority(now time.Time) (pair, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "bridge-apiserver standalone CA"},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(authorityLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	return issue(template, nil)
}

// issue makes a key and a certificate for it, signed by authority, or by the new
// key itself if authority is nil.
func issue(template *x509.Certificate, authority *pair) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, fmt.Errorf("generate key for %q: %w", template.Subject.CommonName, err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return pair{}, fmt.Errorf("generate serial number for %q: %w", template.Subject.CommonName, err)
	}
	template.SerialNumber = serial
	issuer := pair{certificate: template, key: key}
	if authority != nil {
		issuer = *authority
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		return pair{}, fmt.Errorf("sign certificate for %q: %w", template.Subject.CommonName, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return pair{}, fmt.Errorf("parse new certificate for %q: %w", template.Subject.CommonName, err)
	}
	return pair{certificate: certificate, key: key}, nil
}

// encodeKey returns the private key in PEM.
func (p pair) encodeKey() ([]byte, error) {
	encoded, err := keyutil.MarshalPrivateKeyToPEM(p.key)
	if err != nil {
		return nil, fmt.Errorf("encode private key of %q: %w", p.certificate.Subject.CommonName, err)
	}
	return encoded, nil
}

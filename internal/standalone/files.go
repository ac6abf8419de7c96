package standalone

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// load reads a certificate and its key. It returns false if neither file exists.
func load(certificateFile, keyFile string) (pair, bool, error) {
	certificates, err := certutil.CertsFromFile(certificateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return pair{}, false, nil
	}
	if err != nil {
		return pair{}, false, fmt.Errorf("read certificate %s: %w; delete the file to have it made anew", certificateFile, err)
	}
	private, err := keyutil.PrivateKeyFromFile(keyFile)
	if err != nil {
		return pair{}, false, fmt.Errorf("read private key %s: %w; delete it and %s to have them made anew", keyFile, err, certificateFile)
	}
	key, ok := private.(crypto.Signer)
	if !ok {
		return pair{}, false, fmt.Errorf("private key %s cannot sign; delete it and %s to have them made anew", keyFile, certificateFile)
	}
	public, ok := certificates[0].PublicKey.(*ecdsa.PublicKey)
	if !ok || !public.Equal(key.Public()) {
		return pair{}, false, fmt.Errorf("private key %s does not belong to %s; delete both to have them made anew", keyFile, certificateFile)
	}
	return pair{certificate: certificates[0], key: key}, true, nil
}

// store writes a certificate and its key, the key first: a certificate without its
// key would look like damage at the next start.
func store(p pair, certificateFile, keyFile string) error {
	key, err := p.encodeKey()
	if err != nil {
		return err
	}
	if err := writeFile(keyFile, key, 0o600); err != nil {
		return err
	}
	return writeFile(certificateFile, encodeCertificate(p), 0o644)
}

// writeFile replaces a file in one step: a reader sees the old content or the new
// one, also after a crash.
func writeFile(path string, content []byte, mode fs.FileMode) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), file.Close(), removeIfPresent(file.Name()))
		}
	}()
	if err := file.Chmod(mode); err != nil {
		return err
	}
	if _, err := file.Write(content); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return file.Close()
}

func removeIfPresent(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

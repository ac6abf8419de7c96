package sqltest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

const (
	userName     = "bridge"
	userPassword = "bridge"
)

// accounts makes the user of [Server.DSN]: everything allowed, from any address. The
// first statement loads the grant tables, which bootstrap mode leaves out.
const accounts = `FLUSH PRIVILEGES;
CREATE USER '` + userName + `'@'%' IDENTIFIED BY '` + userPassword + `';
GRANT ALL PRIVILEGES ON *.* TO '` + userName + `'@'%' WITH GRANT OPTION;
`

// installOptions keep the data directory small: every server starts with a copy of it.
var installOptions = []string{"--innodb-log-file-size=8M"}

// installation is the MariaDB that is installed on this machine.
type installation struct {
	daemon string
	// template is a data directory that servers start from.
	template string
}

var installed = sync.OnceValues(install)

// install finds MariaDB and makes the template, which is kept in the user's cache
// directory: making it takes longer than most tests.
func install() (installation, error) {
	daemon, err := find("mariadbd", "mysqld")
	if err != nil {
		return installation{}, err
	}
	installer, err := find("mariadb-install-db", "mysql_install_db")
	if err != nil {
		return installation{}, err
	}
	version, err := exec.Command(daemon, "--no-defaults", "--version").Output()
	if err != nil {
		return installation{}, fmt.Errorf("asking %s for its version: %w", daemon, err)
	}
	if !strings.Contains(string(version), "MariaDB") {
		return installation{}, fmt.Errorf("%s is not MariaDB but %q; install MariaDB: apt-get install mariadb-server", daemon, version)
	}
	template, err := templateDirectory(string(version))
	if err != nil {
		return installation{}, err
	}
	found := installation{daemon: daemon, template: template}
	if _, err := os.Stat(template); err == nil {
		return found, nil
	}
	return found, found.makeTemplate(installer)
}

// find looks on the PATH and where distributions put servers.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, directory := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/bin", "/opt/homebrew/bin"} {
			if path, err := exec.LookPath(filepath.Join(directory, name)); err == nil {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s is not installed, and this test needs a real MariaDB: apt-get install mariadb-server", names[0])
}

// templateDirectory names the template of one version, one set of options and one user.
func templateDirectory(version string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "bridge-apiserver", "mariadb")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("making the cache directory: %w", err)
	}
	sum := sha256.Sum256(fmt.Append(nil, version, accounts, installOptions, os.Getuid()))
	return filepath.Join(cache, fmt.Sprintf("%x", sum[:8])), nil
}

// makeTemplate builds beside the final place and renames, so that a template is
// either complete or absent, whoever else is building it.
func (i installation) makeTemplate(installer string) error {
	building, err := os.MkdirTemp(filepath.Dir(i.template), "building-")
	if err != nil {
		return fmt.Errorf("making the template: %w", err)
	}
	defer os.RemoveAll(building)
	common := append([]string{"--no-defaults", "--datadir=" + building}, userOptions()...)
	common = append(common, installOptions...)
	create := exec.Command(installer, append(common, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	if output, err := create.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", create, err, output)
	}
	bootstrap := exec.Command(i.daemon, append(common, "--bootstrap")...)
	bootstrap.Stdin = strings.NewReader(accounts)
	if output, err := bootstrap.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", bootstrap, err, output)
	}
	if err := os.Rename(building, i.template); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("putting the template in place: %w", err)
	}
	return nil
}

// userOptions let root run the server, which it refuses to by default.
func userOptions() []string {
	if os.Getuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

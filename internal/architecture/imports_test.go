package architecture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/bridge-apiserver/bridge-apiserver"

// rule forbids imports to the packages that it applies to.
type rule struct {
	why string
	// packages are import paths, of which everything below counts too; but are the
	// exceptions. Ours are written without the module's name.
	packages, but []string
	// forbidden imports, and what of them is allowed nevertheless. "own" stands for
	// this module, "others" for every module that is not the standard library's.
	forbidden, allowed []string
}

var rules = []rule{
	{
		why:      "the contract is what adapters and the Kubernetes side share, so it knows neither",
		packages: []string{"adapters"}, but: concreteAdapters,
		forbidden: []string{"own", "others"},
	},
	{
		why:      "an adapter is written from the contract alone, so that a backend can be added without knowing Kubernetes or another adapter",
		packages: []string{"adapters/memory"}, forbidden: append(kubernetes, "own"), allowed: []string{"adapters", "adapters/memory"},
	},
	{
		why:      "an adapter is written from the contract alone, so that a backend can be added without knowing Kubernetes or another adapter",
		packages: []string{"adapters/sql"}, forbidden: append(kubernetes, "own"), allowed: []string{"adapters", "adapters/sql", "adapters/internal"},
	},
	{
		why:      "an adapter is written from the contract alone, so that a backend can be added without knowing Kubernetes or another adapter",
		packages: []string{"adapters/grpc"}, forbidden: append(kubernetes, "own"), allowed: []string{"adapters", "adapters/grpc", "adapters/internal", "proto"},
	},
	{
		why:      "the suite judges every adapter by the contract, so it prefers none",
		packages: []string{"adapters/adaptertest"}, forbidden: append(kubernetes, "own"), allowed: []string{"adapters", "adapters/adaptertest"},
	},
	{
		why:      "the Kubernetes side works with any adapter; which one is decided where the program is put together",
		packages: []string{"registry"}, forbidden: concreteAdapters,
	},
	{
		why:      "packages below internal serve the program as a whole, and the Kubernetes side can be used without it",
		packages: []string{"registry", "apis", "adapters"}, but: []string{"adapters/internal"}, forbidden: []string{"internal", "cmd"},
	},
	{
		why:      "only the program itself knows which adapters there are",
		packages: []string{"internal"}, forbidden: concreteAdapters,
	},
	{
		why:      "tools and other programs read mapping files without pulling in a server",
		packages: []string{"apis"}, forbidden: []string{"own", "others"},
		allowed: []string{"apis", "k8s.io/apimachinery", "sigs.k8s.io/yaml", "go.yaml.in/yaml"},
	},
	{
		why:      "the mirror knows records and revisions; what Kubernetes makes of them is the storage's matter",
		packages: []string{"registry/mirror"}, forbidden: append(kubernetes, "own"), allowed: []string{"adapters", "registry/mirror"},
	},
	{
		why:      "an object is what the mapping declares, whoever stores or serves it",
		packages: []string{"registry/object"}, forbidden: []string{"registry"}, allowed: []string{"registry/object"},
	},
	{
		why:      "the storage works with any codec and is judged with types that no mapping declares",
		packages: []string{"registry/storage"}, forbidden: []string{"registry", "apis"}, allowed: []string{"registry/storage", "registry/mirror"},
	},
	{
		why:       "the legacy system is the only source of truth: no etcd client is ever made",
		packages:  []string{"own"},
		forbidden: []string{"go.etcd.io", "k8s.io/apiserver/pkg/storage/etcd3", "k8s.io/apiserver/pkg/storage/cacher"},
	},
	{
		why:      "it makes etcd clients; where a storage is put into a registry, its package is needed for the name of a function type",
		packages: []string{"own"}, but: []string{"registry/endpoint"},
		forbidden: []string{"k8s.io/apiserver/pkg/storage/storagebackend/factory"},
	},
	{
		why:      "the vocabulary of requests and storage is separate from how the program is started",
		packages: []string{"own"}, but: []string{"cmd"}, forbidden: []string{"github.com/spf13/cobra"},
	},
	{
		why:      "what only tests need stays out of the program",
		packages: []string{"own"}, but: []string{"adapters/adaptertest", "adapters/sql/sqltest", "internal/storagetest", "test"},
		forbidden: []string{"testing", "pgregory.net/rapid", "go.uber.org/goleak"},
	},
}

var (
	concreteAdapters = []string{"adapters/memory", "adapters/sql", "adapters/grpc", "adapters/adaptertest"}
	kubernetes       = []string{"k8s.io", "sigs.k8s.io"}
)

func TestImports(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 5 {
		t.Fatalf("only %d packages were listed", len(packages))
	}
	for _, listed := range packages {
		for _, imported := range listed.Imports {
			for _, r := range rules {
				if r.forbids(listed.ImportPath, imported) {
					t.Errorf("%s imports %s: %s", shorten(listed.ImportPath), shorten(imported), r.why)
				}
			}
		}
	}
}

// TestRules makes sure that the rules forbid what they are there for.
func TestRules(t *testing.T) {
	cases := []struct {
		from, imported string
		forbidden      bool
	}{
		{"adapters", "fmt", false},
		{"adapters", "k8s.io/klog/v2", true},
		{"adapters", "apis/bridge/v1alpha1", true},
		{"adapters/sql", "adapters", false},
		{"adapters/sql", "adapters/sql/poll", false},
		{"adapters/sql/poll", "adapters/memory", true},
		{"adapters/sql", "github.com/go-sql-driver/mysql", false},
		{"adapters/sql", "k8s.io/apimachinery/pkg/util/wait", true},
		{"adapters/sql", "registry/object", true},
		{"registry/storage", "adapters/memory", true},
		{"registry/storage", "adapters", false},
		{"registry/storage", "registry/mirror", false},
		{"registry/storage", "registry/object", true},
		{"registry/endpoint", "registry/object", false},
		{"registry/mirror", "k8s.io/apiserver/pkg/storage", true},
		{"registry/object", "adapters", false},
		{"apis/bridge/v1alpha1", "k8s.io/apimachinery/pkg/runtime", false},
		{"apis/bridge/v1alpha1", "k8s.io/client-go/rest", true},
		{"apis/bridge/v1alpha1", "adapters", true},
		{"cmd/bridge-apiserver", "adapters/sql", false},
		{"internal/bridge", "adapters/sql", true},
		{"registry/endpoint", "internal/server", true},
		{"internal/server", "go.etcd.io/etcd/client/v3", true},
		{"internal/server", "testing", true},
	}
	for _, c := range cases {
		forbidden := false
		for _, r := range rules {
			forbidden = forbidden || r.forbids(expand(c.from), expand(c.imported))
		}
		if forbidden != c.forbidden {
			t.Errorf("%s importing %s: forbidden is %t, want %t", c.from, c.imported, forbidden, c.forbidden)
		}
	}
}

func (r rule) forbids(from, imported string) bool {
	if !matches(from, r.packages) || matches(from, r.but) {
		return false
	}
	return matches(imported, r.forbidden) && !r.allows(imported)
}

// allows: the contract's own package is allowed without the adapters below it.
func (r rule) allows(imported string) bool {
	for _, allowed := range r.allowed {
		if imported == expand(allowed) {
			return true
		}
		if allowed != "adapters" && matches(imported, []string{allowed}) {
			return true
		}
	}
	return false
}

func matches(path string, patterns []string) bool {
	for _, pattern := range patterns {
		switch pattern {
		case "own":
			if isBelow(path, module) {
				return true
			}
		case "others":
			if !isBelow(path, module) && strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
				return true
			}
		default:
			if isBelow(path, expand(pattern)) {
				return true
			}
		}
	}
	return false
}

func isBelow(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// expand adds the module's name to paths of ours.
func expand(path string) string {
	for _, root := range []string{"adapters", "apis", "cmd", "internal", "proto", "registry", "test"} {
		if isBelow(path, root) {
			return module + "/" + path
		}
	}
	return path
}

func shorten(path string) string { return strings.TrimPrefix(path, module+"/") }

// listed is what the Go tool says of a package.
type listed struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	command := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", module+"/...")
	output, err := command.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, failed.Stderr)
		}
		t.Fatalf("list the packages: %v", err)
	}
	var packages []listed
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for {
		var next listed
		if err := decoder.Decode(&next); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("decode the list of packages: %v", err)
		}
		packages = append(packages, next)
	}
}

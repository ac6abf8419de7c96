package manifests

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	strictyaml "sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files again")

func config(files ...string) Config {
	return Config{
		Files: files, Namespace: DefaultNamespace, Image: "registry.example.com/bridge-apiserver:v1.0.0",
		TLSSecret: DefaultTLSSecret, BackendsSecret: DefaultBackendsSecret,
	}
}

func TestGolden(t *testing.T) {
	plain := config("testdata/erp")
	full := config("testdata/full")
	full.Namespace, full.TLSSecret, full.BackendsSecret = "legacy", "legacy-tls", "legacy-backends"
	full.Certificate, full.AggregateRoles = "legacy/bridge", true
	for name, c := range map[string]Config{"erp": plain, "full": full, "binlog": config("testdata/binlog/binlog.yaml")} {
		t.Run(name, func(t *testing.T) {
			output, err := Generate(c)
			if err != nil {
				t.Fatal(err)
			}
			decodeStrictly(t, output)
			again, err := Generate(c)
			if err != nil || !bytes.Equal(output, again) {
				t.Errorf("differs the second time: %v", err)
			}
			compareGolden(t, filepath.Join("testdata", name+".golden.yaml"), output)
		})
	}
}

// decodeStrictly decodes every document with the client's own types, and fails for
// fields that they don't have.
func decodeStrictly(t *testing.T, output []byte) {
	t.Helper()
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(output)))
	defer documents.Close()
	buffer := make([]byte, 1<<20)
	for {
		n, err := documents.Read(buffer)
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		document := buffer[:n]
		if bytes.Contains(document, []byte("kind: APIService")) {
			if err := strictyaml.UnmarshalStrict(document, &apiService{}); err != nil {
				t.Errorf("%v in:\n%s", err, document)
			}
			continue
		}
		if _, _, err := decoder.Decode(document, nil, nil); err != nil {
			t.Errorf("%v in:\n%s", err, document)
		}
	}
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

func TestChecksumFollowsTheMapping(t *testing.T) {
	data, err := os.ReadFile("testdata/erp/erp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "erp.yaml")
	checksums := make(map[string]bool)
	for _, content := range []string{string(data), string(data) + "# changed\n"} {
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		output, err := Generate(config(file))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(output), checksumAnnotation+": ")
		checksum, _, _ := strings.Cut(rest, "\n")
		checksums[checksum] = true
	}
	if len(checksums) != 2 || checksums[""] {
		t.Errorf("got the checksums %v for two mappings", checksums)
	}
}

func TestBundle(t *testing.T) {
	c := config("testdata/erp")
	c.CABundle = certificate(t)
	output, err := Generate(c)
	if err != nil {
		t.Fatal(err)
	}
	decodeStrictly(t, output)
	var found apiService
	_, document, _ := strings.Cut(string(output), "kind: NetworkPolicy")
	_, document, _ = strings.Cut(document, "---\n")
	if err := strictyaml.Unmarshal([]byte(document), &found); err != nil || !bytes.Equal(found.Spec.CABundle, c.CABundle) {
		t.Errorf("the bundle is not in the APIService (%v):\n%s", err, document)
	}
}

func certificate(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestRefusals(t *testing.T) {
	change := func(change func(*Config)) Config {
		c := config("testdata/erp")
		change(&c)
		return c
	}
	large := filepath.Join(t.TempDir(), "large.yaml")
	data, err := os.ReadFile("testdata/erp/erp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, append(data, "#"+strings.Repeat("x", maxConfigMapSize)+"\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		config Config
		want   string
	}{
		"no image":            {change(func(c *Config) { c.Image = "" }), "--image="},
		"namespace":           {change(func(c *Config) { c.Namespace = "A" }), "--namespace=A"},
		"secret":              {change(func(c *Config) { c.TLSSecret = "" }), "--tls-secret="},
		"both authorities":    {change(func(c *Config) { c.CABundle, c.Certificate = certificate(t), "a/b" }), "exclude each other"},
		"certificate":         {change(func(c *Config) { c.Certificate = "bridge" }), "namespace/name"},
		"bundle is not PEM":   {change(func(c *Config) { c.CABundle = []byte("x") }), "no certificate in PEM"},
		"bundle has a key":    {change(func(c *Config) { c.CABundle = []byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n") }), "PRIVATE KEY"},
		"bundle is damaged":   {change(func(c *Config) { c.CABundle = []byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n") }), "certificate 1"},
		"mapping":             {config("testdata/invalid/mapping.yaml"), `testdata/invalid/mapping.yaml:5:39: spec.mysql.watch`},
		"missing mapping":     {config("testdata/nothing.yaml"), "cannot be read"},
		"dsn":                 {config("testdata/invalid/dsn.yaml"), "use dsnFrom"},
		"file outside":        {config("testdata/invalid/outside.yaml"), "outside the mapping's directory"},
		"reserved directory":  {config("testdata/invalid/reserved.yaml"), "a volume would cover /etc"},
		"same key":            {config("testdata/invalid/same-key.yaml"), "the same key"},
		"key of a secret":     {config("testdata/invalid/key.yaml"), "cannot be a key of a Secret"},
		"descriptors missing": {config("testdata/invalid/descriptors-missing.yaml"), "backend idp: read spec.grpc.descriptorSet"},
		"descriptors outside": {config("testdata/invalid/descriptors-outside.yaml"), "beside the mapping file"},
		"descriptors' name":   {config("testdata/invalid/descriptors-name.yaml"), "end in .binpb"},
		"file name":           {config("testdata/invalid/named.conf"), "must end in .yaml"},
		"too large":           {config(large), "a ConfigMap takes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Generate(c.config)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// TestSameNameTwice: a ConfigMap has no directories.
func TestSameNameTwice(t *testing.T) {
	directory := t.TempDir()
	data, err := os.ReadFile("testdata/erp/erp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	backend, resources, _ := strings.Cut(string(data), "---\n")
	var files []string
	for name, content := range map[string]string{"a": backend, "b": resources} {
		if err := os.Mkdir(filepath.Join(directory, name), 0o755); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(directory, name, "mapping.yaml")
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if _, err := Generate(config(files...)); err == nil || !strings.Contains(err.Error(), "rename one of them") {
		t.Errorf("got %v", err)
	}
}

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// manifests returns what the program prints for the cluster.
func (b *bridge) manifests(t *testing.T) string {
	t.Helper()
	bundle := filepath.Join(b.directory, "bridge-ca.crt")
	if err := os.WriteFile(bundle, b.authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), b.program, "manifests", "--config", b.mapping,
		"--namespace", bridgeNamespace, "--image", "registry.example.com/bridge-apiserver:e2e", "--ca-bundle", bundle)
	output, err := command.Output()
	if err != nil {
		t.Fatalf("bridge-apiserver manifests: %v", err)
	}
	return string(output)
}

// An administrator looks at what the manifests would do before applying them.
func manifestsPassADryRun(t *testing.T, w *world) {
	got := w.admin.withInput(w.manifests).succeed(t, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-")
	mustContain(t, "the dry run", got.output,
		"apiservice.apiregistration.k8s.io/v1.erp.example.com serverside-applied (server dry run)",
		"apiservice.apiregistration.k8s.io/v1beta1.helpdesk.example.com",
		"deployment.apps/"+bridgeService,
		"service/"+bridgeService,
		"serviceaccount/"+bridgeService,
		"poddisruptionbudget.policy/",
		"networkpolicy.networking.k8s.io/",
		"configmap/",
	)
	mustNotContain(t, "the dry run", got.errors, "Warning")
}

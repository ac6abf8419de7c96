package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// Who may do what is decided by the cluster's own rules.
func aUserWithoutRightsIsRefused(t *testing.T, w *world) {
	region := w.region(t, "guarded", row{number: "1", company: "Guarded"})
	stranger, reader := w.person(t, "stranger"), w.person(t, "reader")
	w.admin.run(t, "create", "rolebinding", "read-customers", "-n", region, "--clusterrole=customers.erp.example.com-view", "--user=reader")

	mustEqual(t, "may the admin", w.admin.run(t, "auth", "can-i", "delete", "customers", "-n", region), "yes\n")
	mustEqual(t, "may the stranger", stranger.try(t, "auth", "can-i", "list", "customers", "-n", region).output, "no\n")
	mustEqual(t, "may the reader", reader.run(t, "auth", "can-i", "list", "customers", "-n", region), "yes\n")
	mustEqual(t, "may the reader write", reader.try(t, "auth", "can-i", "update", "customers", "-n", region).output, "no\n")

	stranger.refused(t, []string{"Forbidden", `User "stranger" cannot list resource "customers" in API group "erp.example.com" in the namespace "guarded"`},
		"get", "customers", "-n", region)
	eventually(t, "the reader's new rights are known", func() error {
		if got := reader.try(t, "get", "customers", "-n", region, "-o", "name"); got.status != 0 {
			return missing("customer 1", 0)
		}
		return nil
	})
	reader.refused(t, []string{"Forbidden", `cannot patch resource "customers"`},
		"patch", "customer", "1", "-n", region, "--type=merge", "-p", `{"spec":{"companyName":"Stolen"}}`)
	reader.refused(t, []string{"Forbidden", `cannot delete resource "customers"`}, "delete", "customer", "1", "-n", region)
	reader.refused(t, []string{"Forbidden"}, "get", "customers", "-A")
	mustEqual(t, "the row", w.stored(t, region, "1", "CONCAT_WS('|', CUST_NM, IS_DELETED)"), "Guarded|0")
}

// Asking the bridge directly, without the kube-apiserver in between, doesn't help.
func theBridgeItselfAsksWhoMay(t *testing.T, w *world) {
	region := w.region(t, "direct", row{number: "1", company: "Direct"})
	list := func(user string, groups []string, change func(*rest.Config)) error {
		t.Helper()
		config, err := w.plane.RESTConfig(user, groups...)
		if err != nil {
			t.Fatal(err)
		}
		config.Host = fmt.Sprintf("https://127.0.0.1:%d", w.bridge.port)
		config.CAData = w.bridge.authority.PEM()
		change(config)
		client, err := dynamic.NewForConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Resource(customerResource).Namespace(region).List(t.Context(), metav1.ListOptions{})
		return err
	}
	asItself := func(*rest.Config) {}

	if err := list("admin", []string{"system:masters"}, asItself); err != nil {
		t.Errorf("the administrator is refused: %v", err)
	}
	if err := list("stranger", nil, asItself); !apierrors.IsForbidden(err) {
		t.Errorf("the stranger's list gives %v, not 403", err)
	}
	withoutCertificate := func(config *rest.Config) { config.CertData, config.KeyData = nil, nil }
	if err := list("nobody", nil, withoutCertificate); !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) {
		t.Errorf("a list without credentials gives %v, not 401 or 403", err)
	}
	// Only the kube-apiserver may say in headers who somebody is.
	forged := func(config *rest.Config) {
		config.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(request *http.Request) (*http.Response, error) {
				request.Header.Set("X-Remote-User", "admin")
				request.Header.Set("X-Remote-Group", "system:masters")
				return next.RoundTrip(request)
			})
		})
	}
	if err := list("stranger", nil, forged); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `"stranger"`) {
		t.Errorf("a list with forged headers gives %v, not 403 for the stranger", err)
	}
}

// The cluster's admission policies hold for rows too.
func admissionPoliciesApply(t *testing.T, w *world) {
	region := w.region(t, "policed")
	w.admin.withInput(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-shell-companies}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - {apiGroups: [erp.example.com], apiVersions: [v1], resources: [customers], operations: [CREATE, UPDATE]}
  validations:
  - {expression: "!object.spec.companyName.startsWith('Shell')", message: shell companies are not welcome}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-shell-companies}
spec: {policyName: no-shell-companies, validationActions: [Deny]}
`).run(t, "create", "-f", "-")
	eventually(t, "the policy holds", func() error {
		got := w.admin.withInput(customer(region, "1", "{companyName: Shell Ltd}")).try(t, "create", "--dry-run=server", "-f", "-")
		if got.status == 0 || !strings.Contains(got.errors, "shell companies are not welcome") {
			return fmt.Errorf("create: %s%s", got.output, got.errors)
		}
		return nil
	})
	w.admin.withInput(customer(region, "1", "{companyName: Honest Ltd}")).run(t, "create", "-f", "-")
	w.admin.refused(t, []string{"shell companies are not welcome"},
		"patch", "customer", "1", "-n", region, "--type=merge", "-p", `{"spec":{"companyName":"Shell Ltd"}}`)
	mustEqual(t, "the row", w.stored(t, region, "1", "CUST_NM"), "Honest Ltd")
}

// What the bridge may do in the cluster is what its own informers need.
func theBridgeMayDoLittle(t *testing.T, w *world) {
	bridge := w.person(t, bridgeUser, "system:serviceaccounts", "system:serviceaccounts:"+bridgeNamespace)
	for _, permitted := range []string{"list namespaces", "watch validatingwebhookconfigurations.admissionregistration.k8s.io", "create subjectaccessreviews.authorization.k8s.io"} {
		mustEqual(t, "may the bridge "+permitted, bridge.try(t, append([]string{"auth", "can-i", "-A"}, strings.Fields(permitted)...)...).output, "yes\n")
	}
	for _, forbidden := range []string{
		"get secrets", "list configmaps", "list pods", "create pods", "update namespaces", "impersonate users",
		"list customers.erp.example.com", "update validatingwebhookconfigurations.admissionregistration.k8s.io",
	} {
		got := bridge.try(t, append([]string{"auth", "can-i", "-A"}, strings.Fields(forbidden)...)...)
		mustEqual(t, "may the bridge "+forbidden, got.output, "no\n")
	}
}

package controlplane_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/bridge-apiserver/bridge-apiserver/test/e2e/controlplane"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestControlPlaneKnowsItsUsers(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	plane, err := controlplane.Start(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})

	if !mayListNamespaces(ctx, t, plane, "admin", "system:masters") {
		t.Error("a member of system:masters may not list namespaces")
	}
	if mayListNamespaces(ctx, t, plane, "stranger") {
		t.Error("a user without roles may list namespaces")
	}
}

func mayListNamespaces(ctx context.Context, t *testing.T, plane *controlplane.ControlPlane, user string, groups ...string) bool {
	t.Helper()
	config, err := plane.RESTConfig(user, groups...)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	client, err := kubernetes.NewForConfigAndClient(config, transport)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil && !apierrors.IsForbidden(err) {
		t.Fatal(err)
	}
	return err == nil
}

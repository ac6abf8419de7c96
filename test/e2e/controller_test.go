package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	controllerruntime "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A controller gives every golden customer a credit limit. The customers come from the
// legacy application, and that is where the limits go.
func aControllerReconcilesRows(t *testing.T, w *world) {
	region := w.region(t, "reconciled",
		row{number: "1", company: "Golden", tier: "gold"}, row{number: "2", company: "Plain"})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	manager := newCreditManager(t, w, region)
	go func() { ended <- manager.Start(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the manager ended with %v", err)
		}
	}()
	limit := func(number, want string) {
		t.Helper()
		eventually(t, "customer "+number+" has the limit "+want, func() error {
			if got := w.stored(t, region, number, "CREDIT_LIMIT"); got != want {
				return fmt.Errorf("the row has %s", got)
			}
			return nil
		})
	}
	limit("1", "1000.00")

	w.insert(t, region, row{number: "3", company: "New and golden", tier: "gold"})
	limit("3", "1000.00")
	w.database.Exec(t, `UPDATE CUST_MASTER SET TIER = 'gold' WHERE REGION = ? AND CUST_NO = '2'`, region)
	limit("2", "1000.00")
	w.database.Exec(t, `UPDATE CUST_MASTER SET CREDIT_LIMIT = 0 WHERE REGION = ?`, region)
	limit("1", "1000.00")
	limit("2", "1000.00")
	limit("3", "1000.00")
}

func newCreditManager(t *testing.T, w *world, region string) controllerruntime.Manager {
	t.Helper()
	controllerruntime.SetLogger(logr.Discard())
	manager, err := controllerruntime.NewManager(w.adminConfig(t), controllerruntime.Options{
		Metrics: server.Options{BindAddress: "0"},
		Cache:   cache.Options{DefaultNamespaces: map[string]cache.Config{region: {}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	reconciler := &creditReconciler{client: manager.GetClient()}
	if err := controllerruntime.NewControllerManagedBy(manager).For(newCustomerObject()).Complete(reconciler); err != nil {
		t.Fatal(err)
	}
	return manager
}

func newCustomerObject() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(customerVersion.WithKind("Customer"))
	return object
}

type creditReconciler struct {
	client client.Client
}

// Reconcile implements reconcile.Reconciler.
func (r *creditReconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	object := newCustomerObject()
	if err := r.client.Get(ctx, request.NamespacedName, object); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	limit, _, err := unstructured.NestedString(object.Object, "spec", "creditLimit")
	if err != nil || limit != "0.00" || object.GetLabels()["tier"] != "gold" {
		return reconcile.Result{}, err
	}
	if err := unstructured.SetNestedField(object.Object, "1000.00", "spec", "creditLimit"); err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{}, r.client.Update(ctx, object)
}

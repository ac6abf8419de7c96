package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/test/e2e/controlplane"
)

func (w *world) startControllerManager(t *testing.T) *controlplane.Process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	process, err := w.plane.StartControllerManager(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return process
}

func mustStop(t *testing.T, process *controlplane.Process) {
	t.Helper()
	if err := process.Stop(); err != nil {
		t.Fatal(err)
	}
}

// Somebody deletes a namespace. The legacy rows of the region stay; those that the
// mapping gave to the namespace go.
func aDeletedNamespaceLeavesItsRows(t *testing.T, w *world) {
	manager := w.startControllerManager(t)
	defer mustStop(t, manager)
	region := w.region(t, "doomed", row{number: "1", company: "Stays"}, row{number: "2", company: "Stays too"})
	w.database.Exec(t, `INSERT INTO TICKETS (DEPT, SUBJECT) VALUES (?, 'Goes'), ('elsewhere', 'Stays')`, region)
	w.admin.run(t, "create", "configmap", "-n", region, "goes")

	w.admin.run(t, "delete", "namespace", region, "--timeout=80s")

	mustEqual(t, "the rows", w.database.Query(t, `SELECT CUST_NO, CUST_NM, IS_DELETED FROM CUST_MASTER WHERE REGION = ? ORDER BY CUST_NO`, region),
		[]string{"1\tStays\t0", "2\tStays too\t0"})
	mustEqual(t, "the tickets", w.database.Query(t, `SELECT SUBJECT FROM TICKETS WHERE SUBJECT IN ('Goes', 'Stays')`), []string{"Stays"})
	mustEqual(t, "the customers", w.admin.run(t, "get", "customers", "-n", region, "-o", "name"),
		"customer.erp.example.com/1\ncustomer.erp.example.com/2\n")
	w.admin.refused(t, []string{"NotFound"}, "get", "namespace", region)
}

// The database is down, and everything in the cluster that isn't about its rows works:
// discovery, availability, and the controllers, even those that start now.
func controllersRestartWhileTheDatabaseIsDown(t *testing.T, w *world) {
	region := w.region(t, "outage", row{number: "1", company: "Known"})
	mustEqual(t, "the customer", w.admin.run(t, "get", "customers", "-n", region, "-o", "name"), "customer.erp.example.com/1\n")
	mustStop(t, w.startControllerManager(t))
	watch := w.admin.follow(t, "get", "customers", "-n", region, "-w", "--output-watch-events")
	watch.mustShow(t, "ADDED", "1", "Known")

	w.server.Kill(t)
	w.mustAnswerWithoutDatabase(t, region)
	manager := w.startControllerManager(t)
	defer mustStop(t, manager)
	w.mustCountQuota(t, region)
	w.mustCollectGarbage(t, region)
	for _, name := range apiServices {
		mustEqual(t, name+" is available", w.admin.run(t, "get", "apiservice", name, "-o", `jsonpath={.status.conditions[?(@.type=="Available")].status}`), "True")
	}

	w.server.Restart(t)
	w.insert(t, region, row{number: "2", company: "After the outage"})
	watch.mustShow(t, "ADDED", "2", "After the outage")
	eventually(t, "customers can be read again", func() error {
		got := w.admin.try(t, "get", "customers", "-n", region, "-o", "name")
		if got.status != 0 || strings.Count(got.output, "customer") != 2 {
			return fmt.Errorf("get customers: %s%s", got.output, got.errors)
		}
		return nil
	})
	w.database.Exec(t, `INSERT INTO TICKETS (DEPT, SUBJECT) VALUES (?, 'Counted')`, region)
	w.mustCountTickets(t, region, "1")
	w.admin.run(t, "patch", "customer", "2", "-n", region, "--type=merge", "-p", `{"spec":{"companyName":"Written"}}`)
	mustEqual(t, "the row", w.stored(t, region, "2", "CUST_NM"), "Written")
}

// mustAnswerWithoutDatabase looks at what is served and what is refused.
func (w *world) mustAnswerWithoutDatabase(t *testing.T, region string) {
	t.Helper()
	path := "/apis/erp.example.com/v1/namespaces/" + region + "/customers"
	newcomer := w.person(t, "newcomer", "system:masters")
	mustContain(t, "api-resources", newcomer.run(t, "api-resources", "--api-group=erp.example.com"), "customers", "stockitems")
	mustContain(t, "explain", newcomer.run(t, "explain", "customers.spec.companyName"), "Legal name")
	eventually(t, "a cached read says how old it is", func() error {
		got := w.admin.try(t, "get", "--raw", path+"?resourceVersion=0")
		if got.status != 0 || !strings.Contains(got.output, "Known") || !strings.Contains(got.errors, "Warning: ") {
			return fmt.Errorf("status %d: %s%s", got.status, got.output, got.errors)
		}
		return nil
	})
	w.admin.refused(t, []string{"ServiceUnavailable"}, "get", "customers", "-n", region)
	w.admin.refused(t, []string{"ServiceUnavailable"}, "patch", "customer", "1", "-n", region, "--type=merge", "-p", `{"spec":{"companyName":"Lost"}}`)
}

// mustCountQuota shows that the quota controller works: it counts, and its count is enforced.
func (w *world) mustCountQuota(t *testing.T, namespace string) {
	t.Helper()
	w.admin.run(t, "create", "quota", "few", "-n", namespace, "--hard=count/configmaps=2,count/tickets.helpdesk.example.com=5")
	w.admin.run(t, "create", "configmap", "-n", namespace, "counted")
	w.admin.run(t, "wait", "quota/few", "-n", namespace, "--timeout=80s", `--for=jsonpath={.status.hard.count/configmaps}=2`)
	eventually(t, "the quota is counted", func() error {
		used := w.admin.run(t, "get", "quota", "few", "-n", namespace, "-o", `jsonpath={.status.used.count/configmaps}`)
		if used == "" || used == "0" {
			return fmt.Errorf("used is %q", used)
		}
		return nil
	})
	eventually(t, "the quota is enforced", func() error {
		got := w.admin.try(t, "create", "configmap", "-n", namespace, fmt.Sprintf("more-%d", time.Now().UnixNano()))
		if !strings.Contains(got.errors, "exceeded quota") {
			return fmt.Errorf("create configmap: %s%s", got.output, got.errors)
		}
		return nil
	})
	w.admin.run(t, "delete", "quota", "few", "-n", namespace)
}

// mustCountTickets shows that the quota controller sees rows, whoever wrote them.
func (w *world) mustCountTickets(t *testing.T, namespace, count string) {
	t.Helper()
	w.admin.run(t, "create", "quota", "tickets", "-n", namespace, "--hard=count/tickets.helpdesk.example.com=5")
	eventually(t, "the tickets are counted", func() error {
		used := w.admin.run(t, "get", "quota", "tickets", "-n", namespace, "-o", `jsonpath={.status.used.count/tickets\.helpdesk\.example\.com}`)
		if used != count {
			return fmt.Errorf("used is %q", used)
		}
		return nil
	})
}

// mustCollectGarbage shows that the garbage collector works: what an object owns goes with it.
func (w *world) mustCollectGarbage(t *testing.T, namespace string) {
	t.Helper()
	w.admin.run(t, "create", "configmap", "-n", namespace, "owner")
	identity := w.admin.run(t, "get", "configmap", "owner", "-n", namespace, "-o", "jsonpath={.metadata.uid}")
	w.admin.withInput(fmt.Sprintf(`
apiVersion: v1
kind: ConfigMap
metadata:
  name: owned
  namespace: %s
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: %s}]
`, namespace, identity)).run(t, "create", "-f", "-")
	w.admin.run(t, "delete", "configmap", "owner", "-n", namespace)
	w.admin.run(t, "wait", "configmap/owned", "-n", namespace, "--for=delete", "--timeout=80s")
}

// The bridge keeps nothing: a new process shows what the table has now.
func theBridgeRestarts(t *testing.T, w *world) {
	region := w.region(t, "restarted", row{number: "1", company: "Before"})
	if err := w.bridge.stop(); err != nil {
		t.Fatal(err)
	}
	w.database.Exec(t, `UPDATE CUST_MASTER SET CUST_NM = 'Meanwhile' WHERE REGION = ?`, region)
	w.bridge.start(t)
	w.awaitAPIServices(t)
	eventually(t, "the customer can be read again", func() error {
		got := w.admin.try(t, "get", "customer", "1", "-n", region, "-o", "jsonpath={.spec.companyName}")
		if got.output != "Meanwhile" {
			return fmt.Errorf("%s%s", got.output, got.errors)
		}
		return nil
	})
}

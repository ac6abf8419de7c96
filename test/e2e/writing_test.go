package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func customer(region, number, spec string) string {
	return fmt.Sprintf(`
apiVersion: erp.example.com/v1
kind: Customer
metadata: {name: %q, namespace: %s}
spec: %s
`, number, region, spec)
}

// Objects become rows, with the defaults of the mapping and the values of the legacy
// application.
func rowsAreCreatedAndApplied(t *testing.T, w *world) {
	region := w.region(t, "creating")

	created := w.admin.withInput(customer(region, "1", "{companyName: Acme}")).run(t, "create", "-f", "-")
	mustEqual(t, "create", created, "customer.erp.example.com/1 created\n")
	mustEqual(t, "the new row", w.stored(t, region, "1", "CONCAT_WS('|', CUST_NM, STATUS, CREDIT_LIMIT, PARENT_NO, IS_DELETED)"), "Acme|A|0.00|0|0")
	w.admin.withInput(customer(region, "1", "{companyName: Acme}")).refused(t, []string{"AlreadyExists", "already exists"}, "create", "-f", "-")

	applied := w.admin.withInput(customer(region, "2", "{companyName: Applied, creditLimit: '10.00'}"))
	mustContain(t, "the first apply", applied.run(t, "apply", "-f", "-"), "customer.erp.example.com/2 created")
	mustEqual(t, "the applied row", w.stored(t, region, "2", "CONCAT_WS('|', CUST_NM, CREDIT_LIMIT)"), "Applied|10.00")
	applied = w.admin.withInput(customer(region, "2", "{companyName: Applied again, creditLimit: '10.00'}"))
	again := applied.succeed(t, "apply", "-f", "-")
	mustContain(t, "the second apply", again.output, "customer.erp.example.com/2 configured")
	// The table has no column for kubectl's annotation, and the user hears of it.
	mustContain(t, "the second apply", again.errors, "Warning: ", "annotations")
	mustEqual(t, "the row", w.stored(t, region, "2", "CUST_NM"), "Applied again")

	serverSide := w.admin.withInput(customer(region, "3", "{companyName: Server side, employees: 3}"))
	got := serverSide.succeed(t, "apply", "--server-side", "-f", "-")
	mustContain(t, "server-side apply", got.output, "customer.erp.example.com/3 serverside-applied")
	mustContain(t, "server-side apply", got.errors, "Warning: ", "field managers are not kept")
	mustEqual(t, "the row", w.stored(t, region, "3", "CONCAT_WS('|', CUST_NM, EMPLOYEES)"), "Server side|3")
	w.admin.withInput(customer(region, "3", "{companyName: Server side, employees: 4}")).run(t, "apply", "--server-side", "--field-manager=another", "-f", "-")
	mustEqual(t, "the row", w.stored(t, region, "3", "CONCAT_WS('|', CUST_NM, EMPLOYEES)"), "Server side|4")
}

// A patch changes the columns that it names, and a change that the legacy application
// made in between stays.
func rowsArePatchedAndEdited(t *testing.T, w *world) {
	region := w.region(t, "patching", row{number: "1", company: "Old", credit: "5", tier: "gold"})
	row := func() string {
		t.Helper()
		return w.stored(t, region, "1", "CONCAT_WS('|', CUST_NM, STATUS, CREDIT_LIMIT, EMPLOYEES)")
	}

	w.admin.run(t, "patch", "customer", "1", "-n", region, "--type=merge", "-p", `{"spec":{"companyName":"Merged","employees":12}}`)
	mustEqual(t, "the row", row(), "Merged|A|5.00|12")
	w.admin.run(t, "patch", "customer", "1", "-n", region, "--type=merge", "-p", `{"spec":{"employees":null}}`)
	mustEqual(t, "the row", row(), "Merged|A|5.00")

	w.database.Exec(t, `UPDATE CUST_MASTER SET CREDIT_LIMIT = 77 WHERE REGION = ? AND CUST_NO = '1'`, region)
	w.admin.run(t, "patch", "customer", "1", "-n", region, "--type=json", "-p",
		`[{"op":"test","path":"/spec/creditLimit","value":"77.00"},{"op":"replace","path":"/spec/companyName","value":"Patched"}]`)
	mustEqual(t, "the row", row(), "Patched|A|77.00")
	w.admin.refused(t, []string{"The request is invalid"}, "patch", "customer", "1", "-n", region, "--type=json", "-p",
		`[{"op":"test","path":"/spec/creditLimit","value":"5.00"},{"op":"replace","path":"/spec/companyName","value":"Wrong"}]`)
	mustEqual(t, "the row", row(), "Patched|A|77.00")

	editor := filepath.Join(t.TempDir(), "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nsed -i 's/companyName: Patched/companyName: Edited/' \"$1\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	edited := w.admin.withEditor(editor).run(t, "edit", "customer", "1", "-n", region)
	mustContain(t, "edit", edited, "customer.erp.example.com/1 edited")
	mustEqual(t, "the row", row(), "Edited|A|77.00")

	// A label is a column too.
	w.admin.run(t, "label", "customer", "1", "-n", region, "tier=silver", "--overwrite")
	mustEqual(t, "the row's tier", w.stored(t, region, "1", "TIER"), "silver")
	// Read-only fields are kept as they are, and the user hears of it.
	got := w.admin.succeed(t, "patch", "customer", "1", "-n", region, "--type=merge", "-p", `{"status":{"balance":"1000.00"}}`)
	mustContain(t, "the patch of a read-only field", got.errors, "Warning: ", "status.balance")
	mustEqual(t, "the row's balance", w.stored(t, region, "1", "BALANCE"), "0.00")
}

// An object is replaced where it is still what the user saw, awaited, and deleted as
// the legacy application deletes.
func rowsAreReplacedAwaitedAndDeleted(t *testing.T, w *world) {
	region := w.region(t, "replacing", row{number: "1", company: "First", credit: "5"})

	stale := w.admin.run(t, "get", "customer", "1", "-n", region, "-o", "yaml")
	w.admin.withInput(customer(region, "1", "{companyName: Second}")).run(t, "replace", "-f", "-")
	mustEqual(t, "the row", w.stored(t, region, "1", "CONCAT_WS('|', CUST_NM, CREDIT_LIMIT)"), "Second|0.00")
	w.admin.withInput(strings.ReplaceAll(stale, "First", "Third")).refused(t, []string{"Conflict", "the object has been modified"}, "replace", "-f", "-")
	mustEqual(t, "the row", w.stored(t, region, "1", "CUST_NM"), "Second")

	// The requests that it logs tell when it has begun to wait.
	const logged, watching = "-v=6", "watch=true"
	waiting := w.admin.follow(t, "wait", "customer/1", "-n", region, "--for=jsonpath={.spec.status}=Inactive", "--timeout=60s", logged)
	waiting.mustShow(t, watching)
	w.database.Exec(t, `UPDATE CUST_MASTER SET STATUS = 'I' WHERE REGION = ?`, region)
	waiting.mustShow(t, "customer.erp.example.com/1 condition met")

	gone := w.admin.follow(t, "wait", "customer/1", "-n", region, "--for=delete", "--timeout=60s", logged)
	gone.mustShow(t, watching)
	mustContain(t, "delete", w.admin.run(t, "delete", "customer", "1", "-n", region), `customer.erp.example.com "1" deleted`)
	gone.mustShow(t, "customer.erp.example.com/1 condition met")
	mustEqual(t, "the row's mark", w.stored(t, region, "1", "IS_DELETED"), "1")
	w.admin.refused(t, []string{"NotFound"}, "delete", "customer", "1", "-n", region)
	// The row is in the way, and neither side pretends otherwise.
	w.admin.withInput(customer(region, "1", "{companyName: Again}")).refused(t, []string{"Conflict", "IS_DELETED"}, "create", "-f", "-")
}

// Looking at what would happen changes nothing.
func dryRunsAndDiffsWriteNothing(t *testing.T, w *world) {
	region := w.region(t, "dry", row{number: "1", company: "Kept"})
	unchanged := func() {
		t.Helper()
		mustEqual(t, "the rows", w.database.Query(t, `SELECT CUST_NO, CUST_NM, IS_DELETED FROM CUST_MASTER WHERE REGION = ?`, region), []string{"1\tKept\t0"})
	}

	changed := w.admin.withInput(customer(region, "1", "{companyName: Different}"))
	diff := changed.try(t, "diff", "-f", "-")
	mustEqual(t, "the status of diff", diff.status, 1)
	mustContain(t, "diff", diff.output, "-  companyName: Kept", "+  companyName: Different")
	mustEqual(t, "the status of diff without a difference",
		w.admin.withInput(customer(region, "1", "{companyName: Kept}")).try(t, "diff", "--server-side", "-f", "-").status, 0)
	unchanged()

	mustContain(t, "apply", changed.run(t, "apply", "--dry-run=server", "-f", "-"), "(server dry run)")
	mustContain(t, "server-side apply", changed.run(t, "apply", "--server-side", "--dry-run=server", "-f", "-"), "(server dry run)")
	w.admin.withInput(customer(region, "2", "{companyName: New}")).run(t, "create", "--dry-run=server", "-f", "-")
	w.admin.run(t, "patch", "customer", "1", "-n", region, "--dry-run=server", "--type=merge", "-p", `{"spec":{"companyName":"Patched"}}`)
	w.admin.run(t, "delete", "customer", "1", "-n", region, "--dry-run=server")
	unchanged()
	// A dry run refuses what the real one would.
	w.admin.withInput(customer(region, "2", "{companyName: ''}")).refused(t, []string{"spec.companyName"}, "create", "--dry-run=server", "-f", "-")
	unchanged()
}

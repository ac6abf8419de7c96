package e2e

import (
	"strings"
	"testing"
)

// Whoever writes nonsense is told which field is wrong, and no row changes.
func badInputIsRefusedWithItsField(t *testing.T, w *world) {
	region := w.region(t, "refusing", row{number: "1", company: "Kept"})
	for _, bad := range []struct {
		spec, field string
		detail      string
	}{
		{"{}", "spec.companyName", "Required"},
		{"{companyName: " + strings.Repeat("x", 81) + "}", "spec.companyName", "80"},
		{"{companyName: 5}", "spec.companyName", "string"},
		{"{companyName: A, creditLimit: much}", "spec.creditLimit", "[0-9]"},
		{"{companyName: A, status: Gone}", "spec.status", "Active"},
		{"{companyName: A, employees: -1}", "spec.employees", "0"},
		{"{companyName: A, employees: 99999999999}", "spec.employees", "2147483647"},
		{"{companyName: A, status: Inactive, creditLimit: '1.00'}", "is invalid", "an inactive customer has no credit"},
		{"{companyName: A, nonsense: true}", "spec.nonsense", "unknown field"},
	} {
		w.admin.withInput(customer(region, "2", bad.spec)).refused(t, []string{bad.field, bad.detail}, "create", "--validate=strict", "-f", "-")
		w.admin.withInput(customer(region, "2", bad.spec)).refused(t, []string{bad.field}, "apply", "--server-side", "-f", "-")
	}
	w.admin.withInput(customer(region, strings.Repeat("n", 21), "{companyName: A}")).refused(t, []string{"metadata.name"}, "create", "-f", "-")
	w.admin.withInput(customer("nowhere", "1", "{companyName: A}")).refused(t, []string{`namespaces "nowhere" not found`}, "create", "-f", "-")
	w.admin.withInput(customer(region, "Upper", "{companyName: A}")).refused(t, []string{"metadata.name"}, "create", "-f", "-")
	w.admin.refused(t, []string{"finalizers"}, "patch", "customer", "1", "-n", region, "--type=merge", "-p", `{"metadata":{"finalizers":["example.com/keep"]}}`)
	w.admin.refused(t, []string{"strategic-merge-patch", "not supported"}, "patch", "customer", "1", "-n", region, "--type=strategic", "-p", `{}`)
	w.admin.withInput("{").refused(t, []string{"BadRequest", "offset 1"}, "create", "--raw", "/apis/erp.example.com/v1/namespaces/"+region+"/customers", "-f", "-")
	for query, parts := range map[string][]string{
		"?limit=5&continue=forged":                                   {"continue"},
		"?resourceVersion=1&resourceVersionMatch=Exact":              {"too old"},
		"?resourceVersion=nonsense":                                  {"nonsense"},
		"?resourceVersion=99999999999999999999":                      {"99999999999999999999"},
		"?fieldSelector=spec.nonsense%3D1":                           {"spec.nonsense"},
		"?labelSelector=%3D%3D":                                      {"found"},
		"?watch=true&sendInitialEvents=true&resourceVersionMatch=No": {"resourceVersionMatch"},
	} {
		w.admin.refused(t, parts, "get", "--raw", "/apis/erp.example.com/v1/namespaces/"+region+"/customers"+query)
	}
	// A watch is answered before it fails, as by the cluster's own kinds.
	mustContain(t, "a watch from an old revision", w.admin.run(t, "get", "--raw",
		"/apis/erp.example.com/v1/namespaces/"+region+"/customers?watch=true&resourceVersion=1"), `"code":410`, "too old")
	mustEqual(t, "the rows", w.database.Query(t, `SELECT CUST_NO, CUST_NM FROM CUST_MASTER WHERE REGION = ?`, region), []string{"1\tKept"})
}

// Where the database makes the key, it makes the name.
func theDatabaseMakesTheNames(t *testing.T, w *world) {
	w.region(t, "support")
	ticket := `{apiVersion: helpdesk.example.com/v1beta1, kind: Ticket, metadata: {%s, namespace: support}, spec: {subject: Printer, urgent: true}}`
	w.admin.withInput(strings.Replace(ticket, "%s", "name: '17'", 1)).refused(t, []string{"metadata.name", "generateName"}, "create", "-f", "-")
	name := w.admin.withInput(strings.Replace(ticket, "%s", "generateName: ticket-", 1)).run(t, "create", "-f", "-", "-o", "jsonpath={.metadata.name}")
	mustEqual(t, "the rows", w.database.Query(t, `SELECT TICKET_ID, DEPT, SUBJECT, URGENT FROM TICKETS`), []string{name + "\tsupport\tPrinter\t1"})
	mustEqual(t, "the ticket", w.admin.run(t, "get", "ticket", name, "-n", "support", "-o", "jsonpath={.spec}"), `{"subject":"Printer","urgent":true}`)
}

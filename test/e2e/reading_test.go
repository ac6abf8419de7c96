package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// Somebody looks at customers in every form that kubectl has.
func rowsAreReadWithKubectl(t *testing.T, w *world) {
	region := w.region(t, "reading",
		row{number: "1001", company: "Müller & Söhne", credit: "2500.5", tier: "gold"},
		row{number: "1002", company: "Ångström AB", status: "I"})

	table := w.admin.run(t, "get", "customers", "-n", region)
	age := fmt.Sprintf("%dy", int(time.Since(time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)).Hours()/24/365))
	mustEqual(t, "the table", fieldsOf(table), [][]string{
		{"NAME", "COMPANY", "STATUS", "CREDIT", "AGE"},
		{"1001", "Müller", "&", "Söhne", "Active", "2500.50", age},
		{"1002", "Ångström", "AB", "Inactive", "0.00", age},
	})
	wide := w.admin.run(t, "get", "cust", "-n", region, "-o", "wide")
	mustEqual(t, "the wide header", fieldsOf(wide)[0], []string{"NAME", "COMPANY", "STATUS", "CREDIT", "BALANCE", "AGE"})
	mustEqual(t, "names", w.admin.run(t, "get", "customer", "-n", region, "-o", "name"),
		"customer.erp.example.com/1001\ncustomer.erp.example.com/1002\n")

	var fromJSON, fromYAML map[string]any
	if err := json.Unmarshal([]byte(w.admin.run(t, "get", "customer", "1001", "-n", region, "-o", "json")), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(w.admin.run(t, "get", "customer", "1001", "-n", region, "-o", "yaml")), &fromYAML); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the object in YAML", fromYAML, fromJSON)
	mustEqual(t, "apiVersion", fromJSON["apiVersion"], "erp.example.com/v1")
	mustEqual(t, "kind", fromJSON["kind"], "Customer")
	mustEqual(t, "spec", fromJSON["spec"], map[string]any{
		"companyName": "Müller & Söhne", "status": "Active", "creditLimit": "2500.50"})
	mustEqual(t, "status", fromJSON["status"], map[string]any{"balance": "0.00"})
	metadata := fromJSON["metadata"].(map[string]any)
	mustEqual(t, "labels", metadata["labels"], map[string]any{"tier": "gold"})
	mustEqual(t, "creationTimestamp", metadata["creationTimestamp"], "2001-02-03T04:05:06Z")

	described := w.admin.run(t, "describe", "customer", "1001", "-n", region)
	mustContain(t, "describe", described, "Name:         1001", "Namespace:    reading", "tier=gold", "Company Name:  Müller & Söhne", "Balance:  0.00")

	w.admin.refused(t, []string{`customers.erp.example.com "9999" not found`}, "get", "customer", "9999", "-n", region)
}

// Selectors and pages give what they say, and every key has a name that finds it.
func rowsAreSelectedAndPaged(t *testing.T, w *world) {
	region := w.region(t, "selecting",
		row{number: "1", company: "A", tier: "gold"},
		row{number: "2", company: "B", tier: "silver", status: "I"},
		row{number: "3", company: "C", tier: "gold", status: "I"},
		row{number: "4", company: "D"},
		row{number: "5", company: "E", tier: "gold"})
	names := func(arguments ...string) string {
		t.Helper()
		output := w.admin.run(t, append([]string{"get", "customers", "-n", region, "-o", "name"}, arguments...)...)
		return strings.Join(strings.Fields(strings.ReplaceAll(output, "customer.erp.example.com/", "")), " ")
	}
	mustEqual(t, "-l tier=gold", names("-l", "tier=gold"), "1 3 5")
	mustEqual(t, "-l tier!=gold", names("-l", "tier!=gold"), "2 4")
	mustEqual(t, "-l !tier", names("-l", "!tier"), "4")
	mustEqual(t, "-l tier in", names("-l", "tier in (silver,bronze)"), "2")
	mustEqual(t, "--field-selector spec.status", names("--field-selector", "spec.status=Inactive"), "2 3")
	mustEqual(t, "--field-selector metadata.name", names("--field-selector", "metadata.name=4"), "4")
	mustEqual(t, "both selectors", names("--field-selector", "spec.status=Inactive", "-l", "tier=gold"), "3")
	mustEqual(t, "--chunk-size=2", names("--chunk-size=2"), "1 2 3 4 5")
	w.admin.refused(t, []string{"spec.companyName"}, "get", "customers", "-n", region, "--field-selector", "spec.companyName=A")

	everywhere := w.admin.run(t, "get", "customers", "-A", "--no-headers")
	for _, number := range []string{"1", "2", "3", "4", "5"} {
		found := false
		for _, line := range fieldsOf(everywhere) {
			found = found || line[0] == region && line[1] == number
		}
		if !found {
			t.Errorf("get -A doesn't show %s/%s:\n%s", region, number, everywhere)
		}
	}

	w.database.Exec(t, `INSERT INTO STOCK (WHSE, ITEM_CD, DESCR, ON_HAND) VALUES ('MUC', 'A/4 paper', 'Paper', 7), ('MUC', 'b2', NULL, 0)`)
	var stock struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct{ OnHand int }
		}
	}
	if err := json.Unmarshal([]byte(w.admin.run(t, "get", "stockitems", "-o", "json")), &stock); err != nil {
		t.Fatal(err)
	}
	if len(stock.Items) != 2 {
		t.Fatalf("there are %d stock items, not 2", len(stock.Items))
	}
	for _, item := range stock.Items {
		got := w.admin.run(t, "get", "stockitem", item.Metadata.Name, "-o", "jsonpath={.status.onHand}")
		mustEqual(t, "status.onHand of "+item.Metadata.Name, got, item.Status.OnHand)
	}
}

// The legacy application goes on writing, and whoever watches sees it.
func foreignChangesMoveAWatch(t *testing.T, w *world) {
	region := w.region(t, "watching", row{number: "10", company: "Before"})
	watch := w.admin.follow(t, "get", "customers", "-n", region, "-w", "--output-watch-events")
	watch.mustShow(t, "ADDED", "10", "Before")
	gold := w.admin.follow(t, "get", "customers", "-n", region, "-w", "-l", "tier=gold", "--output-watch-events")

	w.insert(t, region, row{number: "11", company: "Inserted", tier: "gold"})
	watch.mustShow(t, "ADDED", "11", "Inserted")
	gold.mustShow(t, "ADDED", "11", "Inserted")

	w.database.Exec(t, `UPDATE CUST_MASTER SET CUST_NM = 'Renamed', TIER = 'silver' WHERE REGION = ? AND CUST_NO = '11'`, region)
	watch.mustShow(t, "MODIFIED", "11", "Renamed")
	// It has left the selection.
	gold.mustShow(t, "DELETED", "11")

	w.database.Exec(t, `UPDATE CUST_MASTER SET CUST_NO = '12' WHERE REGION = ? AND CUST_NO = '11'`, region)
	watch.mustShow(t, "DELETED", "11")
	watch.mustShow(t, "ADDED", "12", "Renamed")

	w.database.Exec(t, `UPDATE CUST_MASTER SET IS_DELETED = 1 WHERE REGION = ? AND CUST_NO = '12'`, region)
	watch.mustShow(t, "DELETED", "12")
	w.database.Exec(t, `DELETE FROM CUST_MASTER WHERE REGION = ?`, region)
	watch.mustShow(t, "DELETED", "10", "Before")

	mustContain(t, "get after the deletion", w.admin.succeed(t, "get", "customers", "-n", region).errors, "No resources found")
}

func fieldsOf(table string) [][]string {
	var lines [][]string
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines = append(lines, fields)
		}
	}
	return lines
}

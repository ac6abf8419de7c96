package e2e

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// A newcomer asks the cluster what there is.
func kindsAreFoundAndExplained(t *testing.T, w *world) {
	resources := w.admin.run(t, "api-resources", "--api-group=erp.example.com", "-o", "wide", "--no-headers")
	mustContain(t, "api-resources", resources, "customers", "cust", "erp.example.com/v1", "Customer", "stockitems", "StockItem")
	for line := range strings.Lines(resources) {
		fields := strings.Fields(line)
		switch fields[0] {
		case "customers":
			mustContain(t, "customers", line, "true", "create,get,list,patch,update,watch", "erp")
			// Served, but not advertised: the namespace controller would use it.
			mustNotContain(t, "the verbs of customers", line, "delete")
		case "stockitems":
			mustContain(t, "stockitems", line, "false", "get,list,watch")
			mustNotContain(t, "the verbs of stockitems", line, "create", "update", "delete")
		}
	}
	tickets := w.admin.run(t, "api-resources", "--api-group=helpdesk.example.com", "-o", "wide", "--no-headers")
	mustContain(t, "tickets", tickets, "create,delete,deletecollection,get,list,patch,update,watch")

	// The aggregation layer fetches schemas a while after it has found a server available.
	eventually(t, "customers are explained", func() error {
		if got := w.admin.try(t, "explain", "customers"); got.status != 0 {
			return errors.New(got.errors)
		}
		return nil
	})
	explained := w.admin.run(t, "explain", "customers.spec")
	mustContain(t, "explain customers.spec", explained,
		"KIND:       Customer", "VERSION:    v1", "companyName", "-required-", "Legal name of the company", "creditLimit", "employees", "<integer>")
	explained = w.admin.run(t, "explain", "cust.spec.status")
	mustContain(t, "explain cust.spec.status", explained, "FIELD: status <string>", "Active")
	w.admin.refused(t, []string{"field \"nonsense\" does not exist"}, "explain", "customers.spec.nonsense")

	byCategory := w.admin.run(t, "get", "erp", "-A")
	mustContain(t, "get erp", byCategory+w.admin.try(t, "get", "erp", "-A").errors, "No resources found")
}

// What the aggregator shows the whole cluster: a document that doesn't merge would
// take everybody's away.
func theClustersOpenAPIHasTheKinds(t *testing.T, w *world) {
	eventually(t, "/openapi/v2 has our kinds beside the cluster's own", func() error {
		var document struct {
			Paths       map[string]any `json:"paths"`
			Definitions map[string]struct {
				Kinds []struct{ Group, Version, Kind string } `json:"x-kubernetes-group-version-kind"`
			} `json:"definitions"`
		}
		if err := json.Unmarshal([]byte(w.admin.run(t, "get", "--raw", "/openapi/v2")), &document); err != nil {
			return err
		}
		kinds := map[string]int{}
		for _, definition := range document.Definitions {
			for _, kind := range definition.Kinds {
				kinds[kind.Group+"/"+kind.Version+"/"+kind.Kind]++
			}
		}
		for _, kind := range []string{
			"/v1/Pod", "apps/v1/Deployment",
			"erp.example.com/v1/Customer", "erp.example.com/v1/CustomerList", "erp.example.com/v1/StockItem",
			"helpdesk.example.com/v1beta1/Ticket",
		} {
			if kinds[kind] != 1 {
				return missing(kind, kinds[kind])
			}
		}
		path := "/apis/erp.example.com/v1/namespaces/{namespace}/customers/{name}"
		if _, found := document.Paths[path]; !found {
			return missing(path, 0)
		}
		return nil
	})
	eventually(t, "/openapi/v3 has our group versions", func() error {
		index := w.admin.run(t, "get", "--raw", "/openapi/v3")
		for _, version := range []string{"apis/erp.example.com/v1", "apis/helpdesk.example.com/v1beta1", "apis/apps/v1"} {
			if !strings.Contains(index, `"`+version+`"`) {
				return missing(version, 0)
			}
		}
		return nil
	})
	document := w.admin.run(t, "get", "--raw", "/openapi/v3/apis/erp.example.com/v1")
	mustContain(t, "/openapi/v3/apis/erp.example.com/v1", document, `"companyName"`, `"Legal name of the company"`, `"Customer"`)
}

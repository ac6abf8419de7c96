package bridge

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func TestAnObjectFromCreationToDeletion(t *testing.T) {
	f := start(t)
	created := f.create("c1", `"companyName":"Acme","rating":3`).object(t)
	if at(created, "spec.status") != "Active" {
		t.Errorf("the default is missing in %v", created)
	}
	for _, field := range []string{"metadata.uid", "metadata.resourceVersion"} {
		if at(created, field) == nil {
			t.Errorf("%s is missing in %v", field, created)
		}
	}
	if at(created, "metadata.managedFields") != nil || at(created, "metadata.creationTimestamp") != nil {
		t.Errorf("metadata that no column keeps in %v", created)
	}

	got := f.must(http.StatusOK, f.get(customersPath+"/c1")).object(t)
	if at(got, "metadata.uid") != at(created, "metadata.uid") || at(got, "metadata.resourceVersion") != at(created, "metadata.resourceVersion") {
		t.Errorf("read %v after creating %v", got, created)
	}

	updated := f.must(http.StatusOK, f.do(http.MethodPut, customersPath+"/c1", nil, customer("c1", `"companyName":"Acme Ltd","status":"Active"`))).object(t)
	if at(updated, "spec.companyName") != "Acme Ltd" || at(updated, "spec.rating") != nil {
		t.Errorf("updated to %v", updated)
	}
	if at(updated, "metadata.resourceVersion") == at(created, "metadata.resourceVersion") {
		t.Error("an update left the resourceVersion")
	}

	deleted := f.must(http.StatusOK, f.do(http.MethodDelete, customersPath+"/c1", nil, ""))
	if status := deleted.status(); status.Status != "Success" || status.Details.Name != "c1" {
		t.Errorf("deletion answered %s", deleted.body)
	}
	f.must(http.StatusNotFound, f.get(customersPath+"/c1"))
	if left := f.tables["customers"].Records(); len(left) > 0 {
		t.Errorf("records left: %v", left)
	}
}

func TestWhatAForeignWriterStoresIsServed(t *testing.T) {
	f := start(t)
	f.insert("customers", "c2/eu", map[string]adapters.Value{
		"spec.companyName":      adapters.String("Foreign"),
		"spec.tags":             adapters.List([]adapters.Value{adapters.String("a"), adapters.String("b")}),
		"status.balance":        adapters.String("12.50"),
		"metadata.labels[tier]": adapters.String("gold"),
	})
	got := f.must(http.StatusOK, f.get(customersPath+"/c2")).object(t)
	for path, want := range map[string]any{
		"spec.companyName": "Foreign", "status.balance": "12.50", "metadata.labels.tier": "gold",
		"apiVersion": "erp.example.com/v1", "kind": "Customer", "metadata.namespace": "eu",
	} {
		if at(got, path) != want {
			t.Errorf("%s is %v, want %v", path, at(got, path), want)
		}
	}
}

func TestPatches(t *testing.T) {
	for _, test := range []struct {
		name      string
		mediaType string
		query     string
		patch     string
		want      map[string]any
		warning   string
	}{
		{
			name: "merge", mediaType: "application/merge-patch+json",
			patch: `{"spec":{"companyName":"B","rating":null}}`,
			want:  map[string]any{"spec.companyName": "B", "spec.rating": nil, "spec.country": "DE"},
		},
		{
			name: "json", mediaType: "application/json-patch+json",
			patch: `[{"op":"test","path":"/spec/companyName","value":"A"},{"op":"replace","path":"/spec/companyName","value":"B"}]`,
			want:  map[string]any{"spec.companyName": "B", "spec.rating": 1.0},
		},
		{
			name: "apply", mediaType: "application/apply-patch+yaml", query: "?fieldManager=me",
			patch:   "apiVersion: erp.example.com/v1\nkind: Customer\nmetadata: {name: p}\nspec: {companyName: B}\n",
			want:    map[string]any{"spec.companyName": "B", "spec.rating": 1.0, "metadata.managedFields": nil},
			warning: "--force-conflicts",
		},
		{
			name: "a label that no column keeps", mediaType: "application/merge-patch+json",
			patch:   `{"metadata":{"labels":{"team":"x","tier":"gold"}}}`,
			want:    map[string]any{"metadata.labels.team": nil, "metadata.labels.tier": "gold"},
			warning: "metadata.labels: team is not kept",
		},
		{
			name: "a read-only field", mediaType: "application/merge-patch+json",
			patch:   `{"status":{"balance":"1"}}`,
			want:    map[string]any{"status.balance": nil, "spec.companyName": "A"},
			warning: "status.balance: is read-only",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := start(t)
			f.create("p", `"companyName":"A","rating":1,"country":"DE"`)
			got := f.must(http.StatusOK, f.do(http.MethodPatch, customersPath+"/p"+test.query, []string{"Content-Type", test.mediaType}, test.patch))
			for path, want := range test.want {
				if found := at(got.object(t), path); found != want {
					t.Errorf("%s is %v, want %v", path, found, want)
				}
			}
			if test.warning == "" && len(got.warnings) > 0 || !strings.Contains(strings.Join(got.warnings, "\n"), test.warning) {
				t.Errorf("warnings %q", got.warnings)
			}
		})
	}
}

func TestApplyCreates(t *testing.T) {
	f := start(t)
	document := "apiVersion: erp.example.com/v1\nkind: Customer\nmetadata: {name: new}\nspec: {companyName: New}\n"
	apply := []string{"Content-Type", "application/apply-patch+yaml"}
	f.must(http.StatusCreated, f.do(http.MethodPatch, customersPath+"/new?fieldManager=me", apply, document))
	f.must(http.StatusOK, f.do(http.MethodPatch, customersPath+"/new?fieldManager=me", apply, document))
	if records := f.tables["customers"].Records(); len(records) != 1 {
		t.Errorf("records %v", records)
	}
}

func TestADryRunNeverWrites(t *testing.T) {
	f := start(t)
	f.create("kept", `"companyName":"A"`)
	before := f.tables["customers"].Records()
	head := f.revision()
	for _, test := range []struct {
		method, path, mediaType, body string
		code                          int
	}{
		{http.MethodPost, "?dryRun=All", "application/json", customer("new", `"companyName":"N"`), http.StatusCreated},
		{http.MethodPost, "?dryRun=All", "application/json", customer("kept", `"companyName":"N"`), http.StatusConflict},
		{http.MethodPut, "/kept?dryRun=All", "application/json", customer("kept", `"companyName":"N"`), http.StatusOK},
		{http.MethodPatch, "/kept?dryRun=All", "application/merge-patch+json", `{"spec":{"companyName":"N"}}`, http.StatusOK},
		{http.MethodPatch, "/new?dryRun=All&fieldManager=me", "application/apply-patch+yaml", customer("new", `"companyName":"N"`), http.StatusCreated},
		{http.MethodPatch, "/kept?dryRun=All&fieldManager=me", "application/apply-patch+yaml", customer("kept", `"companyName":"N"`), http.StatusOK},
		{http.MethodDelete, "/kept?dryRun=All", "application/json", "", http.StatusOK},
		{http.MethodDelete, "?dryRun=All", "application/json", "", http.StatusOK},
	} {
		got := f.must(test.code, f.do(test.method, customersPath+test.path, []string{"Content-Type", test.mediaType}, test.body))
		if test.body != "" && test.code < 300 && at(got.object(t), "spec.companyName") != "N" {
			t.Errorf("%s %s doesn't show what it would store: %s", test.method, test.path, got.body)
		}
	}
	if after := f.tables["customers"].Records(); !slices.EqualFunc(before, after, adapters.Record.Equal) {
		t.Errorf("%v became %v", before, after)
	}
	if now := f.revision(); now != head {
		t.Errorf("the revision moved from %d to %d", head, now)
	}
}

// revision is where the table's history stands.
func (f *fixture) revision() adapters.Revision {
	f.t.Helper()
	revision, err := f.tables["customers"].Head(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return revision
}

func TestADryRunAnswersLikeTheRealThing(t *testing.T) {
	f := start(t)
	path, document := customersPath+"?dryRun=All", customer("same", `"companyName":"S"`)
	dry := f.must(http.StatusCreated, f.do(http.MethodPost, path, nil, document)).object(t)
	created := f.must(http.StatusCreated, f.do(http.MethodPost, customersPath, nil, document)).object(t)
	delete(created["metadata"].(map[string]any), "resourceVersion")
	if !equalJSON(t, dry, created) {
		t.Errorf("dry run %v, real %v", dry, created)
	}
}

func TestDeleteCollectionDeletesWhatIsSelected(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A","status":"Active"`)
	f.create("b", `"companyName":"B","status":"Inactive"`)
	f.create("c", `"companyName":"C","status":"Inactive"`)
	f.must(http.StatusOK, f.do(http.MethodDelete, customersPath+"?fieldSelector=spec.status%3DInactive", nil, ""))
	if names := f.names(customersPath); !slices.Equal(names, []string{"a"}) {
		t.Errorf("left %v", names)
	}
}

// names lists the names of a list's items.
func (f *fixture) names(path string) []string {
	f.t.Helper()
	list := f.must(http.StatusOK, f.get(path)).object(f.t)
	names := []string{}
	for _, item := range list["items"].([]any) {
		names = append(names, at(item, "metadata.name").(string))
	}
	return names
}

func TestSelectors(t *testing.T) {
	f := start(t)
	f.create("a", `"companyName":"A"`)
	f.create("b", `"companyName":"B","status":"Inactive"`)
	f.insert("customers", "c/us", map[string]adapters.Value{
		"spec.companyName": adapters.String("C"), "spec.status": adapters.String("Active"), "metadata.labels[tier]": adapters.String("gold"),
	})
	everywhere := "/apis/erp.example.com/v1/customers"
	for _, test := range []struct {
		path string
		want []string
	}{
		{customersPath, []string{"a", "b"}},
		{everywhere, []string{"a", "b", "c"}},
		{everywhere + "?fieldSelector=spec.status%3DActive", []string{"a", "c"}},
		{everywhere + "?fieldSelector=spec.status!%3DActive", []string{"b"}},
		{everywhere + "?fieldSelector=metadata.name%3Da", []string{"a"}},
		{everywhere + "?fieldSelector=metadata.namespace%3Dus", []string{"c"}},
		{everywhere + "?labelSelector=tier%3Dgold", []string{"c"}},
		{everywhere + "?labelSelector=!tier", []string{"a", "b"}},
		{everywhere + "?labelSelector=tier+in+(gold,silver)", []string{"c"}},
	} {
		if got := f.names(test.path); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.path, got, test.want)
		}
	}
}

func TestPagesContinueWhereTheyEnded(t *testing.T) {
	f := start(t)
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		f.create(name, `"companyName":"X"`)
	}
	var all []string
	var revision any
	next := ""
	for range 3 {
		path := customersPath + "?limit=2"
		if next != "" {
			path += "&continue=" + next
		}
		page := f.must(http.StatusOK, f.get(path)).object(t)
		for _, item := range page["items"].([]any) {
			all = append(all, at(item, "metadata.name").(string))
		}
		if revision == nil {
			revision = at(page, "metadata.resourceVersion")
			// Later pages must not see it.
			f.create("a0", `"companyName":"X"`)
			f.create("z", `"companyName":"X"`)
		}
		if at(page, "metadata.resourceVersion") != revision {
			t.Errorf("a page is of revision %v, the first one of %v", at(page, "metadata.resourceVersion"), revision)
		}
		next, _ = at(page, "metadata.continue").(string)
	}
	if want := []string{"a", "b", "c", "d", "e"}; !slices.Equal(all, want) || next != "" {
		t.Errorf("pages had %v and then %q", all, next)
	}
}

func TestDeletionPreconditions(t *testing.T) {
	f := start(t)
	f.create("d", `"companyName":"D"`)
	for _, precondition := range []string{`{"uid":"another"}`, `{"resourceVersion":"1"}`} {
		f.must(http.StatusConflict, f.do(http.MethodDelete, customersPath+"/d", nil, `{"kind":"DeleteOptions","apiVersion":"v1","preconditions":`+precondition+`}`))
	}
	orphan := f.must(http.StatusUnprocessableEntity, f.do(http.MethodDelete, customersPath+"/d?propagationPolicy=Orphan", nil, ""))
	if !strings.Contains(orphan.body, "propagationPolicy") {
		t.Errorf("the field is not named: %s", orphan.body)
	}
	f.must(http.StatusOK, f.get(customersPath+"/d"))
	deleted := f.must(http.StatusOK, f.do(http.MethodDelete, customersPath+"/d?propagationPolicy=Foreground", nil, ""))
	if len(deleted.warnings) != 1 {
		t.Errorf("warnings %q", deleted.warnings)
	}
	f.must(http.StatusNotFound, f.get(customersPath+"/d"))
}

func TestTheBackendNamesObjectsWithGeneratedKeys(t *testing.T) {
	f := start(t)
	path := "/apis/erp.example.com/v1/namespaces/support/tickets"
	document := `{"apiVersion":"erp.example.com/v1","kind":"Ticket","metadata":{%s},"spec":{"subject":"help"}}`
	created := f.must(http.StatusCreated, f.do(http.MethodPost, path, nil, strings.Replace(document, "%s", `"generateName":"t-"`, 1))).object(t)
	if at(created, "metadata.name") != "1" {
		t.Errorf("created %v", created)
	}
	f.must(http.StatusOK, f.get(path+"/1"))
	refused := f.must(http.StatusUnprocessableEntity, f.do(http.MethodPost, path, nil, strings.Replace(document, "%s", `"name":"7"`, 1)))
	if !strings.Contains(refused.body, "metadata.name") {
		t.Errorf("the field is not named: %s", refused.body)
	}
}

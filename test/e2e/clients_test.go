package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

const protobuf = "application/vnd.kubernetes.protobuf"

// traffic notes what went over the wire.
type traffic struct {
	lock sync.Mutex
	// queries are the requests, contentTypes the answers' types.
	queries, contentTypes []string
}

// wrap makes a transport that notes.
func (n *traffic) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		n.lock.Lock()
		defer n.lock.Unlock()
		n.queries = append(n.queries, request.Method+" "+request.URL.RequestURI())
		n.contentTypes = append(n.contentTypes, response.Header.Get("Content-Type"))
		return response, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// count returns how many requests contain the part.
func (n *traffic) count(part string) int {
	n.lock.Lock()
	defer n.lock.Unlock()
	count := 0
	for _, query := range n.queries {
		if strings.Contains(query, part) {
			count++
		}
	}
	return count
}

// mustAllBe fails the test unless every answer was of this type.
func (n *traffic) mustAllBe(t *testing.T, contentType string) {
	t.Helper()
	n.lock.Lock()
	defer n.lock.Unlock()
	if len(n.contentTypes) == 0 {
		t.Error("no request was made")
	}
	for i, got := range n.contentTypes {
		if !strings.HasPrefix(got, contentType) {
			t.Errorf("%s was answered in %q, not in %q", n.queries[i], got, contentType)
		}
	}
}

// typedClient is a typed REST client for customers.
func (w *world) typedClient(t *testing.T, contentType string) (*rest.RESTClient, *traffic) {
	t.Helper()
	noted := &traffic{}
	config := w.adminConfig(t)
	config.APIPath = "/apis"
	config.GroupVersion = &customerVersion
	config.ContentType = contentType
	config.AcceptContentTypes = contentType
	config.NegotiatedSerializer = serializer.NewCodecFactory(customerScheme()).WithoutConversion()
	config.Wrap(noted.wrap)
	client, err := rest.RESTClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return client, noted
}

// A controller with generated types uses the encoding that built-in types have.
func aTypedClientSpeaksProtobuf(t *testing.T, w *world) {
	ctx := t.Context()
	region := w.region(t, "typed", row{number: "1", company: "Ärger & Co", credit: "7.25", tier: "gold"})
	client, noted := w.typedClient(t, protobuf)
	customers := func(request *rest.Request) *rest.Request { return request.Namespace(region).Resource("customers") }

	read := &Customer{}
	if err := customers(client.Get()).Name("1").Do(ctx).Into(read); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the customer", read, "typed/1: Ärger & Co Active 7.25 - tier=gold balance=0.00")

	watching, err := customers(client.Get()).VersionedParams(
		&metav1.ListOptions{Watch: true, ResourceVersion: read.ResourceVersion}, metav1.ParameterCodec).Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer watching.Stop()

	employees := int64(42)
	written := &Customer{
		ObjectMeta: metav1.ObjectMeta{Name: "2", Namespace: region},
		Spec:       CustomerSpec{CompanyName: "Typed", Employees: &employees},
	}
	created := &Customer{}
	if err := customers(client.Post()).Body(written).Do(ctx).Into(created); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the created customer", created, "typed/2: Typed Active 0.00 42 tier= balance=0.00")
	mustEqual(t, "the row", w.stored(t, region, "2", "CONCAT_WS('|', CUST_NM, EMPLOYEES)"), "Typed|42")
	mustDeliver(t, watching, watch.Added, created)

	updated := created.DeepCopyObject().(*Customer)
	updated.Spec.CompanyName = "Typed again"
	if err := customers(client.Put()).Name("2").Body(updated).Do(ctx).Into(updated); err != nil {
		t.Fatal(err)
	}
	mustDeliver(t, watching, watch.Modified, updated)
	err = customers(client.Put()).Name("2").Body(created).Do(ctx).Error()
	if !apierrors.IsConflict(err) {
		t.Errorf("an update of a stale object gives %v, not a conflict", err)
	}

	w.database.Exec(t, `UPDATE CUST_MASTER SET BALANCE = 12.5 WHERE REGION = ? AND CUST_NO = '2'`, region)
	updated.Status.Balance = "12.50"
	mustDeliver(t, watching, watch.Modified, updated)

	list := &CustomerList{}
	if err := customers(client.Get()).Do(ctx).Into(list); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the number of customers", len(list.Items), 2)
	mustEqual(t, "the second customer", &list.Items[1], updated)
	if err := customers(client.Delete()).Name("2").Do(ctx).Error(); err != nil {
		t.Fatal(err)
	}
	mustDeliver(t, watching, watch.Deleted, updated)
	noted.mustAllBe(t, protobuf)
}

// mustDeliver waits for the next event.
func mustDeliver(t *testing.T, watching watch.Interface, kind watch.EventType, want *Customer) {
	t.Helper()
	select {
	case event := <-watching.ResultChan():
		if event.Type != kind {
			t.Fatalf("the event is %s %v, not %s", event.Type, event.Object, kind)
		}
		mustEqual(t, "the customer in the event", event.Object, want)
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	case <-afterPatience(t):
		t.Fatalf("there was no event %s %v", kind, want)
	}
}

// A generic tool knows no types.
func aDynamicClient(t *testing.T, w *world) {
	ctx := t.Context()
	region := w.region(t, "dynamic", row{number: "1", company: "First"})
	client, err := dynamic.NewForConfig(w.adminConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	customers := client.Resource(customerResource).Namespace(region)

	created, err := customers.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "erp.example.com/v1", "kind": "Customer",
		"metadata": map[string]any{"name": "2"},
		"spec":     map[string]any{"companyName": "Dynamic", "employees": int64(5)},
	}}, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
	if err != nil {
		t.Fatal(err)
	}
	w.database.Exec(t, `UPDATE CUST_MASTER SET EMPLOYEES = 6 WHERE REGION = ? AND CUST_NO = '2'`, region)
	if err := unstructured.SetNestedField(created.Object, "Stale", "spec", "companyName"); err != nil {
		t.Fatal(err)
	}
	if _, err := customers.Update(ctx, created, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("an update after a foreign change gives %v, not a conflict", err)
	}
	if _, err := customers.Patch(ctx, "2", types.MergePatchType, []byte(`{"spec":{"companyName":"Patched"}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the row", w.stored(t, region, "2", "CONCAT_WS('|', CUST_NM, EMPLOYEES)"), "Patched|6")

	applied := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "erp.example.com/v1", "kind": "Customer",
		"metadata": map[string]any{"name": "2"}, "spec": map[string]any{"companyName": "Applied"},
	}}
	if _, err := customers.Apply(ctx, "2", applied, metav1.ApplyOptions{FieldManager: "e2e"}); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the row", w.stored(t, region, "2", "CONCAT_WS('|', CUST_NM, EMPLOYEES)"), "Applied|6")

	list, err := customers.List(ctx, metav1.ListOptions{FieldSelector: "spec.status=Active"})
	if err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the number of customers", len(list.Items), 2)
	if err := customers.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}); !apierrors.IsMethodNotSupported(err) {
		t.Errorf("deletecollection, which the mapping doesn't declare, gives %v", err)
	}
	if err := customers.Delete(ctx, "2", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the row's mark", w.stored(t, region, "2", "IS_DELETED"), "1")
}

// Garbage collection, among others, asks for nothing but metadata.
func aMetadataClient(t *testing.T, w *world) {
	ctx := t.Context()
	region := w.region(t, "metadata", row{number: "1", company: "First", tier: "gold"})
	noted := &traffic{}
	config := metadata.ConfigFor(w.adminConfig(t))
	config.Wrap(noted.wrap)
	client, err := metadata.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	customers := client.Resource(customerResource).Namespace(region)

	one, err := customers.Get(ctx, "1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the labels", one.Labels, map[string]string{"tier": "gold"})
	watching, err := customers.Watch(ctx, metav1.ListOptions{ResourceVersion: one.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	defer watching.Stop()
	w.database.Exec(t, `UPDATE CUST_MASTER SET TIER = 'silver' WHERE REGION = ?`, region)
	select {
	case event := <-watching.ResultChan():
		changed, ok := event.Object.(*metav1.PartialObjectMetadata)
		if !ok || event.Type != watch.Modified || changed.Labels["tier"] != "silver" {
			t.Errorf("the event is %s %v", event.Type, event.Object)
		}
	case <-afterPatience(t):
		t.Error("there was no event")
	}
	list, err := customers.List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the number of customers", len(list.Items), 1)
	if list.ResourceVersion == "" {
		t.Error("the list has no resourceVersion")
	}
	noted.mustAllBe(t, protobuf)
}

// Pages belong together, whatever the legacy application does meanwhile.
func listsArePagedAtOneRevision(t *testing.T, w *world) {
	ctx := t.Context()
	var rows []row
	for _, number := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		rows = append(rows, row{number: number, company: "Old"})
	}
	region := w.region(t, "paging", rows...)
	client, _ := w.typedClient(t, runtime.ContentTypeJSON)

	var seen []string
	options := &metav1.ListOptions{Limit: 3}
	var revision string
	for {
		page := &CustomerList{}
		if err := client.Get().Namespace(region).Resource("customers").VersionedParams(options, metav1.ParameterCodec).Do(ctx).Into(page); err != nil {
			t.Fatal(err)
		}
		if revision == "" {
			revision = page.ResourceVersion
			mustEqual(t, "the remaining items", *page.RemainingItemCount, 4)
			w.database.Exec(t, `UPDATE CUST_MASTER SET CUST_NM = 'New' WHERE REGION = ?`, region)
			w.database.Exec(t, `DELETE FROM CUST_MASTER WHERE REGION = ? AND CUST_NO = '5'`, region)
			w.insert(t, region, row{number: "55", company: "New"})
		}
		mustEqual(t, "the revision of the page", page.ResourceVersion, revision)
		for _, customer := range page.Items {
			seen = append(seen, customer.Name+customer.Spec.CompanyName)
		}
		if page.Continue == "" {
			break
		}
		options.Continue = page.Continue
	}
	mustEqual(t, "the customers on all pages", seen, []string{"1Old", "2Old", "3Old", "4Old", "5Old", "6Old", "7Old"})

	now := &CustomerList{}
	if err := client.Get().Namespace(region).Resource("customers").Do(ctx).Into(now); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, "the number of customers now", len(now.Items), 7)
	mustEqual(t, "the name of the first one", now.Items[0].Spec.CompanyName, "New")
}

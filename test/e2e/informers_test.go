package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	clientfeatures "k8s.io/client-go/features"
	clientfeaturestesting "k8s.io/client-go/features/testing"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

func informersFollowWithWatchList(t *testing.T, w *world) {
	informersFollow(t, w, "informed", true)
}

func informersFollowWithListAndWatch(t *testing.T, w *world) {
	informersFollow(t, w, "listed", false)
}

// Informers in every encoding have what the table has, whoever wrote it.
func informersFollow(t *testing.T, w *world, name string, watchList bool) {
	clientfeaturestesting.SetFeatureDuringTest(t, clientfeatures.WatchListClient, watchList)
	region := w.region(t, name,
		row{number: "1", company: "First", tier: "gold"}, row{number: "2", company: "Second"}, row{number: "3", company: "Third"})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	informers, noted := w.informers(t, region)
	done := make(chan struct{}, len(informers))
	for _, informer := range informers {
		go func() {
			informer.RunWithContext(ctx)
			done <- struct{}{}
		}()
	}
	defer func() {
		stop()
		for range informers {
			<-done
		}
	}()
	equal := func(moment string) {
		t.Helper()
		for encoding, informer := range informers {
			eventually(t, fmt.Sprintf("the %s informer equals the table %s", encoding, moment), func() error {
				return sameAsTable(t, w, region, encoding, informer)
			})
		}
	}
	equal("at the start")

	w.insert(t, region, row{number: "4", company: "Foreign"})
	w.database.Exec(t, `UPDATE CUST_MASTER SET CUST_NM = 'Renamed', TIER = NULL WHERE REGION = ? AND CUST_NO = '1'`, region)
	w.database.Exec(t, `DELETE FROM CUST_MASTER WHERE REGION = ? AND CUST_NO = '2'`, region)
	equal("after foreign changes")

	w.admin.withInput(customer(region, "5", "{companyName: Ours}")).run(t, "create", "-f", "-")
	w.admin.run(t, "delete", "customer", "3", "-n", region)
	equal("after our own changes")

	for encoding, traffic := range noted {
		if used := traffic.count("sendInitialEvents=true") > 0; used != watchList {
			t.Errorf("the %s informer used watch-list: %v; its requests were %v", encoding, used, traffic.queries)
		}
	}
	noted["protobuf"].mustAllBe(t, protobuf)
	noted["metadata"].mustAllBe(t, protobuf)
	noted["JSON"].mustAllBe(t, runtime.ContentTypeJSON)
}

// informers returns a typed one in protobuf, a dynamic one in JSON and one of metadata.
func (w *world) informers(t *testing.T, region string) (map[string]cache.SharedIndexInformer, map[string]*traffic) {
	t.Helper()
	noted := map[string]*traffic{"JSON": {}, "metadata": {}}
	typed, typedTraffic := w.typedClient(t, protobuf)
	noted["protobuf"] = typedTraffic

	config := w.adminConfig(t)
	config.Wrap(noted["JSON"].wrap)
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	metadataConfig := metadata.ConfigFor(w.adminConfig(t))
	metadataConfig.Wrap(noted["metadata"].wrap)
	metadataClient, err := metadata.NewForConfig(metadataConfig)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]cache.SharedIndexInformer{
		"protobuf": cache.NewSharedIndexInformer(
			cache.NewListWatchFromClient(typed, "customers", region, fields.Everything()), &Customer{}, 0, cache.Indexers{}),
		"JSON": dynamicinformer.NewFilteredDynamicInformer(
			dynamicClient, customerResource, region, 0, cache.Indexers{}, nil).Informer(),
		"metadata": metadatainformer.NewFilteredMetadataInformer(
			metadataClient, customerResource, region, 0, cache.Indexers{}, nil).Informer(),
	}, noted
}

// sameAsTable compares everything that the informer's encoding shows with the rows.
func sameAsTable(t *testing.T, w *world, region, encoding string, informer cache.SharedIndexInformer) error {
	t.Helper()
	column := "CUST_NM"
	if encoding == "metadata" {
		column = "''"
	}
	want := w.database.Query(t, `SELECT CONCAT_WS('|', CUST_NO, IFNULL(TIER, ''), `+column+`) FROM CUST_MASTER WHERE REGION = ? AND IS_DELETED = 0`, region)
	var got []string
	for _, item := range informer.GetStore().List() {
		line, err := summary(item)
		if err != nil {
			return err
		}
		got = append(got, line)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("it has\n%s\nand the table\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return nil
}

func summary(item any) (string, error) {
	switch object := item.(type) {
	case *Customer:
		return strings.Join([]string{object.Name, object.Labels["tier"], object.Spec.CompanyName}, "|"), nil
	case *unstructured.Unstructured:
		company, _, err := unstructured.NestedString(object.Object, "spec", "companyName")
		return strings.Join([]string{object.GetName(), object.GetLabels()["tier"], company}, "|"), err
	case *metav1.PartialObjectMetadata:
		return strings.Join([]string{object.Name, object.Labels["tier"], ""}, "|"), nil
	}
	return "", fmt.Errorf("unexpected object %T", item)
}

package object

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

func tableKind(t *testing.T, columns ...v1alpha1.PrinterColumn) *Kind {
	t.Helper()
	resource := parseResource(t, everyType)
	resource.Spec.PrinterColumns = columns
	kind, err := NewKind(resource)
	if err != nil {
		t.Fatal(err)
	}
	return kind
}

func TestTableCells(t *testing.T) {
	for _, test := range []struct {
		column v1alpha1.PrinterColumn
		want   any
	}{
		{v1alpha1.PrinterColumn{Path: "spec.price"}, "0.00"},
		{v1alpha1.PrinterColumn{Path: "spec.integer"}, int64(-9223372036854775808)},
		{v1alpha1.PrinterColumn{Path: "spec.integer", Type: "string"}, "-9223372036854775808"},
		{v1alpha1.PrinterColumn{Path: "spec.number"}, 1e-7},
		{v1alpha1.PrinterColumn{Path: "spec.float"}, 0.1},
		{v1alpha1.PrinterColumn{Path: "spec.float", Type: "string"}, "0.1"},
		{v1alpha1.PrinterColumn{Path: "spec.flag"}, false},
		{v1alpha1.PrinterColumn{Path: "spec.flag", Type: "string"}, "false"},
		{v1alpha1.PrinterColumn{Path: "spec.blob"}, "AP8="},
		{v1alpha1.PrinterColumn{Path: "spec.tags"}, "a,"},
		{v1alpha1.PrinterColumn{Path: "spec.extra"}, `{"b":1e400,"a":[1,2.50,"x y"]}`},
		{v1alpha1.PrinterColumn{Path: "spec.born"}, "2001-02-03"},
		{v1alpha1.PrinterColumn{Path: "spec.address.deep"}, `{"uuid":"6f2c5a6e-8f0d-5c39-9b1c-d1f1a3a5f7e2","mac":"00:11:22:33:44:55"}`},
		{v1alpha1.PrinterColumn{Path: "spec.address.ip"}, "::1"},
		{v1alpha1.PrinterColumn{Path: "status.count"}, int64(0)},
		{v1alpha1.PrinterColumn{Path: "metadata.name"}, "a1"},
		{v1alpha1.PrinterColumn{Path: "metadata.namespace"}, "north"},
		{v1alpha1.PrinterColumn{Path: "metadata.resourceVersion"}, "3"},
		{v1alpha1.PrinterColumn{Path: "metadata.labels['tier']"}, "gold"},
		{v1alpha1.PrinterColumn{Path: "metadata.labels['none']"}, nil},
		{v1alpha1.PrinterColumn{Path: "metadata.annotations['example.com/note']"}, "n <b>"},
		{v1alpha1.PrinterColumn{Path: "metadata.creationTimestamp", Type: "string"}, "2020-01-02T03:04:05Z"},
		{v1alpha1.PrinterColumn{Path: "metadata.deletionTimestamp"}, nil},
	} {
		t.Run(test.column.Path+" "+test.column.Type, func(t *testing.T) {
			test.column.Name = "Column"
			kind := tableKind(t, test.column)
			o, err := kind.ObjectFromRecord(fullRecord(t, kind), 3)
			if err != nil {
				t.Fatal(err)
			}
			table, err := kind.TableConvertor().ConvertToTable(t.Context(), o, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := table.Rows[0].Cells[1]; got != test.want {
				t.Errorf("the cell is %#v, wanted %#v", got, test.want)
			}
			if table.Rows[0].Cells[0] != "a1" {
				t.Errorf("the name is %v", table.Rows[0].Cells[0])
			}
		})
	}
}

func TestTableCellsOfAbsentFields(t *testing.T) {
	kind := tableKind(t, v1alpha1.PrinterColumn{Name: "A", Path: "spec.text"}, v1alpha1.PrinterColumn{Name: "B", Path: "spec.seen"},
		v1alpha1.PrinterColumn{Name: "C", Path: "spec.extra.a"}, v1alpha1.PrinterColumn{Name: "D", Path: "spec.address"})
	table, err := kind.TableConvertor().ConvertToTable(t.Context(), kind.NewObject(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Rows[0].Cells; !equality.Semantic.DeepEqual(got, []any{"", nil, nil, nil, nil, nil}) {
		t.Errorf("the cells are %#v", got)
	}
}

func TestTableDatesAreAges(t *testing.T) {
	kind := tableKind(t, v1alpha1.PrinterColumn{Name: "Seen", Path: "spec.seen"})
	hourAgo := time.Now().Add(-61 * time.Minute).UTC().Format(time.RFC3339)
	o, err := kind.ObjectFromRecord(recordOf(t, kind, textKey("a", "b"), map[string]adapters.Value{
		"spec.seen": adapters.String(hourAgo), "metadata.creationTimestamp": adapters.String(hourAgo),
	}), 3)
	if err != nil {
		t.Fatal(err)
	}
	table, err := kind.TableConvertor().ConvertToTable(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Rows[0].Cells; got[1] != "61m" || got[2] != "61m" {
		t.Errorf("the cells are %v", got)
	}
	columns := table.ColumnDefinitions
	if columns[1].Type != "date" || columns[2].Name != "Age" || columns[2].Type != "date" {
		t.Errorf("the columns are %v", columns)
	}
}

func TestTableOfDocumentMembers(t *testing.T) {
	kind := tableKind(t, v1alpha1.PrinterColumn{Name: "A", Path: "spec.extra.a"}, v1alpha1.PrinterColumn{Name: "B", Path: "spec.extra.b.c"})
	o, err := decodeText(kind, runtime.ContentTypeJSON, true, thingHead+`"spec":{"extra":{"a":[1,{"x":2}],"b":{"c":"deep"}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	table, err := kind.TableConvertor().ConvertToTable(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := table.Rows[0].Cells; got[1] != `[1,{"x":2}]` || got[2] != "deep" {
		t.Errorf("the cells are %v", got)
	}
}

func TestTableOfLists(t *testing.T) {
	kind := tableKind(t, v1alpha1.PrinterColumn{Name: "Text", Path: "spec.text", Priority: 1, Description: "The text"})
	remaining := int64(5)
	list := kind.NewList()
	list.ResourceVersion, list.Continue, list.RemainingItemCount = "7", "more", &remaining
	list.Items = make([]Object, 2)
	table, err := kind.TableConvertor().ConvertToTable(t.Context(), list, &metav1.TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if table.ResourceVersion != "7" || table.Continue != "more" || *table.RemainingItemCount != 5 || len(table.Rows) != 2 {
		t.Errorf("the table is %v", table)
	}
	if column := table.ColumnDefinitions[1]; column.Priority != 1 || column.Description != "The text" {
		t.Errorf("the column is %v", column)
	}
	table, err = kind.TableConvertor().ConvertToTable(t.Context(), list, &metav1.TableOptions{NoHeaders: true})
	if err != nil || len(table.ColumnDefinitions) != 0 {
		t.Errorf("without headers, the columns are %v, %v", table.ColumnDefinitions, err)
	}
	if _, err := kind.TableConvertor().ConvertToTable(t.Context(), &metav1.Status{}, nil); err == nil || !strings.Contains(err.Error(), "is not a Thing") {
		t.Errorf("got %v", err)
	}
}

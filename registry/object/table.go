package object

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metatable "k8s.io/apimachinery/pkg/api/meta/table"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
)

// tableColumn is one column of the answer to kubectl get.
type tableColumn struct {
	name, path, valueType, format, description string
	priority                                   int32
	cell                                       func(o *Object) any
}

const dateColumn = "date"

// definition returns the column as a CustomResourceDefinition has it.
func (c *tableColumn) definition() apiextensionsv1.CustomResourceColumnDefinition {
	return apiextensionsv1.CustomResourceColumnDefinition{
		Name: c.name, Type: c.valueType, Format: c.format, Description: c.description, Priority: c.priority, JSONPath: "." + c.path,
	}
}

func (k *Kind) compileColumns() error {
	hasAge := false
	for _, declared := range k.declaration.Spec.PrinterColumns {
		column := tableColumn{
			name: declared.Name, path: declared.Path, valueType: declared.Type, format: declared.Format,
			description: declared.Description, priority: declared.Priority,
		}
		if err := k.compileCell(&column); err != nil {
			return fmt.Errorf("printer column %s: %w", declared.Name, err)
		}
		hasAge = hasAge || column.path == "metadata.creationTimestamp"
		k.columns = append(k.columns, column)
	}
	if k.meta.created >= 0 && !hasAge {
		age := tableColumn{
			name: "Age", path: "metadata.creationTimestamp", valueType: dateColumn,
			description: metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"],
		}
		if err := k.compileCell(&age); err != nil {
			return err
		}
		k.columns = append(k.columns, age)
	}
	return nil
}

func (k *Kind) compileCell(column *tableColumn) error {
	value, valueType, err := k.cellValue(column.path)
	if err != nil {
		return err
	}
	if column.valueType == "" {
		column.valueType = valueType
	}
	column.cell = value
	switch column.valueType {
	case dateColumn:
		column.cell = func(o *Object) any { return age(value(o)) }
	case "string":
		column.cell = func(o *Object) any { return cellText(value(o)) }
	}
	return nil
}

// age turns an instant into how long ago it was, as kubectl shows it.
func age(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	instant, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return metatable.ConvertToHumanReadableDateType(metav1.Time{Time: instant})
}

// cellText shows numbers and booleans in a column of strings.
func cellText(value any) any {
	switch typed := value.(type) {
	case int64:
		return strconv.FormatInt(typed, 10)
	case float64:
		return string(appendJSONFloat(nil, typed, 64))
	case bool:
		return strconv.FormatBool(typed)
	}
	return value
}

// cellValue returns how a path's value is read from an object, and the column type
// that suits it.
func (k *Kind) cellValue(path string) (func(o *Object) any, string, error) {
	if metadata, ok := strings.CutPrefix(path, "metadata."); ok {
		return metadataCell(metadata)
	}
	if field, ok := k.plan.byPath[path]; ok {
		return k.fieldCell(field), field.columnType(), nil
	}
	for parent, _, found := cutLast(path); found; parent, _, found = cutLast(parent) {
		field, ok := k.plan.byPath[parent]
		if ok && field.message == nil && field.isJSON() {
			return k.documentCell(field, strings.Split(path[len(parent)+1:], ".")), "string", nil
		}
	}
	return nil, "", fmt.Errorf("%s is not a declared field", path)
}

// fieldCell reads a field straight from the body.
func (k *Kind) fieldCell(field *planField) func(o *Object) any {
	return func(o *Object) any {
		payload, ok := find(k.plan.root, o.Body, field)
		if !ok {
			return nil
		}
		return field.cell(payload)
	}
}

// documentCell reads a member of a JSON document.
func (k *Kind) documentCell(field *planField, path []string) func(o *Object) any {
	return func(o *Object) any {
		payload, ok := find(k.plan.root, o.Body, field)
		if !ok {
			return nil
		}
		var document any
		if err := json.Unmarshal([]byte(payload), &document); err != nil {
			return nil
		}
		for _, name := range path {
			members, ok := document.(map[string]any)
			if !ok {
				return nil
			}
			document = members[name]
		}
		return documentText(document)
	}
}

func documentText(document any) any {
	switch document.(type) {
	case map[string]any, []any:
		text, err := json.Marshal(document)
		if err != nil {
			return nil
		}
		return string(text)
	}
	return document
}

var metadataKey = regexp.MustCompile(`^(labels|annotations)\[['"]?([^'"]+)['"]?\]$`)

func metadataCell(path string) (func(o *Object) any, string, error) {
	if match := metadataKey.FindStringSubmatch(path); match != nil {
		key := match[2]
		if match[1] == "labels" {
			return func(o *Object) any { return mapCell(o.Labels, key) }, "string", nil
		}
		return func(o *Object) any { return mapCell(o.Annotations, key) }, "string", nil
	}
	switch path {
	case "name":
		return func(o *Object) any { return o.Name }, "string", nil
	case "namespace":
		return func(o *Object) any { return o.Namespace }, "string", nil
	case "uid":
		return func(o *Object) any { return string(o.UID) }, "string", nil
	case "resourceVersion":
		return func(o *Object) any { return o.ResourceVersion }, "string", nil
	case "generation":
		return func(o *Object) any { return o.Generation }, "integer", nil
	case "creationTimestamp":
		return func(o *Object) any { return timeCell(&o.CreationTimestamp) }, dateColumn, nil
	case "deletionTimestamp":
		return func(o *Object) any { return timeCell(o.DeletionTimestamp) }, dateColumn, nil
	}
	return nil, "", fmt.Errorf("metadata.%s cannot be shown", path)
}

func mapCell(values map[string]string, key string) any {
	if value, ok := values[key]; ok {
		return value
	}
	return nil
}

func timeCell(instant *metav1.Time) any {
	if instant.IsZero() {
		return nil
	}
	return instant.UTC().Format(time.RFC3339)
}

// TableConvertor returns the conversion to the table that kubectl get shows: the name,
// the declared columns, and the age where the creation timestamp is mapped.
func (k *Kind) TableConvertor() rest.TableConvertor { return tableConvertor{k} }

type tableConvertor struct{ kind *Kind }

// ConvertToTable implements rest.TableConvertor.
func (c tableConvertor) ConvertToTable(_ context.Context, obj, options runtime.Object) (*metav1.Table, error) {
	table := &metav1.Table{}
	if given, ok := options.(*metav1.TableOptions); !ok || !given.NoHeaders {
		table.ColumnDefinitions = c.kind.columnDefinitions()
	}
	switch typed := obj.(type) {
	case *Object:
		table.ResourceVersion = typed.ResourceVersion
		table.Rows = []metav1.TableRow{c.kind.row(typed)}
	case *List:
		table.ResourceVersion, table.Continue = typed.ResourceVersion, typed.Continue
		table.RemainingItemCount = typed.RemainingItemCount
		table.Rows = make([]metav1.TableRow, len(typed.Items))
		for i := range typed.Items {
			table.Rows[i] = c.kind.row(&typed.Items[i])
		}
	default:
		return nil, fmt.Errorf("object of type %T is not a %s", obj, c.kind.gvk.Kind)
	}
	return table, nil
}

func (k *Kind) columnDefinitions() []metav1.TableColumnDefinition {
	definitions := []metav1.TableColumnDefinition{{
		Name: "Name", Type: "string", Format: "name", Description: metav1.ObjectMeta{}.SwaggerDoc()["name"],
	}}
	for _, column := range k.columns {
		description := column.description
		if description == "" {
			description = "The value of " + column.path + "."
		}
		definitions = append(definitions, metav1.TableColumnDefinition{
			Name: column.name, Type: column.valueType, Format: column.format, Description: description, Priority: column.priority,
		})
	}
	return definitions
}

func (k *Kind) row(o *Object) metav1.TableRow {
	cells := make([]any, 1, len(k.columns)+1)
	cells[0] = o.Name
	for i := range k.columns {
		cells = append(cells, k.columns[i].cell(o))
	}
	return metav1.TableRow{Cells: cells, Object: runtime.RawExtension{Object: o}}
}

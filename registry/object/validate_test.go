package object

import (
	"context"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

const customers = `
metadata: {name: customers.erp.example.com}
spec:
  group: erp.example.com
  version: v1
  scope: Namespaced
  names: {plural: customers, singular: customer, kind: Customer}
  source:
    backend: erp
    mysql: {table: CUST, key: {name: {columns: [cust_no]}, namespace: {column: region}}}
  fields:
  - {path: spec.companyName, column: CUST_NM, number: 1, required: true, maxLength: 10, minLength: 2, description: Legal name}
  - {path: spec.status, column: status, number: 2, values: {A: Active, I: Inactive}, default: Active}
  - {path: spec.creditLimit, column: credit_limit, number: 3, type: decimal, pattern: '^[0-9.]{1,8}$'}
  - {path: spec.rank, column: rank, number: 4, type: integer, minimum: -5, maximum: 9223372036854775806}
  - {path: spec.tags, column: tags, number: 5, type: set, enum: [red, green]}
  - {path: spec.since, column: since, number: 6, type: date, immutable: true}
  - {path: spec.ip, column: ip, number: 7, type: ip}
  - {path: spec.extra, column: extra, number: 8, type: json}
  - {path: spec.origin, column: origin, number: 9, readOnly: true}
  - {path: spec.number, column: CUST_NO, number: 10, type: integer}
  - {path: spec.address, number: 11, type: object}
  - {path: spec.address.city, column: city, number: 1, default: Bonn}
  - {path: status.balance, column: balance, number: 1, type: decimal, readOnly: true}
  validations:
  - {rule: "!has(self.spec.rank) || self.spec.status != 'Inactive' || self.spec.rank == 0", message: inactive customers have no rank}
  - {rule: "!has(oldSelf.spec.rank) || !has(self.spec.rank) || self.spec.rank >= oldSelf.spec.rank", message: ranks only rise, fieldPath: .spec.rank}
  selectableFields: [spec.status]
`

func customer(t testing.TB, kind *Kind, spec string) *Object {
	t.Helper()
	o, err := decodeText(kind, runtime.ContentTypeJSON, true,
		`{"apiVersion":"erp.example.com/v1","kind":"Customer","metadata":{"name":"42","namespace":"north"},"spec":`+spec+`}`)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// brief writes faults as "type path", sorted, without the remark that rules were not
// checked.
func brief(faults field.ErrorList) string {
	var texts []string
	for _, fault := range faults {
		if strings.HasPrefix(fault.Detail, "some validation rules were not checked") {
			continue
		}
		texts = append(texts, string(fault.Type)+" "+fault.Field)
	}
	slices.Sort(texts)
	return strings.Join(texts, "; ")
}

func TestValidate(t *testing.T) {
	kind := newTestKind(t, customers)
	for _, test := range []struct{ name, spec, want string }{
		{"good", `{"companyName":"ACME","creditLimit":"1.00","rank":3,"tags":["red"],"ip":"::1","number":42}`, ""},
		{"missing", `{}`, "FieldValueRequired spec.companyName"},
		{"null counts as missing", `{"companyName":null}`, "FieldValueRequired spec.companyName"},
		{"too long", `{"companyName":"ACME Limited"}`, "FieldValueTooLong spec.companyName"},
		{"length counts characters", `{"companyName":"ÄÖÜÄÖÜÄÖÜÄ"}`, ""},
		{"too short", `{"companyName":"A"}`, "FieldValueInvalid spec.companyName"},
		{"not a mapped value", `{"companyName":"ACME","status":"A"}`, "FieldValueNotSupported spec.status"},
		{"declared pattern", `{"companyName":"ACME","creditLimit":"123456789"}`, "FieldValueInvalid spec.creditLimit"},
		{"the type's own pattern", `{"companyName":"ACME","creditLimit":"1..2"}`, "FieldValueInvalid spec.creditLimit"},
		{"below minimum", `{"companyName":"ACME","rank":-6}`, "FieldValueInvalid spec.rank"},
		{"above maximum by less than floating point can tell", `{"companyName":"ACME","rank":9223372036854775807}`, "FieldValueInvalid spec.rank"},
		{"not in the set's enum", `{"companyName":"ACME","tags":["red","blue"]}`, "FieldValueNotSupported spec.tags[1]"},
		{"twice in a set", `{"companyName":"ACME","tags":["red","red"]}`, "FieldValueDuplicate spec.tags[1]"},
		{"not a date", `{"companyName":"ACME","since":"2020-02-30"}`, "FieldValueTypeInvalid spec.since"},
		{"not an address", `{"companyName":"ACME","ip":"1.2.3"}`, "FieldValueInvalid spec.ip"},
		{"against the key", `{"companyName":"ACME","number":43}`, "FieldValueInvalid spec.number"},
		{"against a rule", `{"companyName":"ACME","status":"Inactive","rank":1}`, "FieldValueInvalid <nil>"},
		{"several", `{"companyName":"A","rank":-6,"ip":"x"}`, "FieldValueInvalid spec.companyName; FieldValueInvalid spec.ip; FieldValueInvalid spec.rank"},
	} {
		t.Run(test.name, func(t *testing.T) {
			faults := kind.Validate(context.Background(), customer(t, kind, test.spec))
			if got := brief(faults); got != test.want {
				t.Errorf("got %q, wanted %q\n%v", got, test.want, faults)
			}
		})
	}
}

func TestValidateUpdateForgivesWhatIsUnchanged(t *testing.T) {
	kind := newTestKind(t, customers)
	for _, test := range []struct{ name, old, changed, want string }{
		{"nothing wrong", `{"companyName":"ACME"}`, `{"companyName":"ACNE"}`, ""},
		{"drifted enum", `{"companyName":"ACME","status":"X"}`, `{"companyName":"ACNE","status":"X"}`, ""},
		{"drifted enum, another one", `{"companyName":"ACME","status":"X"}`, `{"companyName":"ACME","status":"Y"}`, "FieldValueNotSupported spec.status"},
		{"too long before", `{"companyName":"ACME Limited"}`, `{"companyName":"ACME Limited","ip":"::1"}`, ""},
		{"missing before", `{"ip":"::2"}`, `{"ip":"::1"}`, ""},
		{"missing now", `{"companyName":"ACME"}`, `{"ip":"::1"}`, "FieldValueRequired spec.companyName"},
		{"bound before", `{"companyName":"ACME","rank":9223372036854775807}`, `{"companyName":"ACNE","rank":9223372036854775807}`, ""},
		{"drifted set", `{"companyName":"ACME","tags":["blue"]}`, `{"companyName":"ACNE","tags":["blue"]}`, ""},
		{"immutable", `{"companyName":"ACME","since":"2020-01-01"}`, `{"companyName":"ACME","since":"2020-01-02"}`, "FieldValueInvalid spec.since"},
		{"immutable set later", `{"companyName":"ACME"}`, `{"companyName":"ACME","since":"2020-01-02"}`, "FieldValueInvalid spec.since"},
		{"immutable removed", `{"companyName":"ACME","since":"2020-01-01"}`, `{"companyName":"ACME"}`, "FieldValueInvalid spec.since"},
		{"transition rule", `{"companyName":"ACME","rank":5}`, `{"companyName":"ACME","rank":4}`, "FieldValueInvalid spec.rank"},
		{"a document that no map can hold", `{"companyName":"ACME","extra":{"a":1e400}}`, `{"companyName":"ACNE","extra":{"a":1e400}}`, ""},
		{"key field", `{"companyName":"ACME","number":42}`, `{"companyName":"ACME","number":41}`, "FieldValueInvalid spec.number"},
	} {
		t.Run(test.name, func(t *testing.T) {
			faults := kind.ValidateUpdate(context.Background(), customer(t, kind, test.changed), customer(t, kind, test.old))
			if got := brief(faults); got != test.want {
				t.Errorf("got %q, wanted %q\n%v", got, test.want, faults)
			}
		})
	}
}

func TestDefault(t *testing.T) {
	kind := newTestKind(t, customers)
	for _, test := range []struct{ spec, want string }{
		{`null`, `{"status":"Active","number":42}`},
		{`{}`, `{"status":"Active","number":42}`},
		{`{"status":"Inactive","number":7}`, `{"status":"Inactive","number":7}`},
		{`{"status":null}`, `{"status":"Active","number":42}`},
		{`{"address":{}}`, `{"status":"Active","number":42,"address":{"city":"Bonn"}}`},
	} {
		if got := specOf(t, customer(t, kind, test.spec)); got != test.want {
			t.Errorf("%s becomes %s, wanted %s", test.spec, got, test.want)
		}
	}
}

func TestNamesThatNoRecordCanHave(t *testing.T) {
	kind := newTestKind(t, customers)
	o := customer(t, kind, `{"companyName":"ACME"}`)
	o.Name = "x--a"
	if got := brief(kind.Validate(context.Background(), o)); got != "FieldValueInvalid metadata.name" {
		t.Errorf("got %q", got)
	}
	o.Name, o.Namespace = "42", "u--x"
	if got := brief(kind.Validate(context.Background(), o)); got != "" {
		t.Errorf("namespace X is refused: %q", got)
	}
	o.Namespace = "x--a"
	if got := brief(kind.Validate(context.Background(), o)); got != "FieldValueInvalid metadata.namespace" {
		t.Errorf("got %q", got)
	}
}

func TestGeneratedKeys(t *testing.T) {
	resource := parseResource(t, customers)
	resource.Spec.Source.MySQL.Key.Name.Generated = true
	resource.Spec.Fields[9].ReadOnly = true
	kind, err := NewKind(resource)
	if err != nil {
		t.Fatal(err)
	}
	o := customer(t, kind, `{"companyName":"ACME"}`)
	if got := brief(kind.Validate(context.Background(), o)); got != "FieldValueForbidden metadata.name" {
		t.Errorf("an explicit name: got %q", got)
	}
	o.GenerateName, o.Name = "cust-", "other"
	if got := brief(kind.Validate(context.Background(), o)); got != "FieldValueForbidden metadata.name" {
		t.Errorf("an explicit name beside generateName: got %q", got)
	}
	o.Name = "cust-x7x2z"
	kind.ResetReadOnly(o, nil)
	if got := brief(kind.Validate(context.Background(), o)); got != "" {
		t.Errorf("a generated name: got %q", got)
	}
	o.Namespace = "u--de"
	record, err := kind.RecordFromObject(o)
	if err != nil || !record.Key.Equal(adapters.Key{adapters.Null, adapters.String("DE")}) {
		t.Errorf("the record has the key %v, %v", record.Key, err)
	}
}

func TestGeneratedKeysInAFixedNamespace(t *testing.T) {
	resource := parseResource(t, customers)
	resource.Spec.Source.MySQL.Key.Name.Generated = true
	resource.Spec.Source.MySQL.Key.Namespace = &v1alpha1.NamespaceSource{Value: "north"}
	kind, err := NewKind(resource)
	if err != nil {
		t.Fatal(err)
	}
	o := customer(t, kind, `{"companyName":"ACME"}`)
	o.GenerateName = "cust-"
	if record, err := kind.RecordFromObject(o); err != nil || len(record.Key) != 0 {
		t.Errorf("the record has the key %v, %v", record.Key, err)
	}
	o.GenerateName = ""
	if record, err := kind.RecordFromObject(o); err != nil || !record.Key.Equal(textKey("42")) {
		t.Errorf("the record of a stored object has the key %v, %v", record.Key, err)
	}
}

func TestResetReadOnly(t *testing.T) {
	kind := newTestKind(t, customers)
	withStatus := func(spec, status string) *Object {
		o, err := decodeText(kind, runtime.ContentTypeJSON, true,
			`{"metadata":{"name":"42","namespace":"north"},"spec":`+spec+`,"status":`+status+`}`)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	fresh := withStatus(`{"companyName":"ACME","origin":"here"}`, `{"balance":"1"}`)
	if got := kind.ResetReadOnly(fresh, nil); !slices.Equal(got, []string{"spec.origin", "status.balance"}) {
		t.Errorf("reset %q", got)
	}
	if got := specOf(t, fresh); got != `{"companyName":"ACME","status":"Active","number":42}` {
		t.Errorf("spec is %s", got)
	}
	if strings.Contains(string(encodeWith(t, kind, runtime.ContentTypeJSON, fresh)), `"status":{`) {
		t.Error("a new object has a status")
	}

	old := withStatus(`{"companyName":"ACME","origin":"there","extra":{"a": 1.0, "b":[2]}}`, `{"balance":"1"}`)
	changed := withStatus(`{"companyName":"ACNE","extra":{"b":[2],"a":1.0}}`, `{}`)
	if got := kind.ResetReadOnly(changed, old); !slices.Equal(got, []string{"spec.origin", "status.balance"}) {
		t.Errorf("reset %q", got)
	}
	if got := specOf(t, changed); got != `{"companyName":"ACNE","status":"Active","extra":{"a":1.0,"b":[2]},"origin":"there","number":42}` {
		t.Errorf("spec is %s", got)
	}
	same := old.DeepCopy()
	if got := kind.ResetReadOnly(same, old); got != nil || same.Body != old.Body {
		t.Errorf("reset %q in an object that is the same", got)
	}
}

func TestEmptyObjectsAreNotKept(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := decodeText(kind, runtime.ContentTypeJSON, true, thingHead+`"metadata":{"name":"a","namespace":"b"},"spec":{"address":{"deep":{}}},"status":{}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := kind.ResetReadOnly(o, nil); got != nil {
		t.Errorf("reset %q", got)
	}
	record, err := kind.RecordFromObject(o)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := kind.ObjectFromRecord(record, 1)
	if err != nil || stored.Body != o.Body || specOf(t, o) != "{}" {
		t.Errorf("%q is stored as %q, %v", o.Body, stored.Body, err)
	}
}

func TestBackendSpellingIsKept(t *testing.T) {
	kind := newTestKind(t, everyType)
	record := fullRecord(t, kind)
	old, err := kind.ObjectFromRecord(record, 3)
	if err != nil {
		t.Fatal(err)
	}
	sent := decodeWith(t, kind, runtime.ContentTypeJSON, encodeWith(t, kind, runtime.ContentTypeJSON, old))
	if got := kind.ResetReadOnly(sent, old); got != nil {
		t.Errorf("reset %q in an object that was sent back", got)
	}
	if back, err := kind.RecordFromObject(sent); err != nil || !back.Equal(record) {
		t.Errorf("the record becomes\n%v, %v\nfrom\n%v", back, err, record)
	}
}

func TestNewKindNamesWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		name, want string
		change     func(*v1alpha1.BridgedResourceSpec)
	}{
		{"rule that doesn't compile", `spec.validations[0].rule: Invalid value: "self.spec.foo == 1": compilation failed`, func(s *v1alpha1.BridgedResourceSpec) { s.Validations[0].Rule = "self.spec.foo == 1" }},
		{"rule that costs too much", "spec.validations[0].rule", func(s *v1alpha1.BridgedResourceSpec) {
			s.Validations[0].Rule = "self.spec.tags.all(a, self.spec.tags.all(b, self.spec.tags.all(c, a + b != c)))"
		}},
		{"path outside spec and status", "foo.bar", func(s *v1alpha1.BridgedResourceSpec) { s.Fields[0].Path = "foo.bar" }},
		{"undeclared object", "spec.x must be declared too", func(s *v1alpha1.BridgedResourceSpec) { s.Fields[0].Path = "spec.x.y" }},
		{"value in a value", "spec.status is declared as a value", func(s *v1alpha1.BridgedResourceSpec) { s.Fields[0].Path = "spec.status.y" }},
		{"number taken", "number 2 is taken by spec.status", func(s *v1alpha1.BridgedResourceSpec) { s.Fields[2].Number = 2 }},
		{"reserved number", "19500 is not a protobuf field number", func(s *v1alpha1.BridgedResourceSpec) { s.Fields[0].Number = 19500 }},
		{"path twice", "declared twice", func(s *v1alpha1.BridgedResourceSpec) { s.Fields[2].Path = "spec.status" }},
		{"unknown type", `type "foo" is not known`, func(s *v1alpha1.BridgedResourceSpec) { s.Fields[0].Type = "foo" }},
		{"default of the wrong type", "field spec.rank: default", func(s *v1alpha1.BridgedResourceSpec) {
			s.Fields[3].Default = &v1alpha1.Scalar{Text: "x"}
		}},
		{"default outside the enum", "spec.fields", func(s *v1alpha1.BridgedResourceSpec) {
			s.Fields[1].Default = &v1alpha1.Scalar{Text: "Unheard"}
		}},
		{"unknown selectable field", "spec.selectableFields: spec.foo", func(s *v1alpha1.BridgedResourceSpec) { s.SelectableFields = []string{"spec.foo"} }},
		{"unknown column", "printer column X: spec.foo", func(s *v1alpha1.BridgedResourceSpec) {
			s.PrinterColumns = []v1alpha1.PrinterColumn{{Name: "X", Path: "spec.foo"}}
		}},
		{"no namespace", "needs key.namespace", func(s *v1alpha1.BridgedResourceSpec) { s.Source.MySQL.Key.Namespace = nil }},
		{"no key", "at least one column", func(s *v1alpha1.BridgedResourceSpec) { s.Source.MySQL.Key.Name.Columns = nil }},
		{"no source", "a source is required", func(s *v1alpha1.BridgedResourceSpec) { s.Source.MySQL = nil }},
		{"broken pattern", "spec.fields", func(s *v1alpha1.BridgedResourceSpec) { s.Fields[0].Pattern = "[" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			resource := parseResource(t, customers)
			test.change(&resource.Spec)
			if _, err := NewKind(resource); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, wanted an error with %q", err, test.want)
			}
		})
	}
}

func TestRecordsThatAreNotRepresentable(t *testing.T) {
	kind := newTestKind(t, everyType)
	key := textKey("a", "b")
	for name, test := range map[string]struct {
		record adapters.Record
		want   string
	}{
		"wrong kind of value": {recordOf(t, kind, key, map[string]adapters.Value{"spec.text": adapters.Int(1)}), "spec.text: expected string, got an integer"},
		"invalid UTF-8":       {recordOf(t, kind, key, map[string]adapters.Value{"spec.text": adapters.String("\xff")}), "spec.text"},
		"broken document":     {recordOf(t, kind, key, map[string]adapters.Value{"spec.extra": adapters.JSON("{")}), "spec.extra: invalid JSON"},
		"inexact float":       {recordOf(t, kind, key, map[string]adapters.Value{"spec.float": adapters.Float(0.1)}), "spec.float: 0.1 is not exact"},
		"no time":             {recordOf(t, kind, key, map[string]adapters.Value{"metadata.creationTimestamp": adapters.String("0000-00-00")}), "metadata.creationTimestamp"},
		"label of a number":   {recordOf(t, kind, key, map[string]adapters.Value{"metadata.labels[tier]": adapters.Int(1)}), "metadata.labels[tier]: expected a text, got an integer"},
		"too few values":      {adapters.Record{Key: key}, "0 values"},
		"too few key values":  {recordOf(t, kind, textKey("a"), nil), "key has 1 values instead of 2"},
		"key of a number":     {recordOf(t, kind, adapters.Key{adapters.Int(1), adapters.String("b")}, nil), "key column thing_no: expected a text"},
		"name too long":       {recordOf(t, kind, textKey(strings.Repeat("é", 50), "b"), nil), "not representable"},
	} {
		if _, err := kind.ObjectFromRecord(test.record, 1); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, wanted an error with %q", name, err, test.want)
		}
	}
}

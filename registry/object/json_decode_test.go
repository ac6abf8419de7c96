package object

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

const thingHead = `{"apiVersion":"erp.example.com/v1","kind":"Thing",`

// decodeText decodes with the strict or lenient serializer of a text format.
func decodeText(kind *Kind, mediaType string, strict bool, text string) (*Object, error) {
	serializer := kind.NegotiatedSerializer()
	info, _ := runtime.SerializerInfoForMediaType(serializer.SupportedMediaTypes(), mediaType)
	chosen := info.Serializer
	if strict {
		chosen = info.StrictSerializer
	}
	into := kind.NewObject()
	obj, _, err := serializer.DecoderToVersion(chosen, kind.GroupVersionKind().GroupVersion()).Decode([]byte(text), nil, into)
	if obj == nil {
		return nil, err
	}
	return obj.(*Object), err
}

func TestStrictDecodingReportsWhatLenientDecodingIgnores(t *testing.T) {
	kind := newTestKind(t, everyType)
	for _, test := range []struct {
		name, text string
		problems   []string
		kept       string // the spec that lenient decoding makes of it
	}{
		{"nothing to report", `"metadata":{"name":"a"},"spec":{"text":"x"}}`, nil, `{"text":"x"}`},
		{"unknown in spec", `"spec":{"text":"x","texts":"y"}}`, []string{`unknown field "spec.texts"`}, `{"text":"x"}`},
		{"unknown nested", `"spec":{"address":{"deep":{"x":{"y":[1,{}]},"mac":"00:11:22:33:44:55"}}}}`, []string{`unknown field "spec.address.deep.x"`}, `{"address":{"deep":{"mac":"00:11:22:33:44:55"}}}`},
		{"unknown in status", `"status":{"foo":null}}`, []string{`unknown field "status.foo"`}, `{}`},
		{"unknown at the top", `"data":{"spec":1}}`, []string{`unknown field "data"`}, `{}`},
		{"unknown in metadata", `"metadata":{"names":"x"}}`, []string{`unknown field "metadata.names"`}, `{}`},
		{"names are case-sensitive", `"Spec":{},"spec":{"Text":"x"}}`, []string{`unknown field "Spec"`, `unknown field "spec.Text"`}, `{}`},
		{"duplicate in spec", `"spec":{"text":"x","text":"y"}}`, []string{`duplicate field "spec.text"`}, `{"text":"y"}`},
		{"duplicate spec", `"spec":{"text":"x"},"spec":{"flag":true}}`, []string{`duplicate field "spec"`}, `{"flag":true}`},
		{"duplicate that takes back", `"spec":{"text":"x","text":null}}`, []string{`duplicate field "spec.text"`}, `{}`},
		{"duplicate in metadata", `"metadata":{"name":"a","name":"b"}}`, []string{`duplicate field "metadata.name"`}, `{}`},
		{"duplicate label", `"metadata":{"labels":{"a":"1","a":"2"}}}`, []string{`duplicate field "metadata.labels.a"`}, `{}`},
		{"several at once", `"x":1,"spec":{"y":1,"z":2}}`, []string{`unknown field "x"`, `unknown field "spec.y"`, `unknown field "spec.z"`}, `{}`},
		{"inside a document everything goes", `"spec":{"extra":{"a":1,"a":2}}}`, nil, `{"extra":{"a":1,"a":2}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			lenient, err := decodeText(kind, runtime.ContentTypeJSON, false, thingHead+test.text)
			if err != nil {
				t.Fatalf("lenient decoding fails: %v", err)
			}
			if got := specOf(t, lenient); got != test.kept {
				t.Errorf("spec is %s, wanted %s", got, test.kept)
			}
			strict, err := decodeText(kind, runtime.ContentTypeJSON, true, thingHead+test.text)
			if strict == nil {
				t.Fatalf("strict decoding gives no object, which a warning needs: %v", err)
			}
			if strict.Body != lenient.Body {
				t.Errorf("strict decoding makes another object")
			}
			compareProblems(t, err, test.problems)
		})
	}
}

func compareProblems(t *testing.T, err error, want []string) {
	t.Helper()
	strictErr, ok := runtime.AsStrictDecodingError(err)
	if ok != (len(want) > 0) || err != nil && !ok {
		t.Fatalf("strict decoding reports %v, wanted %q", err, want)
	}
	if !ok {
		return
	}
	var got []string
	for _, problem := range strictErr.Errors() {
		got = append(got, problem.Error())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("strict decoding reports %q, wanted %q", got, want)
	}
}

func specOf(t *testing.T, o *Object) string {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var parts struct{ Spec json.RawMessage }
	if err := json.Unmarshal(text, &parts); err != nil {
		t.Fatal(err)
	}
	return string(parts.Spec)
}

func TestWrongJSONIsRefusedByPath(t *testing.T) {
	kind := newTestKind(t, everyType)
	for _, test := range []struct{ name, text, want string }{
		{"string for integer", `"spec":{"integer":"1"}}`, "spec.integer: must be an integer, not a string"},
		{"number for string", `"spec":{"text":1}}`, "spec.text: must be a string, not a number"},
		{"number for boolean", `"spec":{"flag":0}}`, "spec.flag: must be a boolean, not a number"},
		{"array for object", `"spec":{"address":[]}}`, "spec.address: must be an object, not an array"},
		{"string for spec", `"spec":"x"}`, "spec: must be an object, not a string"},
		{"object for list", `"spec":{"tags":{}}}`, "spec.tags: must be an array, not an object"},
		{"number in list", `"spec":{"tags":["a",1]}}`, "spec.tags[1]: must be a string, not a number"},
		{"null in list", `"spec":{"tags":[null]}}`, "spec.tags[0]: must be a string, not null"},
		{"not base64", `"spec":{"blob":"a"}}`, "spec.blob: must be base64"},
		{"integer too large", `"spec":{"integer":9223372036854775808}}`, "spec.integer: must be an integer between"},
		{"fraction for integer", `"spec":{"integer":1.5}}`, "spec.integer: must be an integer between"},
		{"number too large", `"spec":{"number":1e400}}`, "spec.number: 1e400 is outside the range of a 64-bit number"},
		{"float too large", `"spec":{"float":1e39}}`, "spec.float: 1e39 is outside the range of a 32-bit number"},
		{"half a surrogate pair", `"spec":{"text":"\ud800"}}`, "spec.text: invalid JSON at offset"},
		{"half a surrogate pair in metadata", `"metadata":{"annotations":{"a":"\udc00"}}}`, "surrogate"},
		{"control character", "\"spec\":{\"text\":\"a\nb\"}}", "control character"},
		{"invalid UTF-8", "\"spec\":{\"text\":\"\xff\"}}", "not valid UTF-8"},
		{"broken document", `"spec":{"extra":{"a":01}}}`, "invalid JSON"},
		{"broken document below", `"spec":{"extra":[tru]}}`, "spec.extra: invalid JSON"},
		{"text after the end", `"spec":{}} {}`, "unexpected text after the document"},
		{"cut short", `"spec":{"text":"x`, "unexpected end"},
		{"wrong type in metadata", `"metadata":{"name":1}}`, "metadata.name"},
		{"metadata is a list", `"metadata":[]}`, "metadata"},
		{"labels of numbers", `"metadata":{"labels":{"a":1}}}`, "metadata.labels"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, strict := range []bool{true, false} {
				o, err := decodeText(kind, runtime.ContentTypeJSON, strict, thingHead+test.text)
				if err == nil || o != nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, %v; wanted an error with %q", o, err, test.want)
				}
			}
		})
	}
}

func TestJSONOfAnotherKindIsRefused(t *testing.T) {
	kind := newTestKind(t, everyType)
	for text, want := range map[string]string{
		`{"apiVersion":"v1","kind":"Pod"}`:                                  "must be erp.example.com/v1 Thing, not v1 Pod",
		`{"apiVersion":"erp.example.com/v2","kind":"Thing"}`:                "not erp.example.com/v2 Thing",
		`{"apiVersion":"a/b/c","kind":"Thing"}`:                             "apiVersion",
		`{"apiVersion":1}`:                                                  "apiVersion: must be a string, not a number",
		`{"apiVersion":"erp.example.com/v1","kind":"Thing","kind":"Other"}`: "not erp.example.com/v1 Other",
		`[]`:   "the object: must be an object, not an array",
		`null`: "the object: must be an object, not null",
		``:     "must be an object",
		`{`:    "unexpected end",
	} {
		if o, err := decodeText(kind, runtime.ContentTypeJSON, true, text); err == nil || o != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v; wanted an error with %q", text, o, err, want)
		}
	}
	if _, err := decodeText(kind, runtime.ContentTypeJSON, true, `{"metadata":{"name":"a"}}`); err != nil {
		t.Errorf("the request says what is missing in the body: %v", err)
	}
}

func TestNumbersThatAreIntegers(t *testing.T) {
	kind := newTestKind(t, everyType)
	for text, want := range map[string]string{"1.0": "1", "1e3": "1000", "-0": "0", "-9223372036854775808": "-9223372036854775808"} {
		o, err := decodeText(kind, runtime.ContentTypeJSON, true, thingHead+`"spec":{"integer":`+text+`}}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := specOf(t, o); got != `{"integer":`+want+`}` {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}

func TestEmptyAndAbsentAreDifferent(t *testing.T) {
	kind := newTestKind(t, everyType)
	for _, spec := range []string{
		`{}`, `{"tags":[]}`, `{"text":""}`, `{"blob":""}`, `{"address":{}}`, `{"address":{"deep":{}}}`,
		`{"extra":null}`, `{"extra":{}}`, `{"integer":0}`, `{"flag":false}`, `{"number":0}`, `{"number":-0}`,
	} {
		o, err := decodeText(kind, runtime.ContentTypeJSON, true, thingHead+`"spec":`+spec+`}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := specOf(t, o); got != spec {
			t.Errorf("%s becomes %s", spec, got)
		}
		again := decodeWith(t, kind, runtime.ContentTypeProtobuf, encodeWith(t, kind, runtime.ContentTypeProtobuf, o))
		if got := specOf(t, again); got != spec {
			t.Errorf("%s becomes %s in protobuf", spec, got)
		}
	}
}

func TestYAML(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := decodeText(kind, runtime.ContentTypeYAML, true, `
apiVersion: erp.example.com/v1
kind: Thing
metadata: {name: a1, namespace: north}
spec:
  text: |
    two
    lines
  integer: 9223372036854775807
  tags: [a, b]
`)
	if err != nil {
		t.Fatal(err)
	}
	if got := specOf(t, o); got != `{"integer":9223372036854775807,"text":"two\nlines\n","tags":["a","b"]}` {
		t.Errorf("spec is %s", got)
	}
	again := decodeWith(t, kind, runtime.ContentTypeYAML, encodeWith(t, kind, runtime.ContentTypeYAML, o))
	if again.Body != o.Body || again.Name != "a1" {
		t.Errorf("YAML changes the object to %+v", again)
	}
	_, err = decodeText(kind, runtime.ContentTypeYAML, true, "spec:\n  text: a\n  text: b\n  foo: 1\n")
	if err == nil || !strings.Contains(err.Error(), `"text" already set`) || !strings.Contains(err.Error(), `unknown field "spec.foo"`) {
		t.Errorf("strict decoding reports %v", err)
	}
	if _, err = decodeText(kind, runtime.ContentTypeYAML, false, "spec: [\n"); err == nil {
		t.Error("broken YAML is accepted")
	}
}

func TestManagedFieldsAreDropped(t *testing.T) {
	kind := newTestKind(t, everyType)
	o, err := decodeText(kind, runtime.ContentTypeJSON, true,
		thingHead+`"metadata":{"name":"a","managedFields":[{"manager":"m","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{}}]}}`)
	if err != nil || len(o.ManagedFields) > 0 {
		t.Errorf("got %v, %v", o.ManagedFields, err)
	}
}

// FuzzJSON checks that what is accepted is what encoding/json accepts, and that it
// survives being written and read again.
func FuzzJSON(f *testing.F) {
	kind := newTestKind(f, everyType)
	for _, seed := range []string{
		`"spec":{"text":"x","integer":1e2,"float":0.1,"flag":true,"blob":"AAA=","tags":["a"],"extra":{"a":[1,"\u00e9"]}}}`,
		`"metadata":{"name":"a","labels":{"a":"b"}},"status":{"balance":"1"}}`,
		`"spec":{"address":{"deep":{"mac":"x"}},"address":null}}`,
	} {
		f.Add(thingHead + seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := decodeText(kind, runtime.ContentTypeJSON, false, text)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("accepts what is not JSON: %q", text)
		}
		written, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeText(kind, runtime.ContentTypeJSON, true, string(written))
		if err != nil {
			t.Fatalf("cannot read what it wrote: %v\n%s", err, written)
		}
		if again.Body != o.Body {
			t.Fatalf("%q is read back as %q", o.Body, again.Body)
		}
	})
}

// FuzzScanner checks the scanner against encoding/json.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e+7,"\u00e9\ud83d\ude00"],"b":null}`, ` true `, `1.`, `"\x"`, `[1,]`, `{"a"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := checkJSON(text)
		if err == nil && !json.Valid([]byte(text)) {
			t.Fatalf("accepts %q", text)
		}
		if err != nil && json.Valid([]byte(text)) && !strings.Contains(err.Error(), "surrogate") && !strings.Contains(err.Error(), "UTF-8") {
			t.Fatalf("refuses %q: %v", text, err)
		}
		if err == nil {
			compact := string(appendCompact(nil, text))
			if !meansTheSame(text, compact) {
				t.Fatalf("compacts %q to %q", text, compact)
			}
		}
	})
}

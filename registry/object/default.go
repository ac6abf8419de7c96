package object

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// Default fills in the declared defaults of absent fields, and an empty spec where
// there is none. As in a CustomResourceDefinition, the default of a field in a nested
// object counts only where that object is there.
func (k *Kind) Default(o *Object) {
	if !k.checks.hasDefaults(o.Body) && len(k.key.fields) == 0 {
		return
	}
	d := k.plan.draftOf(o.Body)
	changed := false
	for _, m := range k.plan.messages {
		if m.alwaysPresent && !d.present[m.index] {
			d.present[m.index], changed = true, true
		}
		if d.present[m.index] {
			changed = k.defaultMessage(d, m) || changed
		}
	}
	if k.fillKeyFields(o, d) || changed {
		o.Body = d.body()
	}
}

// fillKeyFields gives absent fields that are part of the key the value that the name
// says. A name that no record can have is left to validation.
func (k *Kind) fillKeyFields(o *Object, d *draft) (changed bool) {
	if len(k.key.fields) == 0 || o.Name == "" || k.wantsGeneratedKey(o) {
		return false
	}
	key, err := k.RecordKey(o.Namespace, o.Name)
	if err != nil {
		return false
	}
	for _, part := range k.key.fields {
		if d.leaves[part.field.leaf] != "" {
			continue
		}
		if encoded, err := part.field.fromKeyText(key[part.position].Text()); err == nil {
			d.leaves[part.field.leaf], changed = encoded, true
		}
	}
	return changed
}

func (k *Kind) defaultMessage(d *draft, m *message) (changed bool) {
	for _, field := range m.fields {
		if field.message != nil || d.leaves[field.leaf] != "" || k.checks.defaults[field.leaf] == "" {
			continue
		}
		d.leaves[field.leaf], changed = k.checks.defaults[field.leaf], true
	}
	return changed
}

// encodeScalar encodes a value that stands in a mapping file.
func (f *planField) encodeScalar(scalar v1alpha1.Scalar) ([]byte, error) {
	text := scalar.Text
	switch f.valueType {
	case adapters.StringType:
		return f.appendText(nil, text), nil
	case adapters.BytesType:
		content, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not base64: %w", text, err)
		}
		return f.appendText(nil, string(content)), nil
	case adapters.JSONType:
		document, err := scalar.MarshalJSON()
		if err != nil {
			return nil, err
		}
		return f.appendText(nil, string(document)), checkJSON(string(document))
	case adapters.BooleanType:
		value, err := strconv.ParseBool(text)
		if err != nil || scalar.Kind != v1alpha1.BooleanScalar {
			return nil, fmt.Errorf("%q is not true or false", text)
		}
		encoded := uint64(0)
		if value {
			encoded = 1
		}
		return f.appendVarint(nil, encoded), nil
	case adapters.ListType:
		dst, start := beginDelimited(nil, f.tag)
		for _, item := range splitItems(text) {
			dst = appendItem(dst, item)
		}
		return endDelimited(dst, start), nil
	}
	return f.encodeNumber(scalar)
}

func (f *planField) encodeNumber(scalar v1alpha1.Scalar) ([]byte, error) {
	if scalar.Kind == v1alpha1.BooleanScalar {
		return nil, fmt.Errorf("%q is not a number", scalar.Text)
	}
	r := jsonReader{jsonScanner: jsonScanner{data: scalar.Text}}
	encoded, err := r.value(f)
	if err != nil {
		return nil, err
	}
	return encoded, r.end()
}

// splitItems splits a list as it is written in a mapping file: by commas.
func splitItems(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

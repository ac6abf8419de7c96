package object

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// generatedSuffix is how many characters upstream's name generator adds to generateName.
const generatedSuffix = 5

// validateNewKey checks the name of a new object, and the fields that are part of the key.
func (k *Kind) validateNewKey(o *Object) field.ErrorList {
	if k.key.generated {
		return k.validateGenerated(o)
	}
	return k.validateKey(o)
}

// validateKey checks that a record can have the object's name, and that the fields that
// are part of the key agree with it.
func (k *Kind) validateKey(o *Object) field.ErrorList {
	key, err := k.RecordKey(o.Namespace, o.Name)
	if err != nil {
		path, value := field.NewPath("metadata", "name"), o.Name
		if strings.HasPrefix(err.Error(), "namespace") {
			path, value = field.NewPath("metadata", "namespace"), o.Namespace
		}
		return field.ErrorList{field.Invalid(path, value, fmt.Sprintf("no record can have this name: %v", err))}
	}
	var faults field.ErrorList
	for _, part := range k.key.fields {
		payload, ok := k.encodedLeaf(o, part.field)
		if !ok {
			continue
		}
		text, comparable := part.field.keyText(payload)
		if comparable && text != key[part.position].Text() {
			faults = append(faults, field.Invalid(field.NewPath(part.field.path), text,
				fmt.Sprintf("is part of the key and must be %q, as the name says; leave it out, or change the name", key[part.position].Text())))
		}
	}
	return faults
}

func (k *Kind) validateGenerated(o *Object) field.ErrorList {
	if o.GenerateName == "" {
		return field.ErrorList{field.Forbidden(field.NewPath("metadata", "name"),
			"the backend makes the names of this resource: leave it out and set metadata.generateName, the answer has the name")}
	}
	if !strings.HasPrefix(o.Name, o.GenerateName) || len(o.Name) > len(o.GenerateName)+generatedSuffix {
		return field.ErrorList{field.Forbidden(field.NewPath("metadata", "name"),
			"the backend makes the names of this resource: leave it out beside metadata.generateName")}
	}
	if _, err := k.keyToGenerate(o.Namespace); err != nil {
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "namespace"), o.Namespace, fmt.Sprintf("no record can be in this namespace: %v", err))}
	}
	return nil
}

// validateImmutable refuses changes of immutable fields.
func (k *Kind) validateImmutable(o, old *Object) field.ErrorList {
	var faults field.ErrorList
	for _, leaf := range k.plan.leaves {
		if !leaf.declaration.Immutable {
			continue
		}
		now, present := find(k.plan.root, o.Body, leaf)
		before, existed := find(k.plan.root, old.Body, leaf)
		if present == existed && now == before {
			continue
		}
		faults = append(faults, field.Invalid(field.NewPath(leaf.path), leaf.shown(now, present), "field is immutable"))
	}
	return faults
}

// shown returns a payload for an error message.
func (f *planField) shown(payload string, present bool) any {
	if !present {
		return nil
	}
	value, err := f.toAny(payload, decodeDocument)
	if err != nil {
		return payload
	}
	return value
}

// encodedLeaf returns a field's encoding in an object.
func (k *Kind) encodedLeaf(o *Object, f *planField) (string, bool) {
	encoded := k.plan.draftOf(o.Body).leaves[f.leaf]
	return encoded, encoded != ""
}

package object

import "github.com/bridge-apiserver/bridge-apiserver/adapters"

// ResetReadOnly gives the fields that only the backend writes the values that they
// have in old, or none where old is nil, as for a new object. It returns the paths of
// the fields that had another value.
func (k *Kind) ResetReadOnly(o, old *Object) []string {
	given := make([]adapters.Value, len(k.sources))
	kept := make([]adapters.Value, len(k.sources))
	k.plan.root.readValues(o.Body, given)
	if old != nil {
		k.plan.root.readValues(old.Body, kept)
	}
	var reset []string
	for i, field := range k.plan.leaves {
		if field.readOnly() && !given[i].Equal(kept[i]) {
			given[i] = kept[i]
			reset = append(reset, field.path)
		}
	}
	if len(reset) == 0 {
		return nil
	}
	body, err := k.plan.root.appendBody(nil, given)
	if err != nil {
		// Both bodies are of this kind, so their values have been encoded before.
		panic("object: " + err.Error())
	}
	o.Body = string(body)
	return reset
}

package object

// draft is a body taken apart into its fields, for reading what strangers send and for
// changing single fields.
type draft struct {
	plan *plan
	// leaves holds each value's field, tag included; empty where it is absent.
	leaves []string
	// present says which messages are there, by their index.
	present []bool
}

func (p *plan) newDraft() *draft {
	return &draft{plan: p, leaves: make([]string, len(p.leaves)), present: make([]bool, len(p.messages))}
}

// draftOf takes a body apart. The draft shares its memory.
func (p *plan) draftOf(body string) *draft {
	d := p.newDraft()
	d.read(p.root, body)
	return d
}

func (d *draft) read(m *message, body string) {
	d.present[m.index] = true
	next := 0
	for body != "" {
		tag, payload, rest := readField(body)
		for m.fields[next].tag != tag {
			next++
		}
		if field := m.fields[next]; field.message != nil {
			d.read(field.message, payload)
		} else {
			d.leaves[field.leaf] = body[:len(body)-len(rest)]
		}
		body = rest
	}
}

// clear makes everything in a message absent.
func (d *draft) clear(m *message) {
	d.present[m.index] = false
	for _, field := range m.fields {
		if field.message != nil {
			d.clear(field.message)
		} else {
			d.leaves[field.leaf] = ""
		}
	}
}

// body puts the canonical body together.
func (d *draft) body() string {
	return string(d.appendBody(nil, d.plan.root))
}

func (d *draft) appendBody(dst []byte, m *message) []byte {
	for _, field := range m.fields {
		if field.message == nil {
			dst = append(dst, d.leaves[field.leaf]...)
			continue
		}
		if !d.has(field.message) {
			continue
		}
		var start int
		dst, start = beginDelimited(dst, field.tag)
		dst = endDelimited(d.appendBody(dst, field.message), start)
	}
	return dst
}

// has reports whether a message is there, by itself or because something in it is.
func (d *draft) has(m *message) bool {
	if d.present[m.index] {
		return true
	}
	for _, field := range m.fields {
		if field.message != nil && d.has(field.message) || field.message == nil && d.leaves[field.leaf] != "" {
			return true
		}
	}
	return false
}

package sql

import "context"

// Statements returns the statements about a resource's table by what they are for.
func Statements(ctx context.Context, r *Resource) ([][2]string, error) {
	p, err := r.planned(ctx)
	if err != nil {
		return nil, err
	}
	written := &assignments{plan: p}
	for _, bound := range p.fields {
		if bound.writable() {
			written.list = append(written.list, assignment{codec: bound.codec, quoted: bound.quoted})
		}
	}
	statements := [][2]string{
		{"first chunk", p.queries.first}, {"next chunk", p.queries.next}, {"get", p.queries.get},
		{"lock before a write", p.queries.lock}, {"read back", p.queries.readBack}, {"who has the key", p.queries.probe},
		{"create", p.insertQuery(written.list)}, {"update", p.updateQuery(written.list)}, {"delete", p.queries.delete},
	}
	return statements, nil
}

// SessionStatements returns what is executed on every new connection to a server.
func SessionStatements(version, mode string) [][2]string {
	var all [][2]string
	for name, kind := range map[string]sessionKind{"read": readSession, "write": writeSession} {
		c := &connector{kind: kind}
		for _, statement := range append(c.statements(version, mode, false), c.optionalStatements(version)...) {
			all = append(all, [2]string{name + " session", statement})
		}
	}
	return all
}

package sql

import stdsql "database/sql"

// Stats counts the connections of a backend, those that read and those that write.
// They are zero before the first use.
type Stats struct {
	Readers, Writers stdsql.DBStats
}

// Stats returns the present counts. It asks nothing of the server.
func (b *Backend) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.connections == nil {
		return Stats{}
	}
	return Stats{Readers: b.connections.readers.db.Stats(), Writers: b.connections.writers.db.Stats()}
}

package soak

import (
	"context"
	"database/sql"
	"fmt"
)

// row is what the table says about one key. The token is new with every write, so
// that it stands for the whole state.
type row struct {
	token, balance, note string
}

// entry is one line of the ledger. A deletion's row is what was deleted.
type entry struct {
	transaction string
	deleted     bool
	key         rowKey
	row         row
}

// ledger is what really happened.
type ledger struct {
	entries []entry
	// states are the committed states of each key, in commit order; nil is deleted.
	states map[rowKey][]*row
	// writes and deletions count the entries by token.
	writes, deletions map[string]int
}

// newLedger arranges the entries, which are in the order of their locks and so, for
// each key, in commit order. Of several changes that one transaction made to a key,
// only the last was ever visible.
func newLedger(entries []entry) *ledger {
	l := &ledger{entries: entries, states: map[rowKey][]*row{}, writes: map[string]int{}, deletions: map[string]int{}}
	last := map[rowKey]string{}
	for i := range entries {
		entry := &entries[i]
		var state *row
		if entry.deleted {
			l.deletions[entry.row.token]++
		} else {
			l.writes[entry.row.token]++
			state = &entry.row
		}
		states := l.states[entry.key]
		if len(states) > 0 && last[entry.key] == entry.transaction {
			states = states[:len(states)-1]
		}
		l.states[entry.key] = append(states, state)
		last[entry.key] = entry.transaction
	}
	return l
}

func readLedger(ctx context.Context, database *sql.DB) (*ledger, error) {
	rows, err := database.QueryContext(ctx,
		"SELECT transaction, operation = 'delete', region, code, token, balance, IFNULL(note, '') FROM ledger ORDER BY sequence")
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	defer rows.Close()
	var entries []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.transaction, &e.deleted, &e.key.region, &e.key.code, &e.row.token, &e.row.balance, &e.row.note); err != nil {
			return nil, fmt.Errorf("reading the ledger: %w", err)
		}
		entries = append(entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	return newLedger(entries), nil
}

func readTable(ctx context.Context, database *sql.DB) (map[rowKey]row, error) {
	rows, err := database.QueryContext(ctx, "SELECT region, code, token, balance, IFNULL(note, '') FROM account")
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	defer rows.Close()
	table := map[rowKey]row{}
	for rows.Next() {
		var key rowKey
		var r row
		if err := rows.Scan(&key.region, &key.code, &r.token, &r.balance, &r.note); err != nil {
			return nil, fmt.Errorf("reading the table: %w", err)
		}
		table[key] = r
	}
	return table, rows.Err()
}

// checkTable says where ledger and table disagree: then the ledger, and with it the
// whole test, would be worth nothing.
func (l *ledger) checkTable(table map[rowKey]row) []string {
	var problems []string
	for key, states := range l.states {
		last := states[len(states)-1]
		present, there := table[key]
		switch {
		case last == nil && there:
			problems = append(problems, fmt.Sprintf("%s: the ledger ends with a deletion, and the table has %v", key, present))
		case last != nil && (!there || present != *last):
			problems = append(problems, fmt.Sprintf("%s: the ledger ends with %v, and the table has %v (%v)", key, *last, present, there))
		}
	}
	for key := range table {
		if _, known := l.states[key]; !known {
			problems = append(problems, fmt.Sprintf("%s: the table has a row that the ledger never saw", key))
		}
	}
	return problems
}

// checkSequence says why what a client saw of a key is not a subsequence of its
// committed states that ends in the last one.
func (l *ledger) checkSequence(key rowKey, seen []*row) string {
	committed := l.states[key]
	next := 0
	for i, state := range seen {
		for next < len(committed) && !sameRow(state, committed[next]) {
			next++
		}
		if next == len(committed) {
			return fmt.Sprintf("%s: state %d of %d that was seen, %s, is not a committed state that follows the one before",
				key, i+1, len(seen), describe(state))
		}
		next++
	}
	if len(committed) == 0 {
		return ""
	}
	var lastSeen *row
	if len(seen) > 0 {
		lastSeen = seen[len(seen)-1]
	}
	if last := committed[len(committed)-1]; !sameRow(lastSeen, last) {
		return fmt.Sprintf("%s: the last state seen is %s, and the last committed is %s", key, describe(lastSeen), describe(last))
	}
	return ""
}

func sameRow(a, b *row) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func describe(state *row) string {
	if state == nil {
		return "no row"
	}
	return fmt.Sprintf("%v", *state)
}

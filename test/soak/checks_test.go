package soak

import (
	"strings"
	"testing"
)

// A checker that accepts everything would make the soak worthless, so here are
// histories that it has to tell apart.

func wrote(transaction, code, token string) entry {
	return entry{transaction: transaction, key: rowKey{"east", code}, row: row{token: token}}
}

func deleted(transaction, code, token string) entry {
	made := wrote(transaction, code, token)
	made.deleted = true
	return made
}

func seen(tokens ...string) []*row {
	var states []*row
	for _, token := range tokens {
		if token == "" {
			states = append(states, nil)
			continue
		}
		states = append(states, &row{token: token})
	}
	return states
}

func TestSequencesAreHeldAgainstTheLedger(t *testing.T) {
	l := newLedger([]entry{
		wrote("t1", "a", "1"), wrote("t2", "a", "2"),
		wrote("t3", "a", "hidden"), wrote("t3", "a", "3"),
		deleted("t4", "a", "3"), wrote("t5", "a", "4"),
		wrote("t6", "gone", "5"), deleted("t7", "gone", "5"),
	})
	tests := []struct {
		code   string
		seen   []*row
		reason string
	}{
		{"a", seen("1", "2", "3", "", "4"), ""},
		{"a", seen("2", "4"), ""},
		{"a", seen("4"), ""},
		{"a", seen("1", "2"), "the last state seen"},
		{"a", nil, "the last state seen"},
		{"a", seen("2", "1", "4"), "not a committed state that follows"},
		{"a", seen("1", "invented", "4"), "not a committed state that follows"},
		{"a", seen("hidden", "3", "4"), "not a committed state that follows"},
		{"a", seen("4", "4"), "not a committed state that follows"},
		{"a", seen("1", "", "", "4"), "not a committed state that follows"},
		{"gone", nil, ""},
		{"gone", seen("5", ""), ""},
		{"gone", seen("5"), "the last state seen"},
		{"never", nil, ""},
		{"never", seen("6"), "not a committed state that follows"},
	}
	for _, test := range tests {
		got := l.checkSequence(rowKey{"east", test.code}, test.seen)
		if (got == "") != (test.reason == "") || !strings.Contains(got, test.reason) {
			t.Errorf("%d states of %s: %q, want %q", len(test.seen), test.code, got, test.reason)
		}
	}
}

func TestTableIsHeldAgainstTheLedger(t *testing.T) {
	l := newLedger([]entry{wrote("t1", "a", "1"), wrote("t2", "b", "2"), deleted("t3", "b", "2")})
	a, b, c := rowKey{"east", "a"}, rowKey{"east", "b"}, rowKey{"east", "c"}
	if problems := l.checkTable(map[rowKey]row{a: {token: "1"}}); len(problems) != 0 {
		t.Errorf("a table that agrees: %q", problems)
	}
	for _, table := range []map[rowKey]row{
		{},
		{a: {token: "2"}},
		{a: {token: "1"}, b: {token: "2"}},
		{a: {token: "1"}, c: {token: "3"}},
	} {
		if problems := l.checkTable(table); len(problems) == 0 {
			t.Errorf("the table %v agrees with the ledger", table)
		}
	}
}

func TestWritesAreHeldAgainstTheLedger(t *testing.T) {
	l := newLedger([]entry{wrote("t1", "a", "once"), wrote("t2", "a", "twice"), wrote("t3", "a", "twice"), deleted("t4", "a", "twice")})
	tests := []struct {
		attempt attempt
		fine    bool
	}{
		{attempt{token: "once", outcome: acknowledged}, true},
		{attempt{token: "twice", outcome: acknowledged}, false},
		{attempt{token: "never", outcome: acknowledged}, false},
		{attempt{token: "never", outcome: refused}, true},
		{attempt{token: "once", outcome: refused}, false},
		{attempt{token: "never", outcome: unknown}, true},
		{attempt{token: "once", outcome: unknown}, true},
		{attempt{token: "twice", outcome: unknown}, false},
		{attempt{token: "twice", deletion: true, outcome: acknowledged}, true},
		{attempt{token: "once", deletion: true, outcome: acknowledged}, false},
	}
	for _, test := range tests {
		if problem := test.attempt.check(l); (problem == "") != test.fine {
			t.Errorf("%+v: %q", test.attempt, problem)
		}
	}
}

func TestRevisionsOfAWatch(t *testing.T) {
	tests := []struct {
		name    string
		initial bool
		steps   []step
		fine    bool
	}{
		{"increasing", false, []step{{11, false, false}, {12, false, false}}, true},
		{"equal", false, []step{{11, false, false}, {11, false, false}}, false},
		{"decreasing", false, []step{{12, false, false}, {11, false, false}}, false},
		{"at the start", false, []step{{10, false, false}}, false},
		{"bookmark repeats", false, []step{{11, false, false}, {11, true, false}, {12, false, false}}, true},
		{"bookmark hides a change", false, []step{{12, true, false}, {12, false, false}}, false},
		{"bookmark goes back", false, []step{{12, false, false}, {11, true, false}}, false},
		{"initial events in any order", true, []step{{9, false, false}, {3, false, false}, {10, true, true}, {11, false, false}}, true},
		{"change below the initial state", true, []step{{3, false, false}, {10, true, true}, {10, false, false}}, false},
		{"initial event above the initial state", true, []step{{12, false, false}, {10, true, true}}, false},
	}
	for _, test := range tests {
		order := watchOrder{position: 10, initial: test.initial}
		if test.initial {
			order.position = 0
		}
		var problem string
		for _, s := range test.steps {
			if p := order.next(s); p != "" {
				problem = p
			}
		}
		if (problem == "") != test.fine {
			t.Errorf("%s: %q", test.name, problem)
		}
	}
}

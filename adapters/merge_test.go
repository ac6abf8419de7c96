package adapters_test

import (
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func TestMergeChangesLeavesWhatTheCommitChanged(t *testing.T) {
	record := func(key, value string) *adapters.Record {
		return &adapters.Record{Key: adapters.Key{adapters.String(key)}, Values: []adapters.Value{adapters.String(value)}}
	}
	change := func(revision adapters.Revision, key string, before, after *adapters.Record) adapters.Change {
		return adapters.Change{Revision: revision, Key: adapters.Key{adapters.String(key)}, Before: before, After: after}
	}
	got := adapters.MergeChanges([]adapters.Change{
		change(1, "replaced", record("replaced", "old"), nil),
		change(2, "passing", nil, record("passing", "x")),
		change(3, "other", nil, record("other", "x")),
		change(4, "replaced", nil, record("replaced", "new")),
		change(5, "restored", record("restored", "x"), record("restored", "y")),
		change(6, "passing", record("passing", "x"), nil),
		change(7, "restored", record("restored", "y"), record("restored", "x")),
	})
	want := []adapters.Change{
		change(3, "other", nil, record("other", "x")),
		change(4, "replaced", record("replaced", "old"), record("replaced", "new")),
	}
	if len(got) != len(want) {
		t.Fatalf("got %d changes, want %d: %v", len(got), len(want), got)
	}
	for i := range want {
		same := got[i].Revision == want[i].Revision && got[i].Key.Equal(want[i].Key) &&
			(got[i].Before == nil) == (want[i].Before == nil) && got[i].After.Equal(*want[i].After)
		if !same || want[i].Before != nil && !got[i].Before.Equal(*want[i].Before) {
			t.Errorf("change %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

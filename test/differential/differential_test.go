package differential

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSequences compares the bridge with the watch cache, and where that differs from
// the etcd3 store below it, accepts the answer of either: clients meet both.
func TestSequences(t *testing.T) {
	etcd := startUpstream(t)
	direct, cached := etcd.direct(), etcd.cached()
	rapid.Check(t, func(check *rapid.T) {
		sequence := sequences(everything).Draw(check, "sequence")
		compare(check, sequence,
			mustExecute(t, check, bridge(), sequence),
			mustExecute(t, check, cached, sequence),
			mustExecute(t, check, direct, sequence))
	})
}

// TestCompactedSequences compares the bridge with the etcd3 store where the history is
// cut now and then. The watch cache has a history of its own, which is not cut.
func TestCompactedSequences(t *testing.T) {
	direct := startUpstream(t).direct()
	rapid.Check(t, func(check *rapid.T) {
		sequence := sequences(withCompaction).Draw(check, "sequence")
		compare(check, sequence, mustExecute(t, check, bridge(), sequence), mustExecute(t, check, direct, sequence))
	})
}

func mustExecute(t *testing.T, check *rapid.T, implementation implementation, sequence []operation) outcome {
	result, err := execute(t, implementation, sequence)
	if err != nil {
		check.Fatal(err)
	}
	return result
}

// compare fails at the first step at which the bridge agrees with none of the others.
func compare(check *rapid.T, sequence []operation, got outcome, accepted ...outcome) {
	for i, operation := range sequence {
		if !agrees(operation, got.steps[i], accepted, func(o outcome) string { return o.steps[i] }) {
			check.Fatal(describeDifference(i, operation, got.steps[i], accepted, func(o outcome) string { return o.steps[i] }))
		}
	}
	for i, watched := range got.watches {
		find := func(o outcome) string { return at(o.watches, i).text }
		if !agrees(watched.operation, watched.text, accepted, find) {
			check.Fatal(describeDifference(i, watched.operation, watched.text, accepted, find))
		}
	}
}

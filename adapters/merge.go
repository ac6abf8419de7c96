package adapters

// MergeChanges leaves at most one change for each key of those that were committed
// together: what others could see before and after the commit. The states in between
// were nobody's but the transaction's own. A change keeps its last revision, so that
// revisions go on increasing. Changes that take each other back are left out. Every
// change must carry the record before it. The argument is not changed, and may be
// returned.
func MergeChanges(changes []Change) []Change {
	if len(changes) < 2 {
		return changes
	}
	last := make(map[string]int, len(changes))
	first := make(map[string]int, len(changes))
	for i, change := range changes {
		id := change.Key.ID()
		last[id] = i
		if _, seen := first[id]; !seen {
			first[id] = i
		}
	}
	if len(last) == len(changes) {
		return changes
	}
	merged := make([]Change, 0, len(last))
	for i, change := range changes {
		id := change.Key.ID()
		if last[id] != i {
			continue
		}
		change.Before = changes[first[id]].Before
		if !unchanged(change) {
			merged = append(merged, change)
		}
	}
	return merged
}

func unchanged(change Change) bool {
	if change.Before == nil || change.After == nil {
		return change.Before == nil && change.After == nil
	}
	return change.Before.Equal(*change.After)
}

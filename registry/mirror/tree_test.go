package mirror

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// checkTree compares a tree with the sorted keys that it must have.
func checkTree(t *rapid.T, subject *tree, model map[string]int) {
	keys := sortedKeys(model)
	if subject.len() != len(keys) {
		t.Fatalf("len() = %d, want %d", subject.len(), len(keys))
	}
	var got []string
	subject.ascend("", func(entry *Entry) bool {
		if entry.Size != model[entry.Key] {
			t.Fatalf("%q has the entry %d, want %d", entry.Key, entry.Size, model[entry.Key])
		}
		got = append(got, entry.Key)
		return true
	})
	if !slices.Equal(got, keys) {
		t.Fatalf("ascend gave %q, want %q", got, keys)
	}
	if subject.root != nil {
		checkNode(t, subject.root)
	}
}

// checkNode checks sizes and bounds, and returns the depth.
func checkNode(t *rapid.T, n *node) int {
	if len(n.children) == 0 {
		if n.size != len(n.entries) || n.size == 0 || n.size > maxFanout {
			t.Fatalf("a leaf of size %d has %d entries", n.size, len(n.entries))
		}
		return 1
	}
	size, depth := 0, 0
	for i, child := range n.children {
		size += child.size
		below := checkNode(t, child)
		if i > 0 && below != depth {
			t.Fatalf("leaves are %d and %d deep", depth, below)
		}
		depth = below
	}
	if size != n.size || len(n.bounds) != len(n.children) || len(n.children) > maxFanout {
		t.Fatalf("a branch of size %d has %d children, %d bounds and %d entries below", n.size, len(n.children), len(n.bounds), size)
	}
	return depth + 1
}

func sortedKeys(model map[string]int) []string {
	keys := make([]string, 0, len(model))
	for key := range model {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestTreeIsAnOrderedMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject, model := newTree(), map[string]int{}
		type kept struct {
			tree  *tree
			model map[string]int
		}
		var snapshots []kept
		keys := rapid.IntRange(1, 5000).Draw(t, "keys")
		key := func(label string) string {
			return fmt.Sprintf("%04d", rapid.IntRange(0, keys).Draw(t, label))
		}
		value := 0
		steps := rapid.IntRange(1, 60).Draw(t, "steps")
		for range steps {
			value++
			switch rapid.SampledFrom([]string{"set", "setRun", "delete", "deleteRun", "snapshot", "branch", "rank"}).Draw(t, "step") {
			case "set":
				at := key("key")
				replaced := subject.set(&Entry{Key: at, Size: value})
				if before, had := model[at]; (replaced != nil) != had || had && replaced.Size != before {
					t.Fatalf("set(%q) replaced %v, want %d", at, replaced, before)
				}
				model[at] = value
			case "setRun":
				first, length := rapid.IntRange(0, keys).Draw(t, "first"), rapid.IntRange(1, 400).Draw(t, "length")
				for i := first; i < first+length; i++ {
					at := fmt.Sprintf("%04d", i)
					subject.set(&Entry{Key: at, Size: value})
					model[at] = value
				}
			case "delete":
				at := key("key")
				removed := subject.delete(at)
				if before, had := model[at]; (removed != nil) != had || had && removed.Size != before {
					t.Fatalf("delete(%q) removed %v, want %d", at, removed, before)
				}
				delete(model, at)
			case "deleteRun":
				first, length := rapid.IntRange(0, keys).Draw(t, "first"), rapid.IntRange(1, 600).Draw(t, "length")
				for i := first; i < first+length; i++ {
					at := fmt.Sprintf("%04d", i)
					subject.delete(at)
					delete(model, at)
				}
			case "snapshot":
				snapshots = append(snapshots, kept{subject.snapshot(), clone(model)})
			case "branch":
				if len(snapshots) > 0 {
					branch := snapshots[len(snapshots)-1].tree.branch()
					branch.set(&Entry{Key: key("key"), Size: -1})
					branch.delete(key("key"))
				}
			case "rank":
				at := key("key")
				want, _ := slices.BinarySearch(sortedKeys(model), at)
				if got := subject.rank(at); got != want {
					t.Fatalf("rank(%q) = %d, want %d", at, got, want)
				}
				if entry := subject.get(at); (entry != nil) != has(model, at) {
					t.Fatalf("get(%q) = %v", at, entry)
				}
			}
			checkTree(t, subject, model)
		}
		for _, snapshot := range snapshots {
			checkTree(t, snapshot.tree, snapshot.model)
		}
	})
}

func TestSnapshotCountsRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		subject := newTree()
		keys := rapid.SliceOfDistinct(rapid.StringMatching("[ab/]{0,4}"), rapid.ID[string]).Draw(t, "keys")
		for _, key := range keys {
			subject.set(&Entry{Key: key})
		}
		snapshot := &Snapshot{tree: subject.snapshot()}
		from, to := rapid.StringMatching("[ab/]{0,3}").Draw(t, "from"), rapid.StringMatching("[abc/]{0,3}").Draw(t, "to")
		walked := 0
		snapshot.Ascend(from, to, func(entry *Entry) bool {
			if entry.Key < from || to != "" && entry.Key >= to {
				t.Fatalf("%q is not in [%q, %q)", entry.Key, from, to)
			}
			walked++
			return true
		})
		if count := snapshot.Count(from, to); count != walked {
			t.Fatalf("Count(%q, %q) = %d, but %d were walked", from, to, count, walked)
		}
	})
}

func clone(model map[string]int) map[string]int {
	copied := make(map[string]int, len(model))
	for key, value := range model {
		copied[key] = value
	}
	return copied
}

func has(model map[string]int, key string) bool {
	_, ok := model[key]
	return ok
}

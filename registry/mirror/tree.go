package mirror

import "sort"

// maxFanout is the most entries of a leaf and the most children of a branch. Wider
// nodes make reading faster and copying on write dearer.
const maxFanout = 64

// tree is an ordered map from object keys to entries: a B+ tree whose nodes are
// copied on write and know how many entries are below them. So a snapshot is a copy
// of the root, and counting the keys in a range costs no more than finding one,
// which is why it isn't a ready-made tree.
//
// A tree is changed by one goroutine at a time; snapshots are read by any number.
type tree struct {
	root *node
	// owner marks the nodes that no snapshot shares, which may be changed in place.
	owner *ownership
}

type ownership struct{ _ byte }

// node is a leaf if it has no children.
type node struct {
	owner   *ownership
	size    int
	entries []*Entry
	// children[i] holds the keys from bounds[i] to before bounds[i+1]; bounds[0] is
	// not looked at.
	children []*node
	bounds   []string
}

func newTree() *tree { return &tree{owner: &ownership{}} }

// snapshot returns a tree with the present content that never changes.
func (t *tree) snapshot() *tree {
	t.owner = &ownership{}
	return &tree{root: t.root, owner: &ownership{}}
}

// branch returns a tree with the content of a snapshot that can be changed by itself.
func (t *tree) branch() *tree { return &tree{root: t.root, owner: &ownership{}} }

func (t *tree) len() int {
	if t.root == nil {
		return 0
	}
	return t.root.size
}

func (t *tree) get(key string) *Entry {
	n := t.root
	if n == nil {
		return nil
	}
	for len(n.children) > 0 {
		n = n.children[n.childOf(key)]
	}
	if i, found := n.find(key); found {
		return n.entries[i]
	}
	return nil
}

// rank returns how many keys are below key.
func (t *tree) rank(key string) int {
	rank, n := 0, t.root
	if n == nil {
		return 0
	}
	for len(n.children) > 0 {
		child := n.childOf(key)
		for _, before := range n.children[:child] {
			rank += before.size
		}
		n = n.children[child]
	}
	i, _ := n.find(key)
	return rank + i
}

// ascend calls visit for the entries from a key on, in order, while it returns true.
func (t *tree) ascend(from string, visit func(*Entry) bool) {
	if t.root != nil {
		t.root.ascend(from, visit)
	}
}

func (n *node) ascend(from string, visit func(*Entry) bool) bool {
	if len(n.children) == 0 {
		i, _ := n.find(from)
		for _, entry := range n.entries[i:] {
			if !visit(entry) {
				return false
			}
		}
		return true
	}
	for _, child := range n.children[n.childOf(from):] {
		if !child.ascend(from, visit) {
			return false
		}
		from = ""
	}
	return true
}

// set adds an entry, and returns the one that it replaces.
func (t *tree) set(entry *Entry) *Entry {
	if t.root == nil {
		t.root = &node{owner: t.owner, size: 1, entries: []*Entry{entry}}
		return nil
	}
	t.root = t.mutable(t.root)
	replaced, bound, right := t.insert(t.root, entry)
	if right != nil {
		t.root = &node{
			owner:    t.owner,
			size:     t.root.size + right.size,
			children: []*node{t.root, right},
			bounds:   []string{"", bound},
		}
	}
	return replaced
}

// insert adds an entry below n, which is mutable. A node that had to be split returns
// its new right half and the lowest key in it.
func (t *tree) insert(n *node, entry *Entry) (replaced *Entry, bound string, right *node) {
	if len(n.children) == 0 {
		return t.insertLeaf(n, entry)
	}
	i := n.childOf(entry.Key)
	n.children[i] = t.mutable(n.children[i])
	replaced, bound, right = t.insert(n.children[i], entry)
	if replaced == nil {
		n.size++
	}
	if right == nil {
		return replaced, "", nil
	}
	n.children = insertAt(n.children, i+1, right)
	n.bounds = insertAt(n.bounds, i+1, bound)
	if len(n.children) <= maxFanout {
		return replaced, "", nil
	}
	bound, right = t.splitBranch(n, splitPoint(len(n.children), i+1))
	return replaced, bound, right
}

func (t *tree) insertLeaf(n *node, entry *Entry) (replaced *Entry, bound string, right *node) {
	i, found := n.find(entry.Key)
	if found {
		replaced, n.entries[i] = n.entries[i], entry
		return replaced, "", nil
	}
	n.entries = insertAt(n.entries, i, entry)
	n.size++
	if len(n.entries) <= maxFanout {
		return nil, "", nil
	}
	at := splitPoint(len(n.entries), i)
	right = &node{owner: t.owner, entries: cloneTail(n.entries, at)}
	right.size = len(right.entries)
	n.entries = truncate(n.entries, at)
	n.size = len(n.entries)
	return nil, right.entries[0].Key, right
}

func (t *tree) splitBranch(n *node, at int) (string, *node) {
	right := &node{owner: t.owner, children: cloneTail(n.children, at), bounds: cloneTail(n.bounds, at)}
	for _, child := range right.children {
		right.size += child.size
	}
	n.children, n.bounds = truncate(n.children, at), truncate(n.bounds, at)
	n.size -= right.size
	return right.bounds[0], right
}

// splitPoint keeps the left half full where keys arrive in order, as in a full load.
func splitPoint(length, inserted int) int {
	if inserted == length-1 {
		return length - 1
	}
	return length / 2
}

// delete removes a key, and returns the entry it had.
func (t *tree) delete(key string) *Entry {
	if t.get(key) == nil {
		return nil
	}
	t.root = t.mutable(t.root)
	removed := t.remove(t.root, key)
	for len(t.root.children) == 1 {
		t.root = t.root.children[0]
	}
	if t.root.size == 0 {
		t.root = nil
	}
	return removed
}

// remove takes a key that is there out from below n, which is mutable.
func (t *tree) remove(n *node, key string) *Entry {
	n.size--
	if len(n.children) == 0 {
		i, _ := n.find(key)
		removed := n.entries[i]
		n.entries = removeAt(n.entries, i)
		return removed
	}
	i := n.childOf(key)
	n.children[i] = t.mutable(n.children[i])
	removed := t.remove(n.children[i], key)
	t.shrink(n, i)
	return removed
}

// shrink drops the i-th child if it is empty, or joins it with its neighbour if both
// have become small, so that a table that has lost most of its rows loses most of its
// nodes too.
func (t *tree) shrink(n *node, i int) {
	if n.children[i].size == 0 {
		n.children, n.bounds = removeAt(n.children, i), removeAt(n.bounds, i)
		return
	}
	if i > 0 {
		i--
	}
	if i+1 == len(n.children) || n.children[i].width()+n.children[i+1].width() > maxFanout/2 {
		return
	}
	left, right := t.mutable(n.children[i]), n.children[i+1]
	left.size += right.size
	left.entries = append(left.entries, right.entries...)
	if len(right.children) > 0 {
		left.children = append(left.children, right.children...)
		left.bounds = append(append(left.bounds, n.bounds[i+1]), right.bounds[1:]...)
	}
	n.children[i] = left
	n.children, n.bounds = removeAt(n.children, i+1), removeAt(n.bounds, i+1)
}

func (n *node) width() int { return len(n.entries) + len(n.children) }

// mutable returns n, or a copy of it where a snapshot may share it.
func (t *tree) mutable(n *node) *node {
	if n.owner == t.owner {
		return n
	}
	return &node{
		owner:    t.owner,
		size:     n.size,
		entries:  cloneTail(n.entries, 0),
		children: cloneTail(n.children, 0),
		bounds:   cloneTail(n.bounds, 0),
	}
}

// find returns the place of key in a leaf, and whether it is there.
func (n *node) find(key string) (int, bool) {
	i := sort.Search(len(n.entries), func(i int) bool { return n.entries[i].Key >= key })
	return i, i < len(n.entries) && n.entries[i].Key == key
}

// childOf returns the child of a branch that key belongs to.
func (n *node) childOf(key string) int {
	return sort.Search(len(n.bounds)-1, func(i int) bool { return n.bounds[i+1] > key })
}

func insertAt[T any](items []T, i int, item T) []T {
	var zero T
	items = append(items, zero)
	copy(items[i+1:], items[i:])
	items[i] = item
	return items
}

func removeAt[T any](items []T, i int) []T {
	copy(items[i:], items[i+1:])
	return truncate(items, len(items)-1)
}

// truncate shortens items and lets go of what they referred to.
func truncate[T any](items []T, length int) []T {
	clear(items[length:])
	return items[:length]
}

func cloneTail[T any](items []T, from int) []T {
	if len(items) == 0 {
		return nil
	}
	return append(make([]T, 0, len(items)-from+1), items[from:]...)
}

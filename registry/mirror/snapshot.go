package mirror

import "github.com/bridge-apiserver/bridge-apiserver/adapters"

// Entry is one object of a [Snapshot]. It is immutable.
type Entry struct {
	// Key is the object key that the [Projector] gave.
	Key string
	// Image is the object's immutable form, as the [Projector] made it.
	Image any
	// Size of the image in bytes.
	Size int
	// Revision of the last change to the object.
	Revision adapters.Revision

	// identity tells records apart that have the same object key.
	identity uint64
}

// Snapshot is the state of the resource at one revision. It never changes, costs
// nothing to take, and keeps the objects in it alive for as long as it is referred to.
type Snapshot struct {
	tree     *tree
	revision adapters.Revision
}

// Revision is the revision that the snapshot is exact at.
func (s *Snapshot) Revision() adapters.Revision { return s.revision }

// Len is the number of objects.
func (s *Snapshot) Len() int { return s.tree.len() }

// Get returns the object with this key, or nil.
func (s *Snapshot) Get(key string) *Entry { return s.tree.get(key) }

// Ascend calls visit for the objects with from <= key < to, in the order of their
// keys, while it returns true. An empty to is no limit.
func (s *Snapshot) Ascend(from, to string, visit func(*Entry) bool) {
	s.tree.ascend(from, func(entry *Entry) bool {
		if to != "" && entry.Key >= to {
			return false
		}
		return visit(entry)
	})
}

// Count returns the number of objects with from <= key < to. An empty to is no limit.
func (s *Snapshot) Count(from, to string) int {
	end := s.tree.len()
	if to != "" {
		end = s.tree.rank(to)
	}
	return max(end-s.tree.rank(from), 0)
}

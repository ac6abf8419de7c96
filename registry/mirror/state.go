package mirror

import (
	"hash/maphash"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Projector turns records into what the mirror keeps and serves. Its methods must be
// safe for concurrent use and always give the same answer for the same record.
type Projector interface {
	// ObjectKey returns the object key of a record with this key: "namespace/name", or
	// "name" in a resource without namespaces. An error means that no Kubernetes
	// object can stand for such a record.
	ObjectKey(key adapters.Key) (string, error)
	// Image returns the immutable form of a record that the mirror keeps, and its size
	// in bytes. An error means that the record cannot be represented.
	Image(record adapters.Record, revision adapters.Revision) (image any, size int, err error)
}

// maxExamples is how many unrepresentable records are remembered with their reason.
const maxExamples = 16

// state is what a resource is at one moment, and what of it cannot be served.
type state struct {
	seed  maphash.Seed
	tree  *tree
	bytes int64
	// hidden are the records that no object can stand for, by identity, and examples
	// the reasons of some of them.
	hidden   map[uint64]struct{}
	examples map[uint64]string
	// shadows are the records whose object key another record had before them.
	shadows map[string][]*Entry
	shadow  int
}

// projection is a record, or the deletion of one, in the form that state holds.
type projection struct {
	key      string
	identity uint64
	// entry is nil after a deletion, and where reason is set.
	entry  *Entry
	reason string
}

func newState(seed maphash.Seed) *state {
	return &state{
		seed: seed, tree: newTree(),
		hidden: map[uint64]struct{}{}, examples: map[uint64]string{}, shadows: map[string][]*Entry{},
	}
}

// project prepares a record for state.put; a nil record is a deletion. It needs no lock.
func project(projector Projector, seed maphash.Seed, key adapters.Key, record *adapters.Record, revision adapters.Revision) projection {
	p := projection{identity: maphash.String(seed, key.ID())}
	objectKey, err := projector.ObjectKey(key)
	if err != nil {
		if record != nil {
			p.reason = describe(key, err)
		}
		return p
	}
	p.key = objectKey
	if record == nil {
		return p
	}
	image, size, err := projector.Image(*record, revision)
	if err != nil {
		p.reason = describe(key, err)
		return p
	}
	p.entry = &Entry{Key: objectKey, Image: image, Size: size, Revision: revision, identity: p.identity}
	return p
}

func describe(key adapters.Key, err error) string {
	return "record " + key.String() + ": " + err.Error()
}

// put performs a change and returns the object before and after it. Both are nil
// where no object changes.
func (s *state) put(p projection, revision adapters.Revision) (before, after *Entry) {
	s.note(p)
	if p.key == "" && p.entry == nil && p.reason != "" {
		return nil, nil
	}
	current := s.tree.get(p.key)
	switch {
	case p.entry == nil && current != nil && current.identity == p.identity:
		return current, s.vacate(current, revision)
	case p.entry == nil:
		s.forgetShadow(p)
		return nil, nil
	case current != nil && current.identity != p.identity:
		s.forgetShadow(p)
		s.shadows[p.key] = append(s.shadows[p.key], p.entry)
		s.shadow++
		return nil, nil
	default:
		s.set(p.entry)
		return current, p.entry
	}
}

// vacate removes an object. Where another record has been waiting for its key, that
// one is served from now on.
func (s *state) vacate(current *Entry, revision adapters.Revision) *Entry {
	waiting := s.shadows[current.Key]
	if len(waiting) == 0 {
		s.tree.delete(current.Key)
		s.bytes -= int64(current.Size)
		return nil
	}
	next := *waiting[0]
	next.Revision = revision
	s.forgetShadow(projection{key: next.Key, identity: next.identity})
	s.set(&next)
	return &next
}

func (s *state) set(entry *Entry) {
	if replaced := s.tree.set(entry); replaced != nil {
		s.bytes -= int64(replaced.Size)
	}
	s.bytes += int64(entry.Size)
}

func (s *state) forgetShadow(p projection) {
	waiting := s.shadows[p.key]
	for i, entry := range waiting {
		if entry.identity != p.identity {
			continue
		}
		s.shadow--
		if len(waiting) == 1 {
			delete(s.shadows, p.key)
			return
		}
		s.shadows[p.key] = append(append([]*Entry(nil), waiting[:i]...), waiting[i+1:]...)
		return
	}
}

// note keeps the account of records that cannot be represented.
func (s *state) note(p projection) {
	if p.reason == "" {
		delete(s.hidden, p.identity)
		delete(s.examples, p.identity)
		return
	}
	s.hidden[p.identity] = struct{}{}
	if _, known := s.examples[p.identity]; known || len(s.examples) < maxExamples {
		s.examples[p.identity] = p.reason
	}
}

// hiddenExample returns the reason of one unrepresentable record, or "" where none is
// remembered.
func (s *state) hiddenExample() string {
	for _, reason := range s.examples {
		return reason
	}
	return ""
}

// shadowExample returns one object key that several records have, or "".
func (s *state) shadowExample() string {
	for key := range s.shadows {
		return key
	}
	return ""
}

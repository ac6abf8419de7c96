package adapters

import (
	"fmt"
	"strconv"
)

// Revision is a point in the history of one backend: strictly increasing, unique
// for each change of a resource, below 2^63. Zero means 'none'. It becomes the
// resourceVersion of Kubernetes objects and lists.
type Revision uint64

// MaxRevision is the highest legal revision: resource versions travel as signed
// 64-bit integers through parts of Kubernetes.
const MaxRevision Revision = 1<<63 - 1

// String returns the revision in decimal, the form that Kubernetes requires.
func (r Revision) String() string { return strconv.FormatUint(uint64(r), 10) }

// ParseRevision parses the decimal form. Zero and the empty string are not revisions.
func ParseRevision(text string) (Revision, error) {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("revision %q is not a decimal integer", text)
	}
	if value == 0 || Revision(value) > MaxRevision {
		return 0, fmt.Errorf("revision %q is outside 1 to %d", text, MaxRevision)
	}
	return Revision(value), nil
}

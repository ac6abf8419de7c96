package differential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/apis/example"
)

// operation is one step of a sequence. It names nothing that belongs to one store, so
// that the same operation can be done to all.
type operation interface {
	fmt.Stringer
	// perform returns what the store answered, in a form that is equal for stores
	// that behave alike. The error is one of the test itself.
	perform(ctx context.Context, r *run) (string, error)
}

// run is one sequence being done to one subject.
type run struct {
	*subject
	revisions revisions
	written   map[place][]*example.Pod
	pages     []page
	watches   []*watcher
	compacted uint64
}

// outcome is what a subject answered to a whole sequence.
type outcome struct {
	// name of the subject.
	name    string
	steps   []string
	watches []watched
}

// watched is what one watch has seen.
type watched struct {
	operation open
	text      string
}

func at(seen []watched, i int) watched {
	if i < len(seen) {
		return seen[i]
	}
	return watched{text: "(there is no such watch)"}
}

// execute does the sequence to a new subject.
func execute(t testing.TB, implementation implementation, sequence []operation) (result outcome, err error) {
	started, err := implementation.start(t)
	if err != nil {
		return outcome{}, fmt.Errorf("start %s: %w", implementation.name, err)
	}
	defer func() { err = errors.Join(err, started.close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first, err := firstRevision(ctx, started)
	if err != nil {
		return outcome{}, err
	}
	r := &run{subject: started, revisions: revisions{known: []uint64{first}}, written: map[place][]*example.Pod{}}
	defer r.stopWatches()
	result.name = implementation.name
	for i, operation := range sequence {
		answer, err := operation.perform(ctx, r)
		if err != nil {
			return outcome{}, fmt.Errorf("%s: step %d: %s: %w", implementation.name, i, operation, err)
		}
		result.steps = append(result.steps, answer)
	}
	result.watches, err = r.finishWatches(ctx)
	return result, err
}

// wrote notes the result of a successful write.
func (r *run) wrote(ctx context.Context, pod *example.Pod) error {
	if err := r.revisions.observe(pod.ResourceVersion); err != nil {
		return err
	}
	at := place{pod.Namespace, pod.Name}
	r.written[at] = append(r.written[at], pod.DeepCopy())
	if r.settle == nil {
		return nil
	}
	if err := r.settle(ctx, pod.ResourceVersion); err != nil {
		return fmt.Errorf("wait until revision %s is readable: %w", pod.ResourceVersion, err)
	}
	return nil
}

func (r *run) describe(pod *example.Pod) string { return describePod(pod, r.revisions.ordinal) }

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

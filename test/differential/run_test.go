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
	steps   []string
	watches []string
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

// difference describes where two outcomes part, or returns "".
func difference(sequence []operation, wantName string, want outcome, gotName string, got outcome) string {
	var text strings.Builder
	for i := range sequence {
		if want.steps[i] == got.steps[i] {
			continue
		}
		fmt.Fprintf(&text, "step %d: %s\n  %s:\n%s\n  %s:\n%s\n", i, sequence[i],
			wantName, indent(want.steps[i]), gotName, indent(got.steps[i]))
		break
	}
	for i := range want.watches {
		if i < len(got.watches) && want.watches[i] == got.watches[i] {
			continue
		}
		fmt.Fprintf(&text, "watch %d\n  %s:\n%s\n  %s:\n%s\n", i, wantName, indent(want.watches[i]), gotName, indent(at(got.watches, i)))
		break
	}
	return text.String()
}

func at(texts []string, i int) string {
	if i < len(texts) {
		return texts[i]
	}
	return "(missing)"
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

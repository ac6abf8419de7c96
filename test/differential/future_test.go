package differential

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestFutureRevisions asks for revisions that are beyond the present one, as readers
// do that have seen a replica that is ahead. Each such read waits for three seconds, so
// there are a few fixed sequences instead of many random ones.
func TestFutureRevisions(t *testing.T) {
	const far = 1000
	blue, everywhere := place{"blue", "a"}, scope{}
	future := moment{kind: momentFuture, back: far}
	write := func(note string) operation {
		return update{at: blue, ignoreNotFound: true, conditions: conditions{version: noVersion}, content: content{note: note}}
	}
	tests := map[string][]operation{
		"reads wait and are refused": {
			write("1"),
			atOnce{
				get{at: blue, moment: future},
				get{at: place{"blue", "b"}, moment: future, ignoreNotFound: true},
				list{scope: everywhere, moment: future},
				list{scope: everywhere, moment: future, match: metav1.ResourceVersionMatchNotOlderThan},
				list{scope: everywhere, moment: future, match: metav1.ResourceVersionMatchNotOlderThan, limit: 1},
				list{scope: everywhere, moment: future, match: metav1.ResourceVersionMatchExact},
				list{scope: everywhere, moment: future, limit: 1},
				list{scope: scope{"blue", "a"}, moment: future},
			},
		},
		"a watch is silent until its revision has passed": {
			write("1"),
			open{scope: everywhere, moment: moment{kind: momentFuture, back: 2}},
			write("2"), write("3"), write("4"), write("5"),
		},
		"a watch that lists first is refused": {
			write("1"),
			open{scope: everywhere, moment: future, list: true},
		},
	}
	etcd := startUpstream(t)
	for name, sequence := range tests {
		t.Run(name, func(t *testing.T) {
			got := executeOrFail(t, bridge(), sequence)
			want := executeOrFail(t, etcd.cached(), sequence)
			for i := range sequence {
				if got.steps[i] != want.steps[i] {
					t.Errorf("step %d: %s\n  bridge:\n%s\n  cacher:\n%s", i, sequence[i], indent(got.steps[i]), indent(want.steps[i]))
				}
			}
			for i := range got.watches {
				if want := at(want.watches, i); got.watches[i].text != want.text {
					t.Errorf("watch %d\n  bridge:\n%s\n  cacher:\n%s", i, indent(got.watches[i].text), indent(want.text))
				}
			}
		})
	}
}

func executeOrFail(t *testing.T, implementation implementation, sequence []operation) outcome {
	t.Helper()
	result, err := execute(t, implementation, sequence)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// atOnce does several reads at the same time.
type atOnce []operation

func (o atOnce) String() string { return fmt.Sprint([]operation(o)) }

func (o atOnce) perform(ctx context.Context, r *run) (string, error) {
	answers, failures := make([]string, len(o)), make([]error, len(o))
	var group sync.WaitGroup
	for i, operation := range o {
		group.Go(func() {
			answer, err := operation.perform(ctx, r)
			answers[i], failures[i] = operation.String()+": "+answer, err
		})
	}
	group.Wait()
	return strings.Join(answers, "\n"), errors.Join(failures...)
}

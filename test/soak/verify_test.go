package soak

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// reportedProblems is how many of one kind are printed.
const reportedProblems = 10

// verify holds everybody's view against the table and the ledger.
func (w *world) verify(t *testing.T) {
	t.Helper()
	w.settle(t, "at the end")
	ctx := context.Background()
	table, err := readTable(ctx, w.database.SQL())
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := readLedger(ctx, w.database.SQL())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the writers have stopped: %d rows, %d entries in the ledger", len(table), len(ledger.entries))
	report(t, "ledger and table", ledger.checkTable(table))
	for _, follower := range w.followers {
		report(t, follower.name+" and the ledger", follower.checkAgainst(ledger))
	}
	report(t, "paged lists", w.pages.checkAgainst(ledger))
	for _, writer := range w.writers {
		report(t, "writes in "+writer.name, writer.checkAgainst(ledger))
		w.verifyList(t, writer.client, table)
	}
	w.verifyActivity(t, ledger)
	w.verifyLog(t)
	if t.Failed() {
		t.Logf("the bridge's log ends with:\n%s", w.bridge.logTail())
	}
}

// settle lets the writers pause until every informer has what the table has, and
// fails the test and returns false where one doesn't in time.
func (w *world) settle(t *testing.T, when string) bool {
	t.Helper()
	w.gate.Lock()
	defer w.gate.Unlock()
	deadline := time.Now().Add(settleTimeout)
	for {
		// Read again each time: a write that its client gave up may still be committed.
		table, err := readTable(t.Context(), w.database.SQL())
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		problems := w.viewDifferences(table)
		if len(problems) == 0 {
			w.settled++
			return true
		}
		if time.Now().After(deadline) {
			report(t, when+", views and the table", problems)
			return false
		}
		pause(t.Context(), 20*time.Millisecond)
	}
}

func (w *world) viewDifferences(table map[rowKey]row) []string {
	var problems []string
	for _, follower := range w.followers {
		for _, view := range []map[rowKey]row{follower.stored(), follower.present()} {
			for _, problem := range differences(view, table) {
				problems = append(problems, follower.name+": "+problem)
			}
		}
	}
	return problems
}

// verifyList asks for a consistent list.
func (w *world) verifyList(t *testing.T, c *client, table map[rowKey]row) {
	t.Helper()
	list, err := c.list(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Errorf("listing after the end: %v", err)
		return
	}
	listed := map[rowKey]row{}
	for i := range list.Items {
		listed[list.Items[i].key()] = rowOf(&list.Items[i])
	}
	report(t, "a consistent list and the table", differences(listed, table))
}

// verifyActivity fails a run in which too little happened to mean anything.
func (w *world) verifyActivity(t *testing.T, l *ledger) {
	t.Helper()
	enough := func(what string, got, want int) {
		if got < want {
			t.Errorf("%s: %d, want at least %d; a run with so little in it shows nothing", what, got, want)
		}
	}
	seconds := int(w.duration / time.Second)
	enough("entries in the ledger", len(l.entries), 20*seconds)
	enough("comparisons of all views with the table", w.settled, len(faults)+1)
	for _, writer := range w.writers {
		counts := writer.counts()
		enough("acknowledged writes in "+writer.name, counts[acknowledged], seconds)
		enough("refused writes in "+writer.name, counts[refused], 1)
	}
	for _, f := range w.followers {
		f.mu.Lock()
		enough("events of the "+f.name, f.events, 5*seconds)
		enough("watches of the "+f.name, f.watches, 3)
		f.mu.Unlock()
	}
	w.pages.mu.Lock()
	defer w.pages.mu.Unlock()
	enough("paged lists", w.pages.complete, seconds/2)
	enough("paged lists compared with a list at once", w.pages.compared, seconds/4)
}

// verifyLog looks for what no run of the bridge may print.
func (w *world) verifyLog(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(w.bridge.logFile())
	if err != nil {
		t.Fatal(err)
	}
	for _, sign := range []string{"WARNING: DATA RACE", "panic: ", "Observed a panic", "fatal error: "} {
		if at := bytes.Index(content, []byte(sign)); at >= 0 {
			t.Errorf("the bridge's log has %q:\n%s", sign, content[at:min(at+4000, len(content))])
		}
	}
}

func (w *kubernetesWriter) checkAgainst(l *ledger) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	problems := w.problems
	for _, made := range w.attempts {
		if problem := made.check(l); problem != "" {
			problems = append(problems, problem)
		}
	}
	return problems
}

func differences(got, want map[rowKey]row) []string {
	var problems []string
	for key, wanted := range want {
		if found, there := got[key]; !there || found != wanted {
			problems = append(problems, fmt.Sprintf("%s: %v (there: %v), want %v", key, found, there, wanted))
		}
	}
	for key, found := range got {
		if _, there := want[key]; !there {
			problems = append(problems, fmt.Sprintf("%s: %v, which the table doesn't have", key, found))
		}
	}
	return problems
}

func report(t *testing.T, what string, problems []string) {
	t.Helper()
	if len(problems) == 0 {
		return
	}
	shown := problems[:min(len(problems), reportedProblems)]
	t.Errorf("%s: %d problems:\n%s", what, len(problems), strings.Join(shown, "\n"))
}

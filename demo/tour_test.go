package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The whole demo, as `make demo` runs it, without a terminal.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the whole bridge")
	}
	program := filepath.Join(t.TempDir(), "bridge-apiserver")
	if err := buildBridge(t.Context(), "..", program); err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{engineEmbedded, engineMariaDB} {
		t.Run(engine, func(t *testing.T) {
			if _, err := findMariaDB(); engine == engineMariaDB && err != nil {
				t.Skip("mariadbd is not installed:", err)
			}
			t.Setenv("TMPDIR", t.TempDir())
			var output bytes.Buffer
			options := defaultOptions()
			options.engine, options.tourOnly, options.program = engine, true, program
			options.interval = 300 * time.Millisecond
			if err := run(t.Context(), options, &output); err != nil {
				t.Fatalf("%v\n%s", err, output.String())
			}
			checkTour(t, output.String())
		})
	}
}

func checkTour(t *testing.T, shown string) {
	t.Helper()
	for _, want := range []string{
		"customers    cust         erp.example.com/v1   true         Customer",
		"Fjord Marine Supply",
		"Café Lumière",
		"customer.erp.example.com/10042 patched",
		"10042 | Fjord Marine Supply | A | 25000.00",
		"Fjord Marine Bergen   Active   100.00",
		"an inactive customer has no credit",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the tour did not show %q", want)
		}
	}
	if strings.Contains(shown, "Closed Long Ago") {
		t.Error("the tour shows a row that is marked as deleted")
	}
	// The first order is told once by the initial list; any of the others changes or
	// is new while the watch is open.
	if watched := section(shown, "get orders --watch"); strings.Count(watched, "\n") < 6 {
		t.Errorf("the watch showed no change:\n%s", watched)
	}
	if t.Failed() {
		t.Log(shown)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("the demo left %v behind (%v)", left, err)
	}
}

// section is what the tour shows after a command, up to the next remark.
func section(shown, command string) string {
	_, rest, _ := strings.Cut(shown, command)
	section, _, _ := strings.Cut(rest, "\n#")
	return section
}

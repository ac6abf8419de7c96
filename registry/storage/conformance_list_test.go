package storage_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	storagetesting "k8s.io/apiserver/pkg/storage/testing"
)

var update = flag.Bool("update", false, "rewrite docs/conformance.md instead of comparing with it")

// TestConformanceIsComplete compares our list with the functions that upstream has.
func TestConformanceIsComplete(t *testing.T) {
	upstream := upstreamFunctions(t)
	var ours []string
	for _, test := range conformanceCases {
		if (test.run == nil) != (test.skip != "") {
			t.Errorf("%s: needs either something to run or a reason to skip it", test.function)
		}
		ours = append(ours, test.function)
	}
	slices.Sort(ours)
	if !slices.Equal(upstream, ours) {
		t.Errorf("upstream has the functions\n%s\nbut listed here are\n%s", strings.Join(upstream, "\n"), strings.Join(ours, "\n"))
	}
}

// TestConformanceRunsEnough holds what the project promises: 54 of upstream's functions.
func TestConformanceRunsEnough(t *testing.T) {
	run := 0
	for _, test := range conformanceCases {
		if test.skip == "" {
			run++
		}
	}
	if run < 54 {
		t.Errorf("%d of %d functions are run, promised are 54", run, len(conformanceCases))
	}
}

// TestConformanceDocument compares the document with the list.
func TestConformanceDocument(t *testing.T) {
	const path = "../../docs/conformance.md"
	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- begin of the generated table -->\n", "<!-- end of the generated table -->"
	before, rest, found := bytes.Cut(document, []byte(begin))
	_, after, foundEnd := bytes.Cut(rest, []byte(end))
	if !found || !foundEnd {
		t.Fatalf("%s has not the two comments that the table stands between", path)
	}
	wanted := slices.Concat(before, []byte(begin), []byte(conformanceTable()), []byte(end), after)
	if bytes.Equal(document, wanted) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the tests do; go test ./registry/storage -run ConformanceDocument -update rewrites it", path)
	}
	if err := os.WriteFile(path, wanted, 0o644); err != nil {
		t.Fatal(err)
	}
}

func conformanceTable() string {
	var table strings.Builder
	memory, mariadb := 0, 0
	table.WriteString("| function | memory adapter | MariaDB | reason |\n|---|---|---|---|\n")
	for _, test := range conformanceCases {
		onMemory, onMariaDB := "pass", "pass"
		if test.skip != "" {
			onMemory = "skip"
		} else {
			memory++
		}
		if test.skip != "" || test.memoryOnly != "" {
			onMariaDB = "skip"
		} else {
			mariadb++
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", test.function, onMemory, onMariaDB, test.skip+test.memoryOnly)
	}
	fmt.Fprintf(&table, "| **%d functions** | **%d pass** | **%d pass** | |\n", len(conformanceCases), memory, mariadb)
	return table.String()
}

// upstreamFunctions returns the names of upstream's exported test functions, sorted,
// from the source of the module that this test was built with.
func upstreamFunctions(t *testing.T) []string {
	t.Helper()
	directory := upstreamDirectory(t)
	paths, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatalf("parse %s: %v", path, err)
		}
		for _, declaration := range file.Decls {
			if name, ok := testFunction(declaration); ok {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// testFunction returns the name of an exported function Run…, benchmarks excepted.
func testFunction(declaration ast.Decl) (string, bool) {
	function, ok := declaration.(*ast.FuncDecl)
	if !ok || function.Recv != nil {
		return "", false
	}
	name := function.Name.Name
	return name, strings.HasPrefix(name, "Run") && !strings.HasPrefix(name, "RunBenchmark")
}

// upstreamDirectory asks the runtime where a function of the package was compiled from.
func upstreamDirectory(t *testing.T) string {
	t.Helper()
	function := runtime.FuncForPC(reflect.ValueOf(storagetesting.RunTestCreate).Pointer())
	if function == nil {
		t.Fatal("the runtime doesn't know where upstream's tests were compiled from")
	}
	file, _ := function.FileLine(function.Entry())
	return filepath.Dir(file)
}

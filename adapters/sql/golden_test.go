package sql_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestStatements holds every statement against testdata, so that a reviewer sees the
// real queries.
func TestStatements(t *testing.T) {
	database := sqltest.Shared(t).Database(t)
	database.Exec(t, legacySchema+"CREATE TABLE `odd ``name` (`order` INT, `2fa` DECIMAL(10,2), `a b` VARCHAR(5), x BLOB, y BIT(3), z TIMESTAMP NULL, PRIMARY KEY (`2fa`, `order`, `a b`))")
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC"})
	odd := sql.ResourceConfig{Name: "odd", Table: "odd `name",
		Where: map[string][]string{"order": {"1", "2"}, "y": {"3"}},
		Key:   []sql.Column{{Column: "order"}, {Column: "2fa"}, {Column: "a b"}},
		Fields: []sql.Column{
			{Field: adapters.Field{Name: "spec.x"}, Column: "x", Type: sql.TypeHex}, {Field: adapters.Field{Name: "spec.z"}, Column: "z", Type: sql.TypeDateTime},
		}}
	for _, config := range []sql.ResourceConfig{customers(), odd} {
		statements, err := sql.Statements(t.Context(), resourceOf(t, backend, config))
		if err != nil {
			t.Fatal(err)
		}
		compareGolden(t, config.Name+".sql", statements)
	}
	sessions := sql.SessionStatements("10.11.6-MariaDB", "ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH")
	slices.SortStableFunc(sessions, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	compareGolden(t, "sessions.sql", sessions)
}

func compareGolden(t *testing.T, name string, statements [][2]string) {
	t.Helper()
	var text strings.Builder
	for _, statement := range statements {
		fmt.Fprintf(&text, "-- %s\n%s;\n\n", statement[0], statement[1])
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(golden) != text.String() {
		t.Errorf("%s differs from what is executed (go test -update writes it anew):\n%s", path, text.String())
	}
}

package binlog_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// TestGroups runs the stories of testdata/groups on a real server. In a story, 'A>'
// executes a statement on connection A, 'A!' one that must fail, '#' is a comment,
// and 'groups:' is followed by what the assembler must make of it: a line for each
// group, with its rows (+ written, - deleted, ~ updated) and cuts. Only tables whose
// names begin with t are followed; those that begin with tm cannot roll back.
func TestGroups(t *testing.T) {
	server := sqltest.Start(t, sqltest.Arguments("--log-bin", "--binlog-format=ROW", "--binlog-row-metadata=FULL", "--server-id=7", "--max-connections=1000"))
	stories, err := filepath.Glob("testdata/groups/*.txt")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, story := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(story), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(story)
			if err != nil {
				t.Fatal(err)
			}
			database := server.Database(t)
			charsets, err := binlog.LoadCharsets(t.Context(), database.SQL())
			if err != nil {
				t.Fatal(err)
			}
			run := &differential{T: t, database: database, charsets: charsets, random: rand.New(rand.NewPCG(1, 2))}
			script, want, _ := strings.Cut(string(text), "groups:\n")
			start := run.head()
			playStory(t, database, script)
			got := tellGroups(run, start)
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func playStory(t *testing.T, database *sqltest.Database, script string) {
	t.Helper()
	connections := map[string]*sql.Conn{}
	for _, line := range strings.Split(script, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, statement, found := strings.Cut(line, " ")
		if !found || len(name) != 2 {
			t.Fatalf("line %q is no step", line)
		}
		connection := connections[name[:1]]
		if connection == nil {
			var err error
			if connection, err = database.SQL().Conn(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			connections[name[:1]] = connection
		}
		_, err := connection.ExecContext(t.Context(), statement)
		if (err != nil) != (name[1] == '!') {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

type testTables struct{ schema string }

func (f testTables) Follows(table binlog.TableName) (wanted, transactional bool) {
	return table.Schema == f.schema && strings.HasPrefix(table.Table, "t"), !strings.HasPrefix(table.Table, "tm")
}

func tellGroups(run *differential, start binlog.Position) string {
	run.Helper()
	var schema string
	if err := run.database.SQL().QueryRowContext(run.Context(), "SELECT DATABASE()").Scan(&schema); err != nil {
		run.Fatal(err)
	}
	end := run.head()
	stream := run.stream(start)
	defer stream.Close()
	assembler := binlog.NewAssembler(testTables{schema}, 4000)
	var story strings.Builder
	for {
		event, err := stream.Next(run.Context())
		if err != nil {
			run.Fatal(err)
		}
		if event.End != 0 && event.End <= start.Offset {
			continue
		}
		group, err := assembler.Add(event)
		if err != nil {
			run.Fatal(err)
		}
		if group != nil {
			tellGroup(run, &story, group, schema)
		}
		if event.End >= end.Offset {
			return story.String()
		}
	}
}

func tellGroup(run *differential, story *strings.Builder, group *binlog.Group, schema string) {
	var parts []string
	for _, pending := range group.Rows {
		layout, err := run.charsets.Layout(pending.Table, nil)
		if err != nil {
			run.Fatal(err)
		}
		rows, err := binlog.ParseRows(pending.Event.Event, pending.Event.Format)
		if err != nil {
			run.Fatal(err)
		}
		for rows.More() {
			row, err := rows.Next(layout)
			if err != nil {
				run.Fatal(err)
			}
			parts = append(parts, pending.Table.Table+tellRow(rows.Kind, row))
		}
	}
	for _, cut := range group.Cuts {
		for _, table := range []string{"t1", "t2", "tm"} {
			if cut.Affects(binlog.TableName{Schema: schema, Table: table}) {
				parts = append(parts, "cut "+table)
			}
		}
		parts = append(parts, "because "+strings.ReplaceAll(cut.Reason, schema, "S"))
	}
	if len(parts) > 0 {
		fmt.Fprintln(story, strings.Join(parts, "; "))
	}
}

func tellRow(kind binlog.RowsKind, row binlog.Row) string {
	switch kind {
	case binlog.RowsWritten:
		return " +" + tellImage(row.After)
	case binlog.RowsDeleted:
		return " -" + tellImage(row.Before)
	}
	return " ~" + tellImage(row.Before) + "→" + tellImage(row.After)
}

func tellImage(image []binlog.Datum) string {
	var values []string
	for _, datum := range image {
		value := datum.DriverValue()
		if text, ok := value.([]byte); ok {
			value = string(text)
		}
		values = append(values, fmt.Sprint(value))
	}
	return strings.Join(values, ",")
}

package sql_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// firstTrouble is a sink that keeps the first reason why the feed cannot follow.
type firstTrouble struct{ said chan error }

func (firstTrouble) Reset(string)                    {}
func (firstTrouble) Load([]adapters.VersionedRecord) {}
func (firstTrouble) Loaded(adapters.State)           {}
func (firstTrouble) Apply([]adapters.Change)         {}
func (firstTrouble) Progress(adapters.Revision)      {}
func (f firstTrouble) Unwell(err error) {
	select {
	case f.said <- err:
	default:
	}
}

// TestBinlogSaysWhatIsMissing asks for the log where it cannot tell everything.
func TestBinlogSaysWhatIsMissing(t *testing.T) {
	complete := []string{"--log-bin", "--binlog-format=ROW", "--server-id=5"}
	column := func(name string) sql.Column {
		return sql.Column{Column: name, Field: adapters.Field{Name: "spec." + name}}
	}
	for name, test := range map[string]struct {
		arguments []string
		prepare   string
		config    sql.ResourceConfig
		words     []string
	}{
		"no log": {
			arguments: []string{"--skip-log-bin"},
			words:     []string{"log_bin", "[mysqld] log_bin"},
		},
		"statements": {
			arguments: append([]string{"--binlog-format=STATEMENT"}, complete[0], complete[2]),
			words:     []string{"binlog_format", "SET GLOBAL binlog_format = 'ROW'"},
		},
		"partial images": {
			arguments: append([]string{"--binlog-row-image=MINIMAL"}, complete...),
			words:     []string{"binlog_row_image", "SET GLOBAL binlog_row_image = 'FULL'"},
		},
		"filtered": {
			arguments: append([]string{"--binlog-do-db=another"}, complete...),
			words:     []string{"binlog_do_db"},
		},
		"cascade": {
			arguments: complete,
			prepare:   "CREATE TABLE parent (id INT PRIMARY KEY); ALTER TABLE t ADD CONSTRAINT up FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE",
			words:     []string{"up", "cascades"},
		},
		"generated column": {
			arguments: complete,
			prepare:   "ALTER TABLE t ADD COLUMN g INT AS (p + 1)",
			config:    sql.ResourceConfig{Fields: []sql.Column{column("g")}},
			words:     []string{"g", "generated"},
		},
		"condition on text": {
			arguments: complete,
			config:    sql.ResourceConfig{Where: map[string][]string{"v": {"x"}}},
			words:     []string{"v", "only the server can compare"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := sqltest.Start(t, sqltest.Arguments(test.arguments...)).Database(t)
			database.Exec(t, "CREATE TABLE t (id INT PRIMARY KEY, p INT, v VARCHAR(10))")
			if test.prepare != "" {
				database.Exec(t, test.prepare)
			}
			backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC", Watch: sql.WatchBinlog})
			config := test.config
			config.Name, config.Table, config.Key = "things", "t", []sql.Column{column("id")}
			resource := resourceOf(t, backend, config)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			sink := firstTrouble{said: make(chan error, 1)}
			ended := make(chan error, 1)
			go func() { ended <- resource.Sync(ctx, 0, sink) }()
			said := <-sink.said
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("Sync returned %v", err)
			}
			if !adapters.Is(said, adapters.Unavailable) {
				t.Errorf("got %v, want an error of code unavailable", said)
			}
			for _, word := range test.words {
				if !strings.Contains(said.Error(), word) {
					t.Errorf("%q does not contain %q", said, word)
				}
			}
		})
	}
}

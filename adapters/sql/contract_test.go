package sql_test

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/adaptertest"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

func TestContract(t *testing.T) {
	server := sqltest.Start(t)
	adaptertest.Run(t, adaptertest.Harness{
		Open: func(t *testing.T, resource adaptertest.Resource) adaptertest.Backend {
			return openContract(t, server, resource, sql.WatchPoll)
		},
		Types: []adapters.Type{
			adapters.StringType, adapters.BooleanType, adapters.IntegerType, adapters.NumberType,
			adapters.FloatType, adapters.BytesType, adapters.JSONType, adapters.ListType,
		},
		// The server that a test restarts is waited for until the last test ends.
		IgnoreGoroutines: []goleak.Option{
			goleak.IgnoreAnyFunction("github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest.launch.func1"),
		},
	})
}

// TestContractThroughTheLog judges the same adapter with the log as its feed.
func TestContractThroughTheLog(t *testing.T) {
	server := sqltest.Start(t, sqltest.Arguments("--log-bin", "--binlog-format=ROW", "--server-id=11"))
	adaptertest.Run(t, adaptertest.Harness{
		Open: func(t *testing.T, resource adaptertest.Resource) adaptertest.Backend {
			return openContract(t, server, resource, sql.WatchBinlog)
		},
		Types: []adapters.Type{
			adapters.StringType, adapters.BooleanType, adapters.IntegerType, adapters.NumberType,
			adapters.FloatType, adapters.BytesType, adapters.JSONType, adapters.ListType,
		},
		IgnoreGoroutines: []goleak.Option{
			goleak.IgnoreAnyFunction("github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest.launch.func1"),
		},
	})
}

func openContract(t *testing.T, server *sqltest.Server, resource adaptertest.Resource, watch sql.WatchMode) adaptertest.Backend {
	database := server.Database(t)
	database.Exec(t, contractTable(resource))
	proxy := server.Proxy(t)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(proxy.DSN(database.Name)), PollInterval: 50 * time.Millisecond, Watch: watch})
	return adaptertest.Backend{
		Adapter:      contractResource(t, backend, resource),
		Foreign:      &legacy{handle: database.SQL(), schema: resource.Schema},
		MoveRevision: func(t *testing.T) { database.Exec(t, "CREATE TABLE other (a INT); DROP TABLE other") },
		Restart: func(t *testing.T) {
			server.Kill(t)
			server.Restart(t)
		},
		Disconnect: func(*testing.T) { proxy.Refuse() },
		Reconnect:  func(*testing.T) { proxy.Accept() },
	}
}

func fixedDSN(dsn string) func() (string, error) {
	return func() (string, error) { return dsn, nil }
}

func openBackend(t testing.TB, config sql.Config) *sql.Backend {
	t.Helper()
	if config.Name == "" {
		config.Name = "erp"
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	backend, err := sql.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Errorf("closing the backend: %v", err)
		}
	})
	return backend
}

func contractResource(t *testing.T, backend *sql.Backend, resource adaptertest.Resource) *sql.Resource {
	t.Helper()
	config := sql.ResourceConfig{Name: "records", Table: "records", GeneratedKey: resource.GeneratedKey}
	for _, field := range resource.Schema.Key {
		config.Key = append(config.Key, sql.Column{Field: field, Column: field.Name})
	}
	for _, field := range resource.Schema.Fields {
		config.Fields = append(config.Fields, sql.Column{Field: field, Column: field.Name, Type: contractTypes[field.Type].declared})
	}
	adapter, err := backend.Resource(config)
	if err != nil {
		t.Fatal(err)
	}
	return adapter.(*sql.Resource)
}

var contractTypes = map[adapters.Type]struct {
	declared sql.ColumnType
	column   string
}{
	adapters.StringType:  {sql.TypeString, "VARCHAR(300) COLLATE utf8mb4_nopad_bin"},
	adapters.BooleanType: {sql.TypeBoolean, "TINYINT(1)"},
	adapters.IntegerType: {sql.TypeInteger, "BIGINT"},
	adapters.NumberType:  {sql.TypeNumber, "DOUBLE"},
	adapters.FloatType:   {sql.TypeFloat, "FLOAT"},
	adapters.BytesType:   {sql.TypeBytes, "LONGBLOB"},
	adapters.JSONType:    {sql.TypeJSON, "JSON"},
	adapters.ListType:    {sql.TypeSet, "SET('red','green','blue')"},
}

func contractTable(resource adaptertest.Resource) string {
	var columns, keys []string
	for _, field := range resource.Schema.Key {
		column := "VARCHAR(200) COLLATE utf8mb4_nopad_bin NOT NULL"
		if resource.GeneratedKey {
			column = "BIGINT NOT NULL AUTO_INCREMENT"
		}
		columns = append(columns, "`"+field.Name+"` "+column)
		keys = append(keys, "`"+field.Name+"`")
	}
	for _, field := range resource.Schema.Fields {
		column := contractTypes[field.Type].column
		if field.Required {
			column += " NOT NULL"
		}
		columns = append(columns, "`"+field.Name+"` "+column)
	}
	columns = append(columns, "PRIMARY KEY ("+strings.Join(keys, ", ")+")")
	for _, name := range resource.Unique {
		columns = append(columns, fmt.Sprintf("UNIQUE KEY `unique_%s` (`%s`)", name, name))
	}
	return "CREATE TABLE records (" + strings.Join(columns, ", ") + ") CHARACTER SET utf8mb4"
}

// legacy plays the application that writes to the table directly.
type legacy struct {
	handle *stdsql.DB
	schema adapters.Schema
}

func (l *legacy) Transaction(ctx context.Context, do func(adaptertest.ForeignTransaction) error) error {
	for {
		err := l.attempt(ctx, do)
		var failure *mysql.MySQLError
		if errors.As(err, &failure) && (failure.Number == 1213 || failure.Number == 1205) {
			continue
		}
		return err
	}
}

func (l *legacy) attempt(ctx context.Context, do func(adaptertest.ForeignTransaction) error) error {
	tx, err := l.handle.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(&legacyTransaction{ctx: ctx, tx: tx, schema: l.schema}); err != nil {
		if rollbackErr := tx.Rollback(); rollbackErr != nil {
			return errors.Join(err, rollbackErr)
		}
		return err
	}
	return tx.Commit()
}

func (l *legacy) Records(ctx context.Context) ([]adapters.Record, error) {
	var names []string
	for _, field := range l.fields() {
		names = append(names, "`"+field.Name+"`")
	}
	rows, err := l.handle.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM records")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var records []adapters.Record
	for rows.Next() {
		values := make([]adapters.Value, len(names))
		targets := make([]any, len(names))
		for i, field := range l.fields() {
			targets[i] = &legacyValue{value: &values[i], fieldType: field.Type}
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		keys := len(l.schema.Key)
		records = append(records, adapters.Record{Key: adapters.Key(values[:keys:keys]), Values: values[keys:]})
	}
	return records, rows.Err()
}

func (l *legacy) fields() []adapters.Field {
	return append(append([]adapters.Field(nil), l.schema.Key...), l.schema.Fields...)
}

// legacyValue reads a column without the adapter's code.
type legacyValue struct {
	value     *adapters.Value
	fieldType adapters.Type
}

func (v *legacyValue) Scan(source any) error {
	var text stdsql.NullString
	if err := text.Scan(source); err != nil || !text.Valid {
		*v.value = adapters.Null
		return err
	}
	var err error
	switch v.fieldType {
	case adapters.BooleanType:
		*v.value = adapters.Bool(text.String == "1")
	case adapters.IntegerType:
		var number stdsql.NullInt64
		err = number.Scan(source)
		*v.value = adapters.Int(number.Int64)
	case adapters.NumberType, adapters.FloatType:
		var number stdsql.NullFloat64
		err = number.Scan(source)
		*v.value = adapters.Float(number.Float64)
	case adapters.BytesType:
		*v.value = adapters.Bytes(text.String)
	case adapters.JSONType:
		*v.value = adapters.JSON(text.String)
	case adapters.ListType:
		var items []adapters.Value
		for _, item := range strings.Split(text.String, ",") {
			if item != "" {
				items = append(items, adapters.String(item))
			}
		}
		*v.value = adapters.List(items)
	default:
		*v.value = adapters.String(text.String)
	}
	return err
}

type legacyTransaction struct {
	ctx    context.Context
	tx     *stdsql.Tx
	schema adapters.Schema
}

func (l *legacyTransaction) exec(query string, arguments ...any) error {
	result, err := l.tx.ExecContext(l.ctx, query, arguments...)
	if err != nil {
		return err
	}
	if affected, err := result.RowsAffected(); err != nil || affected != 1 {
		return errors.Join(err, fmt.Errorf("%s: %d rows instead of one", query, affected))
	}
	return nil
}

func (l *legacyTransaction) Insert(record adapters.Record) error {
	var marks []string
	var arguments []any
	for _, value := range record.Key {
		marks, arguments = append(marks, "?"), append(arguments, value.Text())
	}
	for _, value := range record.Values {
		marks, arguments = append(marks, "?"), append(arguments, argument(value))
	}
	return l.exec("INSERT INTO records VALUES ("+strings.Join(marks, ", ")+")", arguments...)
}

func (l *legacyTransaction) Update(record adapters.Record) error {
	var sets []string
	var arguments []any
	for i, field := range l.schema.Fields {
		sets, arguments = append(sets, "`"+field.Name+"` = ?"), append(arguments, argument(record.Values[i]))
	}
	where, keys := l.where(record.Key)
	return l.exec("UPDATE records SET "+strings.Join(sets, ", ")+where, append(arguments, keys...)...)
}

func (l *legacyTransaction) Delete(key adapters.Key) error {
	where, arguments := l.where(key)
	return l.exec("DELETE FROM records"+where, arguments...)
}

func (l *legacyTransaction) ChangeKey(from, to adapters.Key) error {
	var sets []string
	var arguments []any
	for i, field := range l.schema.Key {
		sets, arguments = append(sets, "`"+field.Name+"` = ?"), append(arguments, to[i].Text())
	}
	where, keys := l.where(from)
	return l.exec("UPDATE records SET "+strings.Join(sets, ", ")+where, append(arguments, keys...)...)
}

func (l *legacyTransaction) where(key adapters.Key) (string, []any) {
	var conditions []string
	var arguments []any
	for i, field := range l.schema.Key {
		conditions, arguments = append(conditions, "`"+field.Name+"` = ?"), append(arguments, key[i].Text())
	}
	return " WHERE " + strings.Join(conditions, " AND "), arguments
}

func argument(value adapters.Value) any {
	switch value.Kind() {
	case adapters.NullKind:
		return nil
	case adapters.BoolKind:
		return value.Bool()
	case adapters.IntKind:
		return value.Int()
	case adapters.FloatKind:
		return value.Float()
	case adapters.BytesKind:
		return []byte(value.Text())
	case adapters.ListKind:
		var items []string
		for _, item := range value.Items() {
			items = append(items, item.Text())
		}
		return strings.Join(items, ",")
	default:
		return value.Text()
	}
}

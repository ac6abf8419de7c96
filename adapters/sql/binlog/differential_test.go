package binlog_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/go-sql-driver/mysql"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

func TestMain(m *testing.M) { sqltest.Main(m) }

// TestLogEqualsSelect runs random statements on tables of random columns, and
// compares what the log says of each row, before and after, with what a SELECT read.
// BINLOG_SEED repeats a run, BINLOG_CASES makes it longer.
func TestLogEqualsSelect(t *testing.T) {
	seed := uint64(setting(t, "BINLOG_SEED", time.Now().UnixNano()))
	cases := int(setting(t, "BINLOG_CASES", 60))
	t.Logf("BINLOG_SEED=%d BINLOG_CASES=%d", seed, cases)
	server := sqltest.Start(t, sqltest.Arguments("--log-bin", "--binlog-format=ROW", "--server-id=7", "--max-allowed-packet=64M", "--max-connections=10000"))
	for _, metadata := range []string{"NO_LOG", "MINIMAL", "FULL"} {
		t.Run(metadata, func(t *testing.T) {
			server.Exec(t, "SET GLOBAL binlog_row_metadata = "+metadata)
			database := server.Database(t)
			charsets, err := binlog.LoadCharsets(t.Context(), database.SQL())
			if err != nil {
				t.Fatal(err)
			}
			random := rand.New(rand.NewPCG(seed, uint64(len(metadata))))
			for number := range cases {
				run := &differential{T: t, database: database, charsets: charsets, random: random, full: metadata == "FULL"}
				run.oneTable(number, run.columnCount(number))
			}
		})
	}
}

func setting(t *testing.T, name string, standard int64) int64 {
	text, given := os.LookupEnv(name)
	if !given {
		return standard
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is not an integer", name, text)
	}
	return value
}

type differential struct {
	*testing.T
	database *sqltest.Database
	charsets *binlog.Charsets
	random   *rand.Rand
	full     bool
	columns  []randomColumn
}

type change struct {
	statement     string
	before, after []any
}

// columnCount makes most tables small and a few as wide as InnoDB allows.
func (d *differential) columnCount(number int) int {
	switch {
	case number%20 == 19:
		return 250 + d.random.IntN(750)
	case number%5 == 4:
		return 20 + d.random.IntN(60)
	default:
		return 1 + d.random.IntN(12)
	}
}

func (d *differential) oneTable(number, count int) {
	table := fmt.Sprintf("t%d", number)
	d.columns = make([]randomColumn, count)
	definitions := []string{"id INT PRIMARY KEY"}
	for i := range d.columns {
		d.columns[i] = newRandomColumn(d.random, count)
		definitions = append(definitions, fmt.Sprintf("`c%d` %s", i, d.columns[i].definition))
	}
	connection := d.connection()
	d.exec(connection, fmt.Sprintf("CREATE TABLE %s (%s) CHARACTER SET %s", table, strings.Join(definitions, ", "), pick(d.random, "utf8mb4", "latin1")))
	start := d.head()
	changes := d.write(connection, table)
	d.compare(table, start, changes)
	d.exec(connection, "DROP TABLE "+table)
	if err := connection.Close(); err != nil {
		d.Fatal(err)
	}
}

// connection reads as the adapter does: in UTC, through the binary protocol. No
// strict mode, so that everything that a legacy application can store is stored.
func (d *differential) connection() *sql.Conn {
	connection, err := d.database.SQL().Conn(d.Context())
	if err != nil {
		d.Fatal(err)
	}
	d.exec(connection, "SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES'")
	return connection
}

func (d *differential) exec(connection *sql.Conn, statement string) {
	d.Helper()
	if _, err := connection.ExecContext(d.Context(), statement); err != nil {
		d.Fatalf("%.400s: %v", statement, err)
	}
}

func (d *differential) write(connection *sql.Conn, table string) []change {
	var changes []change
	for id := range 1 + d.random.IntN(4) {
		names, values := []string{"id"}, []string{strconv.Itoa(id)}
		for i := range d.columns {
			names = append(names, fmt.Sprintf("`c%d`", i))
			values = append(values, d.columns[i].literal(d.random))
		}
		insert := fmt.Sprintf("INSERT IGNORE INTO %s (%s) VALUES (%s)", table, strings.Join(names, ","), strings.Join(values, ","))
		d.exec(connection, insert)
		row := d.read(connection, table, id)
		changes = append(changes, change{statement: insert, after: row})

		column := d.random.IntN(len(d.columns))
		update := fmt.Sprintf("UPDATE IGNORE %s SET `c%d` = %s WHERE id = %d", table, column, d.columns[column].literal(d.random), id)
		d.exec(connection, update)
		updated := d.read(connection, table, id)
		if difference(row, updated) != "" {
			changes = append(changes, change{statement: update, before: row, after: updated})
		}
		if d.random.IntN(2) == 0 {
			remove := fmt.Sprintf("DELETE FROM %s WHERE id = %d", table, id)
			d.exec(connection, remove)
			changes = append(changes, change{statement: remove, before: updated})
		}
	}
	return changes
}

func (d *differential) read(connection *sql.Conn, table string, id int) []any {
	statement, err := connection.PrepareContext(d.Context(), fmt.Sprintf("SELECT * FROM %s WHERE id = ?", table))
	if err != nil {
		d.Fatal(err)
	}
	defer statement.Close()
	row := make([]any, 1+len(d.columns))
	targets := make([]any, len(row))
	for i := range row {
		targets[i] = &row[i]
	}
	if err := statement.QueryRowContext(d.Context(), id).Scan(targets...); err != nil {
		d.Fatalf("read row %d of %s: %v", id, table, err)
	}
	return row
}

func (d *differential) head() binlog.Position {
	var file string
	var offset uint64
	var ignored sql.RawBytes
	rows, err := d.database.SQL().QueryContext(d.Context(), "SHOW MASTER STATUS")
	if err != nil {
		d.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		d.Fatal("the server has no log")
	}
	if err := rows.Scan(&file, &offset, &ignored, &ignored); err != nil {
		d.Fatal(err)
	}
	_, number, err := binlog.ParseFileName(file)
	if err != nil {
		d.Fatal(err)
	}
	return binlog.Position{File: number, Offset: offset}
}

func (d *differential) compare(table string, start binlog.Position, changes []change) {
	d.Helper()
	end := d.head()
	stream := d.stream(start)
	defer stream.Close()
	layouts := map[uint64]*binlog.Layout{}
	for {
		event, err := stream.Next(d.Context())
		if err == io.EOF {
			d.Fatalf("the stream ended before %v", end)
		}
		if err != nil {
			d.Fatal(err)
		}
		if event.End == 0 || event.End <= start.Offset {
			continue
		}
		switch {
		case event.Type == binlog.TableMapEvent:
			d.layout(event, table, layouts)
		case binlog.RowsKindOf(event.Type) != 0:
			changes = d.compareRows(event, layouts, changes)
		}
		if event.End >= end.Offset {
			break
		}
	}
	if len(changes) > 0 {
		d.Errorf("%d changes are not in the log, the first by %.300s", len(changes), changes[0].statement)
	}
}

func (d *differential) stream(start binlog.Position) *binlog.Stream {
	d.Helper()
	config, err := mysql.ParseDSN(d.database.Server().DSN(""))
	if err != nil {
		d.Fatal(err)
	}
	var base string
	if err := d.database.SQL().QueryRowContext(d.Context(), "SELECT @@global.log_bin_basename").Scan(&base); err != nil {
		d.Fatal(err)
	}
	host, port, err := net.SplitHostPort(config.Addr)
	if err != nil {
		d.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		d.Fatal(err)
	}
	parameters := vitess.ConnParams{Uname: config.User, Pass: config.Passwd, Host: host, Port: number}
	stream, err := binlog.OpenStream(d.Context(), binlog.StreamConfig{
		Connection: parameters, ServerID: 1000 + d.random.Uint32N(1<<30), UUID: "00000000-0000-0000-0000-000000000000",
		File: binlog.FileName(base[strings.LastIndexByte(base, '/')+1:], start.File), Heartbeat: 5 * time.Second,
	})
	if err != nil {
		d.Fatal(err)
	}
	return stream
}

func (d *differential) layout(event binlog.LocatedEvent, table string, layouts map[uint64]*binlog.Layout) {
	d.Helper()
	tableMap, err := binlog.ParseTableMap(event.Event, event.Format)
	if err != nil {
		d.Fatal(err)
	}
	if tableMap.Table != table {
		return
	}
	if tableMap.Named != d.full {
		d.Fatalf("table map of %s has names: %v", table, tableMap.Named)
	}
	definition := []binlog.ColumnDefinition{{Name: "id"}}
	for i := range d.columns {
		column := d.columns[i].known
		column.Name = fmt.Sprintf("c%d", i)
		definition = append(definition, column)
	}
	layouts[tableMap.ID], err = d.charsets.Layout(tableMap, definition)
	if err != nil {
		d.Fatal(err)
	}
}

func (d *differential) compareRows(event binlog.LocatedEvent, layouts map[uint64]*binlog.Layout, changes []change) []change {
	d.Helper()
	rows, err := binlog.ParseRows(event.Event, event.Format)
	if err != nil {
		d.Fatal(err)
	}
	layout := layouts[rows.TableID]
	if layout == nil {
		d.Fatalf("rows of table id %d, which has no table map", rows.TableID)
	}
	for rows.More() {
		row, err := rows.Next(layout)
		if err != nil {
			d.Fatal(err)
		}
		if len(changes) == 0 {
			d.Fatalf("the log has a change too many: %v", row)
		}
		want := changes[0]
		changes = changes[1:]
		for _, image := range []struct {
			name string
			got  []binlog.Datum
			want []any
		}{{"before", row.Before, want.before}, {"after", row.After, want.after}} {
			if text := difference(driverValues(image.got), image.want); text != "" {
				d.Fatalf("%s image by %.300s\n%s\n%s", image.name, want.statement, text, d.definitionOf(text))
			}
		}
	}
	return changes
}

func (d *differential) definitionOf(text string) string {
	var index int
	if _, err := fmt.Sscanf(text, "column %d", &index); err != nil || index == 0 {
		return ""
	}
	return d.columns[index-1].definition
}

func driverValues(image []binlog.Datum) []any {
	if image == nil {
		return nil
	}
	values := make([]any, len(image))
	for i := range image {
		values[i] = image[i].DriverValue()
	}
	return values
}

func difference(got, want []any) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d columns in the log, %d in the table", len(got), len(want))
	}
	for i := range got {
		gotBytes, isBytes := got[i].([]byte)
		wantBytes, areBytes := want[i].([]byte)
		if isBytes && areBytes && bytes.Equal(gotBytes, wantBytes) {
			continue
		}
		if !isBytes && !areBytes && got[i] == want[i] {
			continue
		}
		return fmt.Sprintf("column %d: log %T %.200q, SELECT %T %.200q", i, got[i], fmt.Sprint(got[i]), want[i], fmt.Sprint(want[i]))
	}
	return ""
}

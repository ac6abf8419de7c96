package sql_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

func times(t *testing.T, backend *sql.Backend) *sql.Resource {
	return resourceOf(t, backend, sql.ResourceConfig{
		Name: "times", Table: "times", Key: []sql.Column{{Column: "id"}},
		Fields: []sql.Column{
			{Field: adapters.Field{Name: "spec.wall"}, Column: "wall", Type: sql.TypeDateTime},
			{Field: adapters.Field{Name: "spec.instant"}, Column: "instant", Type: sql.TypeDateTime},
		},
	})
}

const timesTable = `CREATE TABLE times (id INT PRIMARY KEY, wall DATETIME DEFAULT CURRENT_TIMESTAMP,
	instant TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT CHECK (id > 0))`

// TestZones reads and writes wall clocks in the application's zone.
func TestZones(t *testing.T) {
	server := sqltest.Shared(t)
	loadZones(t, server)
	database := server.Database(t)
	database.Exec(t, timesTable+`; SET time_zone = 'Europe/Berlin';
		INSERT INTO times VALUES (1, '2023-07-01 12:00:00', '2023-07-01 12:00:00'), (2, '2023-12-01 12:00:00', '2023-12-01 12:00:00'),
			(3, '2023-10-29 02:30:00', NULL), (4, '2023-03-26 02:30:00', NULL); SET time_zone = DEFAULT`)
	resource := times(t, openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "Europe/Berlin"}))

	var read []string
	for _, record := range readAll(t, resource) {
		read = append(read, record.Values[0].String()+" "+record.Values[1].String())
	}
	want := []string{
		"2023-07-01T10:00:00Z 2023-07-01T10:00:00Z", "2023-12-01T11:00:00Z 2023-12-01T11:00:00Z",
		"2023-10-29T00:30:00Z null", "2023-03-26T01:30:00Z null",
	}
	if !slices.Equal(read, want) {
		t.Errorf("read %q, want %q", read, want)
	}

	t.Run("an hour that comes twice is refused in DATETIME", func(t *testing.T) {
		for _, ambiguous := range []string{"2023-10-29T00:30:00Z", "2023-10-29T01:30:00Z"} {
			_, err := resource.Create(t.Context(), adapters.Record{Key: key("9"), Values: []adapters.Value{adapters.String(ambiguous), adapters.Null}})
			expected{adapters.Invalid, "spec.wall", adapters.InvalidValue, []string{"twice", "Europe/Berlin"}}.check(t, err)
		}
	})
	t.Run("an untouched column is not rewritten", func(t *testing.T) {
		before, err := resource.Get(t.Context(), key("3"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resource.Update(t.Context(), before, with(before, 1, adapters.String("2023-01-01T00:00:00Z"))); err != nil {
			t.Fatal(err)
		}
		if got := database.Query(t, "SELECT wall FROM times WHERE id = 3"); got[0] != "2023-10-29 02:30:00" {
			t.Errorf("the wall clock is %s now", got)
		}
	})
	t.Run("defaults are the application's clock", func(t *testing.T) {
		stored := create(t, resource, adapters.Record{Key: key("5"), Values: make([]adapters.Value, 2)})
		for i, value := range stored.Values {
			instant, err := time.Parse(time.RFC3339, value.Text())
			if err != nil || time.Since(instant).Abs() > time.Minute {
				t.Errorf("value %d is %s, want now (%v)", i, value, err)
			}
		}
	})
}

// TestServerZone uses the zone of the server where none is declared.
func TestServerZone(t *testing.T) {
	server := sqltest.Start(t, sqltest.Arguments("--default-time-zone=+05:30"))
	database := server.Database(t)
	database.Exec(t, timesTable+"; INSERT INTO times VALUES (1, '2023-07-01 12:00:00', '2023-07-01 12:00:00')")
	resource := times(t, openBackend(t, sql.Config{DSN: fixedDSN(database.DSN())}))
	record, err := resource.Get(t.Context(), key("1"))
	if err != nil || record.Values[0].Text() != "2023-07-01T06:30:00Z" || record.Values[1].Text() != "2023-07-01T06:30:00Z" {
		t.Errorf("read %v, %v", record, err)
	}
}

// TestUnknownZone shows that reading works without the server's zone tables, and that
// writing says what is missing.
func TestUnknownZone(t *testing.T) {
	server := sqltest.Start(t)
	database := server.Database(t)
	database.Exec(t, timesTable+"; INSERT INTO times VALUES (1, '2023-07-01 12:00:00', NULL)")
	resource := times(t, openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "America/Lima"}))
	record, err := resource.Get(t.Context(), key("1"))
	if err != nil || record.Values[0].Text() != "2023-07-01T17:00:00Z" {
		t.Errorf("read %v, %v", record, err)
	}
	_, err = resource.Update(t.Context(), record, with(record, 0, adapters.String("2023-07-01T18:00:00Z")))
	expected{code: adapters.Unavailable, words: []string{"America/Lima", "mysql_tzinfo_to_sql"}}.check(t, err)
}

// TestZeroDates reads rows that other tools cannot read, and keeps what it doesn't touch.
func TestZeroDates(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, `SET sql_mode = ''; CREATE TABLE old (id INT PRIMARY KEY, day DATE NOT NULL DEFAULT '0000-00-00',
		at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00', stamp TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00', note VARCHAR(20));
		INSERT INTO old (id) VALUES (1); SET sql_mode = DEFAULT`)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC"})
	resource := resourceOf(t, backend, sql.ResourceConfig{Name: "old", Table: "old", Key: []sql.Column{{Column: "id"}},
		Fields: []sql.Column{
			{Field: adapters.Field{Name: "spec.day"}, Column: "day", Type: sql.TypeDate},
			{Field: adapters.Field{Name: "spec.at"}, Column: "at", Type: sql.TypeDateTime},
			{Field: adapters.Field{Name: "spec.stamp"}, Column: "stamp", Type: sql.TypeDateTime},
			{Field: adapters.Field{Name: "spec.note"}, Column: "note"},
		}})
	record, err := resource.Get(t.Context(), key("1"))
	if err != nil || !record.Values[0].IsNull() || !record.Values[1].IsNull() || !record.Values[2].IsNull() {
		t.Fatalf("read %v, %v, want absent dates", record, err)
	}
	receipt, err := resource.Update(t.Context(), record, with(record, 3, adapters.String("touched")))
	if err != nil {
		t.Fatal(err)
	}
	filled := with(receipt.Record, 0, adapters.String("2024-01-01"))
	filled.Values[1] = adapters.String("2024-01-01T00:00:00Z")
	if receipt, err = resource.Update(t.Context(), receipt.Record, filled); err != nil {
		t.Fatal(err)
	}
	emptied := with(with(receipt.Record, 0, adapters.Null), 1, adapters.Null)
	if _, err = resource.Update(t.Context(), receipt.Record, emptied); err != nil {
		t.Fatal(err)
	}
	if got := database.Query(t, "SELECT * FROM old"); !strings.HasPrefix(got[0], "1\t0000-00-00\t0000-00-00 00:00:00\t0000-00-00 00:00:00\ttouched") {
		t.Errorf("the table has %q", got)
	}
}

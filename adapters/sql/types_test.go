package sql_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// sample is a column type, the declared types that it supports, and SQL literals.
type sample struct {
	column   string
	types    []sql.ColumnType
	literals []string
}

var samples = []sample{
	{"TINYINT", types("string decimal integer number float boolean"), words("0 1 -1 127 -128 NULL")},
	{"TINYINT UNSIGNED", types("string integer boolean"), words("0 1 255 NULL")},
	{"SMALLINT", types("string integer number float"), words("0 32767 -32768")},
	{"SMALLINT UNSIGNED", types("integer"), words("0 65535")},
	{"MEDIUMINT", types("string integer float"), words("8388607 -8388608 0")},
	{"MEDIUMINT UNSIGNED", types("integer float"), words("16777215 0")},
	{"INT", types("string integer number"), words("2147483647 -2147483648 0 NULL")},
	{"INT UNSIGNED", types("string integer ipv4"), words("4294967295 0 3232235777")},
	{"INT(5) UNSIGNED ZEROFILL", types("string integer"), words("42 0 123456")},
	{"BIGINT", types("string decimal integer"), words("9223372036854775807 -9223372036854775808 0 NULL")},
	{"BIGINT UNSIGNED", types("string decimal boolean"), words("18446744073709551615 9223372036854775808 0 1 NULL")},
	{"DECIMAL(20,2)", types("string decimal"), words("1000000005.00 0.05 -0.05 0 999999999999999999.99 -1000000005.00 NULL")},
	{"DECIMAL(65,30)", types("decimal"), words("12345678901234567890123456789012345.123456789012345678901234567890 -0.000000000000000000000000000001")},
	{"DECIMAL(10,0)", types("decimal integer"), words("0 9999999999 -1")},
	{"DECIMAL(8,3) UNSIGNED ZEROFILL", types("decimal"), words("0 42.5 99999.999")},
	{"FLOAT", types("string number float"), words("0 16777216 0.1 -1.5 3.4028234e38 1.17549435e-38 NULL")},
	{"DOUBLE", types("string number"), words("0 0.1 -3.141592653589793 1.7976931348623157e308 2.2250738585072014e-308 9007199254740993 NULL")},
	{"YEAR", types("string integer"), words("1901 2155 2024 0 NULL")},
	{"CHAR(12)", types("string"), words("'' 'a' 'ünïcödé' '漢字' '𝄞' NULL")},
	{"VARCHAR(50)", types("string"), append(words("'' 'a' 'ünïcödé' '𝄞' NULL"), `' leading and trailing '`, `'tab\tquote\'back\\slash'`, `'nul\0inside'`)},
	{"VARCHAR(50) CHARACTER SET latin1", types("string"), words("'' 'plain' 'größe' '€' NULL")},
	{"VARCHAR(50) CHARACTER SET utf16", types("string"), words("'' 'größe' '𝄞'")},
	{"VARCHAR(50) CHARACTER SET ascii COLLATE ascii_bin", types("string"), words("'' 'plain'")},
	{"TINYTEXT", types("string"), words("'' 'text' NULL")},
	{"LONGTEXT", types("string json"), words(`'{}' '[1,2.50,"x"]' '"t"' NULL`)},
	{"JSON", types("string json"), append(words(`'{}' 'null' '7' NULL`), `'{"b": 1, "a": [2.50]}'`)},
	{"BINARY(4)", types("bytes hex ipv4"), words("x'00000000' x'0a000001' x'ffffffff' NULL")},
	{"BINARY(6)", types("bytes mac"), words("x'001122aabbcc' NULL")},
	{"BINARY(16)", types("uuid hex ip"), words("x'00112233445566778899aabbccddeeff' NULL")},
	{"VARBINARY(16)", types("bytes hex ip"), words("x'0a000001' x'20010db8000000000000000000000001' NULL")},
	{"LONGBLOB", types("bytes hex"), words("x'' x'00ff' 'text' NULL")},
	{"DATE", types("string date"), words("'2024-02-29' '0001-01-01' '9999-12-31' '0000-00-00' NULL")},
	{"DATETIME", types("string dateTime"), append(words("NULL"), "'2024-02-29 12:34:56'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'", "'0000-00-00 00:00:00'")},
	{"DATETIME(3)", types("string dateTime"), []string{"'2024-02-29 12:34:56.789'", "'2024-02-29 12:34:56'"}},
	{"DATETIME(6)", types("string dateTime"), []string{"'2024-02-29 12:34:56.000001'", "'2024-02-29 12:34:56.999999'"}},
	{"TIMESTAMP NULL", types("dateTime"), append(words("NULL"), "'2024-02-29 12:34:56'", "'1970-01-02 00:00:01'", "'2038-01-18 03:14:07'", "'0000-00-00 00:00:00'")},
	{"TIMESTAMP(6) NULL", types("dateTime"), append(words("NULL"), "'2024-02-29 12:34:56.000001'", "'2024-07-01 00:00:00.5'")},
	{"TIME", types("string"), words("'00:00:00' '-838:59:59' '838:59:59' '23:59:59' NULL")},
	{"TIME(2)", types("string"), words("'00:00:00.25' '-01:02:03.99' '100:00:00'")},
	{"ENUM('a','b c','it''s','1','2')", types("string"), []string{"'a'", "'b c'", "'it''s'", "'1'", "NULL"}},
	{`ENUM('back\\slash','comma,','quote''d','größe','')`, types("string"), []string{`'back\\slash'`, "'comma,'", "'quote''d'", "'größe'", "''"}},
	{"SET('x','y','z')", types("string set"), words("'' 'x' 'z,x' 'x,y,z' NULL")},
	{"BIT(1)", types("boolean integer string bytes"), words("b'0' b'1' NULL")},
	{"BIT(12)", types("integer string bytes hex"), words("b'0' b'101010101010' b'1' NULL")},
	{"BIT(64)", types("string decimal bytes hex"), words("b'0' b'1111111111111111111111111111111111111111111111111111111111111111' NULL")},
	{"UUID", types("string uuid"), words("'00112233-4455-6677-8899-aabbccddeeff' NULL")},
	{"INET6", types("string ip"), words("'2001:db8::1' '::ffff:10.0.0.1' '::' NULL")},
	{"INET4", types("string ipv4"), words("'10.0.0.1' '255.255.255.255' NULL")},
}

func types(list string) []sql.ColumnType {
	var found []sql.ColumnType
	for _, word := range strings.Fields(list) {
		found = append(found, sql.ColumnType(word))
	}
	return found
}

func words(list string) []string { return strings.Fields(list) }

// TestEveryTypeRoundTrips writes random rows by SQL, reads them through the adapter,
// and writes each value to another row through the adapter: every comparison with what
// was read must hold, and what is stored must be what was asked for.
func TestEveryTypeRoundTrips(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "UTC", "+05:30"} {
		t.Run(zone, func(t *testing.T) { testRoundTrips(t, zone) })
	}
}

func testRoundTrips(t *testing.T, zone string) {
	server := sqltest.Shared(t)
	loadZones(t, server)
	database := server.Database(t)
	isTemporal := func(column string) bool {
		return strings.HasPrefix(column, "DATE") || strings.HasPrefix(column, "TIME")
	}
	for i, sample := range samples {
		if zone != "Europe/Berlin" && !isTemporal(sample.column) {
			continue
		}
		table := fmt.Sprintf("t%d", i)
		database.Exec(t, fmt.Sprintf("CREATE TABLE %s (id INT PRIMARY KEY, c %s) CHARACTER SET utf8mb4", table, sample.column))
		for j, literal := range sample.literals {
			database.Exec(t, fmt.Sprintf("SET sql_mode='', time_zone='%s'; INSERT INTO %s VALUES (%d, %s); SET sql_mode=DEFAULT", "+00:00", table, j, literal))
		}
	}
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: zone})
	for i, sample := range samples {
		if zone != "Europe/Berlin" && !isTemporal(sample.column) {
			continue
		}
		t.Run(sample.column, func(t *testing.T) {
			for _, declared := range sample.types {
				t.Run(string(declared), func(t *testing.T) {
					resource := oneColumn(t, backend, fmt.Sprintf("t%d", i), sql.Column{Column: "c", Type: declared})
					testColumn(t, resource, len(sample.literals))
					compareAsText(t, database, resource, i, declared)
				})
			}
		})
	}
}

// oneColumn makes a resource of a table with the key id and one further column.
func oneColumn(t *testing.T, backend *sql.Backend, table string, column sql.Column) *sql.Resource {
	t.Helper()
	column.Field = adapters.Field{Name: "spec.value"}
	adapter, err := backend.Resource(sql.ResourceConfig{
		Name: table, Table: table,
		Key:    []sql.Column{{Field: adapters.Field{Name: "id", Required: true}, Column: "id"}},
		Fields: []sql.Column{column},
	})
	if err != nil {
		t.Fatal(err)
	}
	return adapter.(*sql.Resource)
}

func readAll(t testing.TB, resource *sql.Resource) []adapters.Record {
	t.Helper()
	var all []adapters.Record
	err := resource.Read(t.Context(), func(records []adapters.Record) error {
		all = append(all, records...)
		return nil
	})
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	return all
}

func testColumn(t *testing.T, resource *sql.Resource, rows int) {
	records := readAll(t, resource)
	if len(records) != rows {
		t.Fatalf("%d rows were read, want %d", len(records), rows)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3 * rows {
		target := random.IntN(rows)
		value := records[random.IntN(rows)].Values[0]
		after := adapters.Record{Key: records[target].Key, Values: []adapters.Value{value}}
		receipt, err := resource.Update(t.Context(), records[target], after)
		if err != nil {
			t.Fatalf("changing %v to %v: %v", records[target], value, err)
		}
		if !receipt.Record.Equal(after) {
			t.Fatalf("changing %v to %v stored %v", records[target], value, receipt.Record)
		}
		records[target] = receipt.Record
		got, err := resource.Get(t.Context(), after.Key)
		if err != nil || !got.Equal(after) {
			t.Fatalf("after the change to %v, Get returned %v, %v", after, got, err)
		}
	}
}

// compareAsText compares what the adapter reads with what a plain SELECT shows.
func compareAsText(t *testing.T, database *sqltest.Database, resource *sql.Resource, table int, declared sql.ColumnType) {
	if declared != sql.TypeString && declared != sql.TypeDecimal {
		return
	}
	expression := "CAST(c AS CHAR)"
	switch {
	case strings.HasPrefix(samples[table].column, "BIT"):
		expression = "CAST(c + 0 AS CHAR)"
	case samples[table].column == "FLOAT" || samples[table].column == "DOUBLE":
		return
	case strings.Contains(samples[table].column, "ZEROFILL"):
		expression = "CAST(c + 0 AS CHAR)"
	case samples[table].column == "YEAR":
		expression = "CAST(c + 0 AS CHAR)"
	}
	shown := database.Query(t, fmt.Sprintf("SELECT COALESCE(%s, 'null') FROM t%d ORDER BY id", expression, table))
	for i, record := range readAll(t, resource) {
		if text := record.Values[0].String(); text != shown[i] && !strings.HasPrefix(shown[i], "0000-00-00") {
			t.Errorf("the adapter reads %q where SELECT shows %q", text, shown[i])
		}
	}
}

// TestUnsupportedPairs shows that each pair of a declared type and a column type is
// either supported, and then tested above, or refused by name.
func TestUnsupportedPairs(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC"})
	all := types("string integer number float boolean decimal bytes hex date dateTime set json ipv4 ip mac uuid")
	for i, sample := range samples {
		table := fmt.Sprintf("t%d", i)
		database.Exec(t, fmt.Sprintf("CREATE TABLE %s (id INT PRIMARY KEY, c %s) CHARACTER SET utf8mb4", table, sample.column))
		for _, declared := range all {
			_, err := oneColumn(t, backend, table, sql.Column{Column: "c", Type: declared}).Get(t.Context(), adapters.Key{adapters.String("1")})
			if adapters.Is(err, adapters.NotFound) {
				continue
			}
			if !adapters.Is(err, adapters.Unavailable) {
				t.Errorf("%s as %s: %v, want Unavailable", sample.column, declared, err)
				continue
			}
			for _, word := range []string{"table " + table, "column c", "declare"} {
				if !strings.Contains(err.Error(), word) && !strings.Contains(err.Error(), "timeZone") {
					t.Errorf("%s as %s: %v does not contain %q", sample.column, declared, err, word)
				}
			}
		}
	}
}

// loadZones gives the server the time zones that tests use.
func loadZones(t testing.TB, server *sqltest.Server) {
	t.Helper()
	if zones := server.Database(t).Query(t, "SELECT COALESCE(CONVERT_TZ('2024-07-01 00:00:00', 'UTC', 'Europe/Berlin'), '')"); zones[0] != "" {
		return
	}
	server.Exec(t, berlin)
}

// berlin is the zone with its changes around some years, as mysql_tzinfo_to_sql writes it.
const berlin = `INSERT INTO mysql.time_zone (Use_leap_seconds) VALUES ('N'); SET @id = LAST_INSERT_ID();
INSERT INTO mysql.time_zone_name (Name, Time_zone_id) VALUES ('Europe/Berlin', @id), ('UTC', @id + 1);
INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, ` + "`Offset`" + `, Is_DST, Abbreviation) VALUES
 (@id, 0, 7200, 1, 'CEST'), (@id, 1, 3600, 0, 'CET');
INSERT INTO mysql.time_zone_transition (Time_zone_id, Transition_time, Transition_type_id) VALUES
 (@id, -2147483648, 1), (@id, 1679792400, 0), (@id, 1698541200, 1), (@id, 1711846800, 0), (@id, 1729990800, 1);
INSERT INTO mysql.time_zone (Use_leap_seconds) VALUES ('N');
INSERT INTO mysql.time_zone_transition_type (Time_zone_id, Transition_type_id, ` + "`Offset`" + `, Is_DST, Abbreviation) VALUES (@id + 1, 0, 0, 0, 'UTC')`

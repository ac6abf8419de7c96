package sql_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

func TestOnlyChangedColumnsAreWritten(t *testing.T) {
	database, resource := legacyTable(t, nil)
	database.Exec(t, `CREATE TABLE written (what VARCHAR(50));
		CREATE TRIGGER watch_city BEFORE UPDATE ON CUST_MASTER FOR EACH ROW
		BEGIN IF NEW.city IS NOT NULL THEN SET NEW.city = CONCAT(NEW.city, '!'); END IF; END`)
	stored := create(t, resource, with(customer("c1"), city, adapters.String("Köln")))
	receipt, err := resource.Update(t.Context(), stored, with(stored, name, adapters.String("Other")))
	if err != nil {
		t.Fatal(err)
	}
	// The trigger fires, and what it stored is what the receipt says.
	if got := receipt.Record.Values[city].Text(); got != "Köln!" {
		t.Errorf("the receipt says city %q, want what the trigger stored", got)
	}
}

func TestDefaultsAreReadBack(t *testing.T) {
	_, resource := legacyTable(t, nil)
	record := customer("c1")
	record.Values[kind] = adapters.Null
	record.Values[rating] = adapters.Int(3)
	stored := create(t, resource, record)
	if stored.Values[kind].Text() != "Active" || stored.Values[total].Int() != 6 {
		t.Errorf("the receipt says %v, want the default kind and the computed total", stored)
	}
}

func TestWhere(t *testing.T) {
	database, resource := legacyTable(t, func(config *sql.ResourceConfig) {
		config.Where["kind"] = []string{"I", "A"}
		config.Where["region"] = []string{"eu"}
	})
	database.Exec(t, "INSERT INTO CUST_MASTER (cust_no, cust_nm, region) VALUES ('us1', 'Acme', 'us'), ('eu1', 'Acme', 'eu')")
	if records := readAll(t, resource); len(records) != 1 || records[0].Key.String() != "eu1" {
		t.Errorf("read %v, want eu1 alone", records)
	}
	t.Run("a creation gets the first value of a column that it leaves out", func(t *testing.T) {
		stored := create(t, resource, customer("new"))
		if stored.Values[region].Text() != "eu" || stored.Values[kind].Text() != "Active" {
			t.Errorf("stored %v", stored)
		}
	})
	t.Run("no write makes a row invisible", func(t *testing.T) {
		want := expected{adapters.Invalid, "spec.region", adapters.UnsupportedValue, []string{"eu"}}
		_, err := resource.Create(t.Context(), with(customer("us2"), region, adapters.String("us")))
		want.check(t, err)
		present, err := resource.Get(t.Context(), key("eu1"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = resource.Update(t.Context(), present, with(present, region, adapters.String("us")))
		want.check(t, err)
	})
	if lines := database.Query(t, "SELECT cust_no, region FROM CUST_MASTER ORDER BY cust_no"); !slices.Equal(lines, []string{"eu1\teu", "new\teu", "us1\tus"}) {
		t.Errorf("the table has %q", lines)
	}
}

func TestSoftDelete(t *testing.T) {
	database, resource := legacyTable(t, func(config *sql.ResourceConfig) {
		config.OnDelete = map[string]string{"is_deleted": "1"}
	})
	stored := create(t, resource, customer("c1"))
	if _, err := resource.Delete(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	if lines := database.Query(t, "SELECT cust_no, is_deleted FROM CUST_MASTER"); !slices.Equal(lines, []string{"c1\t1"}) {
		t.Errorf("the table has %q", lines)
	}
	_, err := resource.Get(t.Context(), key("c1"))
	expected{code: adapters.NotFound}.check(t, err)
}

func TestSoftDeleteThatHidesNothing(t *testing.T) {
	database, resource := legacyTable(t, func(config *sql.ResourceConfig) {
		config.OnDelete = map[string]string{"city": "gone"}
	})
	stored := create(t, resource, customer("c1"))
	_, err := resource.Delete(t.Context(), stored)
	expected{code: adapters.Internal, words: []string{"onDelete", "CUST_MASTER"}}.check(t, err)
	if lines := database.Query(t, "SELECT COALESCE(city, '-') FROM CUST_MASTER"); !slices.Equal(lines, []string{"-"}) {
		t.Errorf("the table has %q", lines)
	}
}

func TestBeforeWrite(t *testing.T) {
	database, resource := legacyTable(t, func(config *sql.ResourceConfig) {
		config.BeforeWrite = []string{"CALL audit_begin('bridge')", "SET @batch = 7"}
	})
	database.Exec(t, `CREATE TABLE audit (who VARCHAR(20), batch INT);
		CREATE PROCEDURE audit_begin(who VARCHAR(20)) BEGIN SET @who = who; SELECT 'begun'; END;
		CREATE TRIGGER audited AFTER INSERT ON CUST_MASTER FOR EACH ROW INSERT INTO audit VALUES (@who, @batch)`)
	create(t, resource, customer("c1"))
	if lines := database.Query(t, "SELECT * FROM audit"); !slices.Equal(lines, []string{"bridge\t7"}) {
		t.Errorf("the audit has %q", lines)
	}
}

func TestGeneratedKey(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, `CREATE TABLE t0 (tenant VARCHAR(10) NOT NULL, id BIGINT UNSIGNED AUTO_INCREMENT, c VARCHAR(20),
		PRIMARY KEY (id, tenant)) AUTO_INCREMENT = 41`)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN())})
	resource := resourceOf(t, backend, sql.ResourceConfig{
		Name: "t", Table: "t0", GeneratedKey: true,
		Key:    []sql.Column{{Field: adapters.Field{Name: "id"}, Column: "id"}, {Field: adapters.Field{Name: "tenant"}, Column: "tenant"}},
		Fields: []sql.Column{{Field: adapters.Field{Name: "spec.c"}, Column: "c"}, {Field: adapters.Field{Name: "spec.tenant"}, Column: "tenant"}},
	})
	stored := create(t, resource, adapters.Record{Values: []adapters.Value{adapters.String("x"), adapters.String("north")}})
	if !stored.Key.Equal(key("41", "north")) {
		t.Errorf("the key is %v, want 41,north", stored.Key)
	}
	parted := adapters.Record{Key: adapters.Key{adapters.Null, adapters.String("south")}, Values: []adapters.Value{adapters.String("x"), adapters.Null}}
	if stored := create(t, resource, parted); !stored.Key.Equal(key("42", "south")) || stored.Values[1].Text() != "south" {
		t.Errorf("stored %v, want the key 42,south", stored)
	}
	_, err := resource.Create(t.Context(), adapters.Record{Key: key("99", "north"), Values: stored.Values})
	expected{code: adapters.Invalid, field: "id"}.check(t, err)
	_, err = resource.Update(t.Context(), stored, with(stored, 1, adapters.String("south")))
	expected{code: adapters.Invalid, field: "spec.tenant", reason: adapters.ImmutableValue}.check(t, err)
}

func TestNonCanonicalKeys(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, `CREATE TABLE numbers (id BIGINT UNSIGNED PRIMARY KEY); INSERT INTO numbers VALUES (42), (18446744073709551615);
		CREATE TABLE decimals (id DECIMAL(20,2) PRIMARY KEY); INSERT INTO decimals VALUES (9007199254740993.01), (9007199254740993.02);
		CREATE TABLE days (id DATE PRIMARY KEY); INSERT INTO days VALUES ('2024-02-29');
		CREATE TABLE clocks (id DATETIME(3) PRIMARY KEY); INSERT INTO clocks VALUES ('2024-02-29 01:02:03.004');
		CREATE TABLE blobs (id VARBINARY(8) PRIMARY KEY); INSERT INTO blobs VALUES (x'00ff'), ('');
		CREATE TABLE padded (id CHAR(4) PRIMARY KEY); INSERT INTO padded VALUES ('ab')`)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN())})
	for table, test := range map[string]struct{ present, refused []string }{
		"numbers":  {[]string{"42", "18446744073709551615"}, []string{"042", "+42", "4e1", "42.0", "", "-1", "abc", "18446744073709551616", " 42"}},
		"decimals": {[]string{"9007199254740993.01", "9007199254740993.02"}, []string{"9007199254740993.010", "9007199254740993.0", "1"}},
		"days":     {[]string{"2024-02-29"}, []string{"2024-2-29", "20240229", "2024-02-30", "2024-02-29 00:00:00"}},
		"clocks":   {[]string{"2024-02-29 01:02:03.004"}, []string{"2024-02-29 01:02:03.0040", "2024-02-29T01:02:03.004"}},
		"blobs":    {[]string{"00ff", ""}, []string{"00FF", "0", "zz"}},
		"padded":   {[]string{"ab"}, []string{"ab ", "AB"}},
	} {
		t.Run(table, func(t *testing.T) {
			resource := resourceOf(t, backend, sql.ResourceConfig{Name: table, Table: table,
				Key: []sql.Column{{Field: adapters.Field{Name: "id"}, Column: "id"}}})
			records := readAll(t, resource)
			if len(records) != len(test.present) {
				t.Errorf("read %v, want %q", records, test.present)
			}
			for _, id := range test.present {
				if record, err := resource.Get(t.Context(), key(id)); err != nil || record.Key.String() != id {
					t.Errorf("Get(%q) returned %v, %v", id, record, err)
				}
			}
			for _, id := range test.refused {
				if record, err := resource.Get(t.Context(), key(id)); !adapters.Is(err, adapters.NotFound) {
					t.Errorf("Get(%q) returned %v, %v", id, record, err)
				}
				_, err := resource.Create(t.Context(), adapters.Record{Key: key(id)})
				if !adapters.Is(err, adapters.Invalid) && !adapters.Is(err, adapters.Conflict) && id != "1" {
					t.Errorf("Create(%q) returned %v", id, err)
				}
			}
			if again := readAll(t, resource); table != "decimals" && len(again) != len(records) {
				t.Errorf("the table has %v now", again)
			}
		})
	}
}

// TestReadingInChunks reads tables of keys of all shapes that need many chunks.
func TestReadingInChunks(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, `CREATE TABLE composite (a VARCHAR(10), b INT, c VARCHAR(10) NOT NULL, d INT, PRIMARY KEY (c, a, b));
		INSERT INTO composite SELECT CHAR(97 + seq % 7), seq, CONCAT('k', seq % 3), seq FROM seq_1_to_7000;
		CREATE TABLE folded (a VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, d INT);
		INSERT INTO folded SELECT CONCAT(IF(seq % 2, 'Key', 'kEY'), seq, IF(seq % 3, '', 'ü')), seq FROM seq_1_to_5000;
		CREATE VIEW shown AS SELECT c, a, b, d FROM composite WHERE d % 2 = 0;
		CREATE TABLE alone (a INT NOT NULL, d INT NOT NULL, UNIQUE KEY (d));
		INSERT INTO alone SELECT 1, seq FROM seq_1_to_3000`)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN())})
	for table, test := range map[string]struct {
		keys []string
		rows int
	}{
		"composite": {[]string{"b", "a", "c"}, 7000},
		"folded":    {[]string{"a"}, 5000},
		"shown":     {[]string{"a", "b", "c"}, 3500},
		"alone":     {[]string{"a", "d"}, 3000},
	} {
		t.Run(table, func(t *testing.T) {
			config := sql.ResourceConfig{Name: table, Table: table, Fields: []sql.Column{{Column: "d", Type: sql.TypeInteger}}}
			for _, column := range test.keys {
				config.Key = append(config.Key, sql.Column{Column: column})
			}
			seen := map[int64]bool{}
			for _, record := range readAll(t, resourceOf(t, backend, config)) {
				seen[record.Values[0].Int()] = true
			}
			if len(seen) != test.rows {
				t.Errorf("read %d different rows, want %d", len(seen), test.rows)
			}
		})
	}
}

func TestDuplicateKeysOfAView(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	database.Exec(t, `CREATE TABLE base (id INT PRIMARY KEY, a INT); INSERT INTO base VALUES (1, 7), (2, 7);
		CREATE VIEW doubled AS SELECT a FROM base`)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN())})
	resource := resourceOf(t, backend, sql.ResourceConfig{Name: "doubled", Table: "doubled", Key: []sql.Column{{Column: "a"}}})
	_, err := resource.Get(t.Context(), key("7"))
	expected{code: adapters.Unavailable, words: []string{"doubled", "two rows", "7"}}.check(t, err)
}

// TestWithoutTransactions compares and writes in an engine that cannot roll back.
func TestWithoutTransactions(t *testing.T) {
	server := sqltest.Shared(t)
	database := server.Database(t)
	var columns, names []string
	for i, sample := range samples {
		columns = append(columns, "c"+string(rune('a'+i%26))+strings.Repeat("x", i/26)+" "+strings.TrimSuffix(sample.column, " NULL")+" NULL")
		names = append(names, strings.Fields(columns[i])[0])
	}
	database.Exec(t, "CREATE TABLE heap (id INT PRIMARY KEY, "+strings.Join(columns, ", ")+") ENGINE=MyISAM CHARACTER SET utf8mb4")
	config := sql.ResourceConfig{Name: "heap", Table: "heap", Key: []sql.Column{{Column: "id"}}}
	for i, sample := range samples {
		config.Fields = append(config.Fields, sql.Column{Column: names[i], Type: sample.types[len(sample.types)-1]})
	}
	for round := range 5 {
		var literals []string
		for _, sample := range samples {
			literals = append(literals, sample.literals[round%len(sample.literals)])
		}
		database.Exec(t, "SET sql_mode=''; INSERT INTO heap VALUES ("+string(rune('0'+round))+", "+strings.Join(literals, ", ")+"); SET sql_mode=DEFAULT")
	}
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC"})
	resource := resourceOf(t, backend, config)
	for _, record := range readAll(t, resource) {
		after := with(record, 0, adapters.Bool(!record.Values[0].Bool()))
		receipt, err := resource.Update(t.Context(), record, after)
		if err != nil || !receipt.Record.Equal(after) {
			t.Errorf("changing %v returned %v, %v", record, receipt.Record, err)
			continue
		}
		_, err = resource.Update(t.Context(), record, after)
		expected{code: adapters.Conflict}.check(t, err)
		if _, err = resource.Delete(t.Context(), receipt.Record); err != nil {
			t.Errorf("deleting %v: %v", receipt.Record, err)
		}
	}
	if left := database.Query(t, "SELECT id FROM heap"); len(left) != 0 {
		t.Errorf("rows are left: %q", left)
	}
}

package sql_test

import (
	stdsql "database/sql"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// wideTable has 12 columns and 100,000 rows.
const wideTable = `CREATE TABLE wide (id INT PRIMARY KEY, company VARCHAR(80), street VARCHAR(80), city VARCHAR(40), zip CHAR(5),
	status ENUM('A','I'), credit DECIMAL(12,2), parent INT, created DATETIME, changed TIMESTAMP, flag TINYINT(1), note VARCHAR(200)) CHARACTER SET utf8mb4;
	INSERT INTO wide SELECT seq, CONCAT('Company ', seq), CONCAT('Street ', seq), 'Springfield', '12345', IF(seq % 3, 'A', 'I'), seq / 7, seq DIV 10,
	'2024-01-02 03:04:05', '2024-01-02 03:04:05', seq % 2, REPEAT('x', seq % 60) FROM seq_1_to_100000`

func wideResource(b *testing.B, database *sqltest.Database) *sql.Resource {
	backend := openBackend(b, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "Europe/Berlin"})
	config := sql.ResourceConfig{Name: "wide", Table: "wide", Key: []sql.Column{{Column: "id"}}}
	for _, column := range []struct {
		name     string
		declared sql.ColumnType
	}{
		{"company", ""}, {"street", ""}, {"city", ""}, {"zip", ""}, {"status", ""}, {"credit", sql.TypeDecimal}, {"parent", sql.TypeInteger},
		{"created", sql.TypeDateTime}, {"changed", sql.TypeDateTime}, {"flag", sql.TypeBoolean}, {"note", ""},
	} {
		config.Fields = append(config.Fields, sql.Column{Column: column.name, Type: column.declared})
	}
	adapter, err := backend.Resource(config)
	if err != nil {
		b.Fatal(err)
	}
	return adapter.(*sql.Resource)
}

// BenchmarkRead compares a full reading with a plain SELECT of the same rows by the
// same driver.
func BenchmarkRead(b *testing.B) {
	database := sqltest.Shared(b).Database(b)
	database.Exec(b, wideTable)
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			plainSelect(b, database)
		}
	})
	resource := wideResource(b, database)
	b.Run("adapter", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rows := 0
			err := resource.Read(b.Context(), func(records []adapters.Record) error {
				rows += len(records)
				return nil
			})
			if err != nil || rows != 100000 {
				b.Fatalf("read %d rows: %v", rows, err)
			}
		}
	})
	b.Run("comparison", func(b *testing.B) {
		sink := newSink()
		go resource.Sync(b.Context(), 0, sink)
		for loaded := false; !loaded; {
			<-sink.changed
			sink.mu.Lock()
			loaded = sink.loaded
			sink.mu.Unlock()
		}
		b.ReportAllocs()
		for b.Loop() {
			began := time.Now()
			if _, err := resource.Head(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/head")
		}
	})
}

func plainSelect(b *testing.B, database *sqltest.Database) {
	rows, err := database.SQL().QueryContext(b.Context(), "SELECT * FROM wide")
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	values := make([]stdsql.RawBytes, 12)
	targets := make([]any, len(values))
	for i := range values {
		targets[i] = &values[i]
	}
	count := 0
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			b.Fatal(err)
		}
		count++
	}
	if rows.Err() != nil || count != 100000 {
		b.Fatalf("read %d rows: %v", count, rows.Err())
	}
}

// BenchmarkCreate is one client's transactions, with the server's default durability.
func BenchmarkCreate(b *testing.B) {
	database := sqltest.Shared(b).Database(b)
	database.Exec(b, legacySchema)
	adapter, err := openBackend(b, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "UTC", MaxOpenConns: 34}).Resource(customers())
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(8)
	number := make(chan int)
	go func() {
		for i := 0; b.Context().Err() == nil; i++ {
			select {
			case number <- i:
			case <-b.Context().Done():
			}
		}
	}()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := time.Duration(<-number).String()
			if _, err := adapter.(*sql.Resource).Create(b.Context(), customer(id)); err != nil {
				b.Error(err)
			}
		}
	})
}

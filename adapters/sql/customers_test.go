package sql_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// legacySchema looks like what twenty years leave behind.
const legacySchema = `
CREATE TABLE region (code VARCHAR(10) PRIMARY KEY) CHARACTER SET utf8mb4;
INSERT INTO region VALUES ('eu'), ('us');
CREATE TABLE CUST_MASTER (
  cust_no VARCHAR(20) NOT NULL PRIMARY KEY,
  CUST_NM VARCHAR(10) NOT NULL,
  email VARCHAR(50) UNIQUE,
  city VARCHAR(20) CHARACTER SET latin1,
  rating TINYINT,
  score DECIMAL(4,1) CHECK (score >= 0),
  kind ENUM('A','I') NOT NULL DEFAULT 'A',
  region VARCHAR(10),
  since TIMESTAMP NULL,
  total INT AS (rating * 2) VIRTUAL,
  is_deleted TINYINT NOT NULL DEFAULT 0,
  CONSTRAINT known_region FOREIGN KEY (region) REFERENCES region (code),
  CONSTRAINT sane_rating CHECK (rating < 100 OR region IS NOT NULL)
) CHARACTER SET utf8mb4;
CREATE TABLE invoice (id INT PRIMARY KEY, cust_no VARCHAR(20),
  CONSTRAINT invoiced FOREIGN KEY (cust_no) REFERENCES CUST_MASTER (cust_no)) CHARACTER SET utf8mb4;
`

// The places of the fields in a customer's record.
const (
	name = iota
	email
	city
	rating
	score
	kind
	region
	since
	total
)

func customers() sql.ResourceConfig {
	field := func(path, column string, declared sql.ColumnType) sql.Column {
		return sql.Column{Field: adapters.Field{Name: path}, Column: column, Type: declared}
	}
	fields := []sql.Column{
		field("spec.companyName", "cust_nm", ""),
		field("spec.email", "email", ""),
		field("spec.city", "city", ""),
		field("spec.rating", "rating", sql.TypeInteger),
		field("spec.score", "score", sql.TypeDecimal),
		field("spec.kind", "kind", ""),
		field("spec.region", "region", ""),
		field("spec.since", "since", sql.TypeDateTime),
		field("spec.total", "total", sql.TypeInteger),
	}
	fields[kind].Values = map[string]string{"A": "Active", "I": "Inactive"}
	return sql.ResourceConfig{
		Name: "customers", Table: "CUST_MASTER",
		Where:  map[string][]string{"is_deleted": {"0"}},
		Key:    []sql.Column{{Field: adapters.Field{Name: "cust_no", Required: true}, Column: "cust_no"}},
		Fields: fields,
	}
}

// customer returns a record that the table takes.
func customer(number string) adapters.Record {
	record := adapters.Record{Key: key(number), Values: make([]adapters.Value, total+1)}
	record.Values[name] = adapters.String("Acme")
	record.Values[kind] = adapters.String("Active")
	return record
}

func key(parts ...string) adapters.Key {
	values := make(adapters.Key, len(parts))
	for i, part := range parts {
		values[i] = adapters.String(part)
	}
	return values
}

// with returns a copy of a record with another value.
func with(record adapters.Record, field int, value adapters.Value) adapters.Record {
	values := append([]adapters.Value(nil), record.Values...)
	values[field] = value
	return adapters.Record{Key: record.Key, Values: values}
}

// legacyTable makes the schema and a resource of it.
func legacyTable(t *testing.T, change func(*sql.ResourceConfig)) (*sqltest.Database, *sql.Resource) {
	t.Helper()
	server := sqltest.Shared(t)
	loadZones(t, server)
	database := server.Database(t)
	database.Exec(t, legacySchema)
	backend := openBackend(t, sql.Config{DSN: fixedDSN(database.DSN()), TimeZone: "Europe/Berlin", PollInterval: 50 * time.Millisecond})
	config := customers()
	if change != nil {
		change(&config)
	}
	return database, resourceOf(t, backend, config)
}

func resourceOf(t *testing.T, backend *sql.Backend, config sql.ResourceConfig) *sql.Resource {
	t.Helper()
	adapter, err := backend.Resource(config)
	if err != nil {
		t.Fatal(err)
	}
	return adapter.(*sql.Resource)
}

func create(t *testing.T, resource *sql.Resource, record adapters.Record) adapters.Record {
	t.Helper()
	receipt, err := resource.Create(t.Context(), record)
	if err != nil {
		t.Fatalf("creating %s: %v", record.Key, err)
	}
	return receipt.Record
}

// expected describes an error.
type expected struct {
	code   adapters.Code
	field  string
	reason adapters.Reason
	// words must be in the error's text.
	words []string
}

func (e expected) check(t *testing.T, err error) {
	t.Helper()
	var failure *adapters.Error
	if !errors.As(err, &failure) || failure.Code != e.code {
		t.Fatalf("the error is %v, want code %s", err, e.code)
	}
	for _, word := range e.words {
		if !strings.Contains(failure.Error(), word) {
			t.Errorf("the error %v does not contain %q", failure, word)
		}
	}
	if e.field == "" {
		return
	}
	for _, field := range failure.Fields {
		if field.Field == e.field && field.Reason == e.reason && field.Detail != "" {
			return
		}
	}
	t.Errorf("the error has the fields %+v, want %s with reason %d", failure.Fields, e.field, e.reason)
}

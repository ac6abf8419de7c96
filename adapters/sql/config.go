package sql

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

// WatchMode says how changes made by others are noticed.
type WatchMode string

const (
	// WatchAuto uses the feed that is proven best for the server; at present that is Poll.
	WatchAuto WatchMode = "Auto"
	// WatchBinlog follows the server's binary log, and nothing else.
	WatchBinlog WatchMode = "Binlog"
	// WatchPoll compares snapshots.
	WatchPoll WatchMode = "Poll"
)

// Config of a [Backend].
type Config struct {
	// Name of the backend, for messages.
	Name string
	// DSN returns the data source name in the form of github.com/go-sql-driver/mysql.
	// It is called for every new connection, so that a changed password or address
	// is noticed. Its error must not contain the DSN.
	DSN func() (string, error)
	// LogDSN returns the data source name for following the log, where DSN goes through
	// a proxy that carries no replication. It must reach the same server.
	LogDSN func() (string, error)
	// Watch defaults to Auto.
	Watch WatchMode
	// PollInterval is the shortest time between two scheduled comparisons, 2 s by default.
	PollInterval time.Duration
	// MaxOpenConns bounds the connections, 8 by default and 2 at least: half of them
	// read, half of them write.
	MaxOpenConns int
	// TimeZone is the application's: an IANA name, or an offset such as +01:00. It is
	// the meaning of DATETIME columns, and the zone of sessions that write. By default
	// it is the server's @@global.time_zone.
	TimeZone string
	// Logger is slog.Default() by default. Neither credentials nor values are logged.
	Logger *slog.Logger
}

const (
	defaultMaxOpenConns = 8
	minimumOpenConns    = 2
)

func (c *Config) complete() error {
	if c.Name == "" || c.DSN == nil {
		return errors.New("a backend needs a name and a DSN")
	}
	switch c.Watch {
	case "":
		c.Watch = WatchAuto
	case WatchAuto, WatchBinlog, WatchPoll:
	default:
		return fmt.Errorf("backend %s: watch: %q is not Auto, Binlog or Poll", c.Name, c.Watch)
	}
	if c.MaxOpenConns == 0 {
		c.MaxOpenConns = defaultMaxOpenConns
	}
	if c.MaxOpenConns < minimumOpenConns {
		return fmt.Errorf("backend %s: maxOpenConns: %d is too few: at least %d, one to read and one to write",
			c.Name, c.MaxOpenConns, minimumOpenConns)
	}
	if c.TimeZone != "" {
		if _, err := loadZone(c.TimeZone); err != nil {
			return fmt.Errorf("backend %s: timeZone: %w", c.Name, err)
		}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = c.Logger.With("backend", c.Name)
	return nil
}

// ColumnType is the declared type of a column, in the words of the mapping file.
type ColumnType = column.Type

// The declared types. Which of them a column can have is in docs/sql.md.
const (
	TypeString   = column.String
	TypeInteger  = column.Integer
	TypeNumber   = column.Number
	TypeFloat    = column.Float
	TypeBoolean  = column.Boolean
	TypeDecimal  = column.Decimal
	TypeBytes    = column.Bytes
	TypeHex      = column.Hex
	TypeDate     = column.Date
	TypeDateTime = column.DateTime
	TypeSet      = column.Set
	TypeJSON     = column.JSON
	TypeIPv4     = column.IPv4
	TypeIP       = column.IP
	TypeMAC      = column.MAC
	TypeUUID     = column.UUID
)

// Column declares where one field of a record is kept.
type Column struct {
	// Field as the layers above see it.
	Field adapters.Field
	// Column is the column's name; SQL compares names without regard to case.
	Column string
	// Type defaults to string. In a key, a binary column is hex by default.
	Type ColumnType
	// Values maps column values to field values, both ways. A column value that is
	// not mapped is shown as it is.
	Values map[string]string
	// NullValues are column values that mean absent; the first is what absent writes.
	NullValues []string
	// ReadOnly columns are read, and never written.
	ReadOnly bool
}

func (c Column) readOnly() bool { return c.ReadOnly || c.Field.ReadOnly }

// ResourceConfig declares one resource: a table or view, and what of it is shown.
type ResourceConfig struct {
	// Name of the resource, for messages.
	Name string
	// Table or view, in the DSN's schema or as schema.table.
	Table string
	// Where lists, for columns, the values that a row must have to be seen. A record
	// that is created gets the first of them where the column is not a field.
	Where map[string][]string
	// Key columns; among them must be a unique key without nullable columns.
	Key []Column
	// GeneratedKey says that the database makes the key (AUTO_INCREMENT).
	GeneratedKey bool
	Fields       []Column
	// OnDelete, where it is not empty, replaces DELETE: the columns it sets and the
	// values they get. The row must no longer match Where then.
	OnDelete map[string]string
	// BeforeWrite are statements that run first in every writing transaction.
	BeforeWrite []string
	// AllowCascade permits writes that a foreign key of another table carries on there.
	AllowCascade bool
}

func (c ResourceConfig) validate() error {
	if c.Name == "" || c.Table == "" {
		return errors.New("a resource needs a name and a table")
	}
	if len(c.Key) == 0 {
		return fmt.Errorf("resource %s: key columns are missing", c.Name)
	}
	for _, list := range [][]Column{c.Key, c.Fields} {
		for _, declared := range list {
			if declared.Column == "" {
				return fmt.Errorf("resource %s: field %s has no column", c.Name, declared.Field.Name)
			}
		}
	}
	for name, values := range c.Where {
		if len(values) == 0 {
			return fmt.Errorf("resource %s: where: column %s has no values, so no row could be seen", c.Name, name)
		}
	}
	return nil
}

// schema returns what the layers above see.
func (c ResourceConfig) schema() adapters.Schema {
	var schema adapters.Schema
	for _, declared := range c.Key {
		schema.Key = append(schema.Key, declared.Field)
	}
	for _, declared := range c.Fields {
		schema.Fields = append(schema.Fields, declared.Field)
	}
	return schema
}

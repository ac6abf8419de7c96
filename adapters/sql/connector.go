package sql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

const (
	dialTimeout = 5 * time.Second
	// packetTimeout bounds the wait for one answer of the server, above every
	// statement's own limit, so that a dead link is noticed.
	packetTimeout = 45 * time.Second
	// writeTimeout is packetTimeout for sessions that write, where a COMMIT has no
	// other limit.
	writeTimeout = 15 * time.Second
)

// connector makes connections for one pool.
type connector struct {
	backend     *Backend
	connections *connections
	kind        sessionKind
	// dsn is the backend's own, or that of its log.
	dsn func() (string, error)
}

// Connect implements driver.Connector: it asks for the DSN again, connects and sets
// the session up.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	config, err := c.configuration()
	if err != nil {
		return nil, err
	}
	inner, err := mysql.NewConnector(config)
	if err != nil {
		return nil, c.wrongDSN()
	}
	connection, err := inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.setUp(ctx, connection); err != nil {
		connection.Close()
		return nil, fmt.Errorf("set up the session: %w", err)
	}
	return connection, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return &mysql.MySQLDriver{} }

func (c *connector) configuration() (*mysql.Config, error) {
	name := c.backend.config.Name
	dsn, err := c.dsn()
	if err != nil {
		return nil, adapters.Errorf(adapters.Unavailable, "backend %s: the DSN cannot be read: %w", name, err)
	}
	if c.connections.changed(dsn) {
		go c.backend.replace(c.connections)
	}
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, c.wrongDSN()
	}
	config.Params = withoutSessionParams(config.Params)
	config.ParseTime = false
	config.ClientFoundRows = true
	config.InterpolateParams = false
	config.MultiStatements = false
	config.RejectReadOnly = false
	config.Collation = ""
	config.Loc = time.UTC
	// Asks the server, so that what is too large is refused and not cut off.
	config.MaxAllowedPacket = 0
	config.Logger = &mysql.NopLogger{}
	config.Timeout = firstNonZero(config.Timeout, dialTimeout)
	config.WriteTimeout = firstNonZero(config.WriteTimeout, writeTimeout)
	if c.kind == writeSession {
		config.ReadTimeout = firstNonZero(config.ReadTimeout, writeTimeout)
	}
	config.ReadTimeout = firstNonZero(config.ReadTimeout, packetTimeout)
	return config, config.Apply(mysql.Charset("utf8mb4", ""))
}

// wrongDSN leaves the parser's words out: they may quote part of a password.
func (c *connector) wrongDSN() error {
	return &adapters.Error{Code: adapters.Unavailable, Message: fmt.Sprintf(
		"backend %s: the DSN is not valid: its form is user:password@tcp(host:3306)/database?parameters", c.backend.config.Name)}
}

// withoutSessionParams drops the variables that the bridge itself sets.
func withoutSessionParams(params map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range params {
		switch name {
		case "time_zone", "sql_mode", "tx_isolation", "transaction_isolation", "autocommit":
		default:
			kept[name] = value
		}
	}
	return kept
}

func firstNonZero(durations ...time.Duration) time.Duration {
	for _, duration := range durations {
		if duration != 0 {
			return duration
		}
	}
	return 0
}

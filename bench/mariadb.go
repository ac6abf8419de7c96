package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "github.com/go-sql-driver/mysql"

	"github.com/bridge-apiserver/bridge-apiserver/test/e2e/controlplane"
)

const databaseName = "bench"

// startDatabase starts a MariaDB with its default durability: every commit is flushed.
func (w *world) startDatabase(ctx context.Context) error {
	program, err := findMariaDB()
	if err != nil {
		return err
	}
	data := filepath.Join(w.directory, "mariadb")
	if err := os.Mkdir(data, 0o700); err != nil {
		return fmt.Errorf("make the database's directory: %w", err)
	}
	// A shared temporary directory makes servers that start at the same time collide.
	common := []string{"--no-defaults", "--datadir=" + data, "--tmpdir=" + w.directory}
	if os.Geteuid() == 0 {
		common = append(common, "--user=root")
	}
	install := exec.CommandContext(ctx, "mariadb-install-db", append(common, "--auth-root-authentication-method=normal", "--skip-test-db")...)
	if output, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, output)
	}
	server := exec.Command(program, append(common, "--socket="+w.socket(), "--skip-networking", "--log-bin", "--server-id=1", "--binlog-format=ROW", "--binlog-row-metadata=FULL")...)
	if w.mariadb, err = controlplane.StartProcess(w.directory, "mariadbd", server); err != nil {
		return err
	}
	return w.createTable(ctx)
}

// findMariaDB: Debian installs the server outside the PATH of ordinary users.
func findMariaDB() (string, error) {
	for _, name := range []string{"mariadbd", "/usr/sbin/mariadbd"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("mariadbd is not installed (Debian: apt-get install mariadb-server)")
}

func (w *world) socket() string { return filepath.Join(w.directory, "mariadb.sock") }

func (w *world) dsn(schema string) string {
	return fmt.Sprintf("root@unix(%s)/%s", w.socket(), schema)
}

func (w *world) createTable(ctx context.Context) error {
	server, err := sql.Open("mysql", w.dsn(""))
	if err != nil {
		return fmt.Errorf("connect to MariaDB: %w", err)
	}
	defer server.Close()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := w.mariadb.WaitFor(ctx, "answer", server.PingContext); err != nil {
		return err
	}
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+databaseName+" CHARACTER SET utf8mb4"); err != nil {
		return fmt.Errorf("create schema %s: %w", databaseName, err)
	}
	if w.database, err = sql.Open("mysql", w.dsn(databaseName)); err != nil {
		return fmt.Errorf("connect to MariaDB: %w", err)
	}
	w.database.SetMaxIdleConns(createClients)
	if _, err := w.database.ExecContext(ctx, schemaSQL); err != nil {
		return fmt.Errorf("create the table: %w", err)
	}
	return nil
}

// insertRows adds rows [from, to) in few statements.
func (w *world) insertRows(ctx context.Context, from, to int) error {
	const batch = 500
	for start := from; start < to; start += batch {
		var rows []string
		var arguments []any
		for number := start; number < min(start+batch, to); number++ {
			rows = append(rows, "("+strings.TrimSuffix(strings.Repeat("?,", 1+len(fieldNames)), ",")+")")
			arguments = append(arguments, rowValues(number)...)
		}
		if _, err := w.database.ExecContext(ctx, "INSERT INTO CUSTOMER VALUES "+strings.Join(rows, ","), arguments...); err != nil {
			return fmt.Errorf("insert rows %d to %d: %w", start, start+batch, err)
		}
	}
	return nil
}

// rowValues is the record as the row of schema.sql.
func rowValues(number int) []any {
	values := []any{objectName(number)}
	for _, field := range record(number) {
		values = append(values, field)
	}
	last := len(values) - 1
	values[last] = strings.NewReplacer("T", " ", "Z", "").Replace(values[last].(string))
	return values
}

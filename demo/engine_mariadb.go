package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

const mariadbStartTimeout = 60 * time.Second

// mariadbDatabase is a MariaDB server of its own in a directory of its own, reachable
// through a socket file only.
type mariadbDatabase struct {
	process *process
	socket  string
}

// findMariaDB returns the path of the server program. Debian installs it outside the
// PATH of ordinary users.
func findMariaDB() (string, error) {
	if path, err := exec.LookPath("mariadbd"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/mariadbd")
}

// startMariaDB installs a database in directory and returns when it answers.
func startMariaDB(ctx context.Context, program, directory string) (*mariadbDatabase, error) {
	data := filepath.Join(directory, "mariadb")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("make the database's directory: %w", err)
	}
	if err := installMariaDB(ctx, data); err != nil {
		return nil, err
	}
	socket := filepath.Join(directory, "mariadb.sock")
	arguments := append([]string{
		"--no-defaults", "--datadir=" + data, "--tmpdir=" + data, "--socket=" + socket, "--pid-file=" + filepath.Join(data, "mariadb.pid"),
		"--skip-networking", "--innodb-buffer-pool-size=64M",
	}, mariadbUser()...)
	started, err := startProcess("mariadbd", exec.Command(program, arguments...), filepath.Join(directory, "mariadb.log"))
	if err != nil {
		return nil, err
	}
	server := &mariadbDatabase{process: started, socket: socket}
	if err := server.createSchema(ctx); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

func installMariaDB(ctx context.Context, data string) error {
	arguments := append([]string{
		"--no-defaults", "--datadir=" + data, "--tmpdir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db",
	}, mariadbUser()...)
	output, err := exec.CommandContext(ctx, "mariadb-install-db", arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, output)
	}
	return nil
}

// mariadbUser: mariadbd refuses to run as root unless told so.
func mariadbUser() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

// createSchema waits for the server and makes an empty schema in it.
func (d *mariadbDatabase) createSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, mariadbStartTimeout)
	defer cancel()
	connection, err := sql.Open("mysql", d.dsn(""))
	if err != nil {
		return fmt.Errorf("connect to MariaDB: %w", err)
	}
	defer connection.Close()
	if err := d.process.waitFor(ctx, "answer", connection.PingContext); err != nil {
		return err
	}
	if _, err := connection.ExecContext(ctx, "CREATE DATABASE "+databaseName+" CHARACTER SET utf8mb4"); err != nil {
		return fmt.Errorf("create schema %s: %w", databaseName, err)
	}
	return nil
}

func (d *mariadbDatabase) dsn(schema string) string {
	return fmt.Sprintf("root@unix(%s)/%s", d.socket, schema)
}

func (d *mariadbDatabase) DSN() string { return d.dsn(databaseName) }

func (d *mariadbDatabase) Description() string {
	return "a MariaDB of its own; look into it with: mariadb --socket=" + d.socket + " --user=root " + databaseName
}

func (d *mariadbDatabase) Close() error { return d.process.Close() }

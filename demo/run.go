package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"golang.org/x/sync/errgroup"
)

// run is the whole demo. It returns when ctx ends, or after the tour if it was asked
// to, with everything that it started stopped again.
func run(ctx context.Context, options *options, output io.Writer) (err error) {
	started := time.Now()
	directory, err := os.MkdirTemp("", "bridge-demo-")
	if err != nil {
		return fmt.Errorf("make a directory for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(directory)) }()

	client, program, err := prepare(ctx, options, directory, output)
	if err != nil {
		return err
	}
	server, connection, err := startDatabase(ctx, options, directory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(), server.Close()) }()
	fmt.Fprintln(output, "Database:", server.Description())

	bridged, err := startBridge(ctx, program, directory, server.DSN())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bridged.Close()) }()
	client.kubeconfig = bridged.kubeconfig
	if err := bridged.waitUntilReady(ctx, client); err != nil {
		return err
	}
	fmt.Fprintf(output, "Bridge:   ready after %.1f s\n", time.Since(started).Seconds())
	if err := present(ctx, options, client, connection, bridged, output); err != nil {
		return fmt.Errorf("%w; the bridge's log ends with:\n%s", err, bridged.process.logTail())
	}
	return nil
}

// prepare finds or builds the two programs that the demo needs.
func prepare(ctx context.Context, options *options, directory string, output io.Writer) (*kubectl, string, error) {
	program, err := findKubectl(ctx, options.repository, output)
	if err != nil {
		return nil, "", err
	}
	client := &kubectl{program: program}
	if options.program != "" {
		return client, options.program, nil
	}
	built := filepath.Join(directory, "bridge-apiserver")
	fmt.Fprintln(output, "Building bridge-apiserver (the first time takes a minute or two).")
	return client, built, buildBridge(ctx, options.repository, built)
}

// startDatabase starts the chosen database and fills it.
func startDatabase(ctx context.Context, options *options, directory string) (database, *sql.DB, error) {
	server, err := chooseDatabase(ctx, options.engine, directory)
	if err != nil {
		return nil, nil, err
	}
	connection, err := sql.Open("mysql", server.DSN())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("connect to the database: %w", err), server.Close())
	}
	if err := fill(ctx, connection); err != nil {
		return nil, nil, errors.Join(err, connection.Close(), server.Close())
	}
	return server, connection, nil
}

func chooseDatabase(ctx context.Context, engine, directory string) (database, error) {
	if engine == engineEmbedded {
		return startEmbeddedDatabase()
	}
	program, err := findMariaDB()
	if err == nil {
		return startMariaDB(ctx, program, directory)
	}
	if engine == engineMariaDB {
		return nil, fmt.Errorf("--engine=%s: mariadbd is not installed (Debian: apt-get install mariadb-server): %w", engine, err)
	}
	return startEmbeddedDatabase()
}

// present lets the legacy application run, gives the tour and stays up. It returns
// nil when ctx ends: that is how a person ends the demo.
func present(ctx context.Context, options *options, client *kubectl, connection *sql.DB, bridged *bridge, output io.Writer) error {
	stoppable, stop := context.WithCancel(ctx)
	defer stop()
	group, running := errgroup.WithContext(stoppable)
	legacy := &legacyApplication{connection: connection, interval: options.interval}
	group.Go(func() error { return legacy.run(running) })
	group.Go(func() error { return bridged.process.supervise(running) })
	group.Go(func() error {
		defer stop()
		return guide(running, options, client, connection, output)
	})
	err := group.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// guide gives the tour, prints what to try, and waits for the end.
func guide(ctx context.Context, options *options, client *kubectl, connection *sql.DB, output io.Writer) error {
	if !options.noTour {
		if err := (&tour{kubectl: client, connection: connection, output: output}).run(ctx); err != nil {
			return err
		}
	}
	if options.tourOnly {
		return nil
	}
	printInvitation(output, client)
	<-ctx.Done()
	return nil
}

// printInvitation says what to try in another terminal.
func printInvitation(output io.Writer, client *kubectl) {
	program := client.program
	if found, err := exec.LookPath("kubectl"); err == nil && found == program {
		program = "kubectl"
	}
	fmt.Fprintf(output, `
# It stays up until Ctrl-C. In another terminal:

export KUBECONFIG=%s
%[2]s get erp --all-namespaces
%[2]s get stockitems --watch
%[2]s explain customer.spec
%[2]s edit customer 10042 --namespace=north
`, client.kubeconfig, program)
}

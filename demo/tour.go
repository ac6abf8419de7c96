package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"time"
)

const watchDuration = 6 * time.Second

// tour shows in half a minute what the bridge does.
type tour struct {
	kubectl    *kubectl
	connection *sql.DB
	output     io.Writer
}

func (t *tour) run(ctx context.Context) error {
	steps := []func(context.Context) error{t.list, t.watch, t.write, t.legacyWrite, t.refusal}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) list(ctx context.Context) error {
	t.say("The tables are Kubernetes resources:")
	if err := t.kubectl.run(ctx, t.output, "api-resources", "--api-group=erp.example.com"); err != nil {
		return err
	}
	t.say("The rows are objects:")
	return t.kubectl.run(ctx, t.output, "get", "customers", "--all-namespaces")
}

func (t *tour) watch(ctx context.Context) error {
	t.say("The legacy application goes on writing to its database. A watch for %s:", watchDuration)
	return t.kubectl.runFor(ctx, watchDuration, t.output, "get", "orders", "--watch")
}

func (t *tour) write(ctx context.Context) error {
	t.say("A write is one transaction that changes one row:")
	patch := `{"spec":{"creditLimit":"25000.00"}}`
	err := t.kubectl.run(ctx, t.output, "patch", "customer", "10042", "--namespace=north", "--type=merge", "--patch="+patch)
	if err != nil {
		return err
	}
	return t.query(ctx, "SELECT CUST_NO, CUST_NM, STATUS, CREDIT_LIMIT FROM CUST_MASTER WHERE CUST_NO = 10042")
}

func (t *tour) legacyWrite(ctx context.Context) error {
	t.say("And the other way round, seen by kubectl as soon as it is committed:")
	statement := "UPDATE CUST_MASTER SET CREDIT_LIMIT = 100.00 WHERE CUST_NO = 10043"
	fmt.Fprintf(t.output, "\nsql> %s\n", statement)
	if _, err := t.connection.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return t.kubectl.run(ctx, t.output, "get", "customer", "10043", "--namespace=north")
}

func (t *tour) refusal(ctx context.Context) error {
	t.say("What the mapping forbids never reaches the database:")
	return t.kubectl.runRefused(ctx, t.output, "patch", "customer", "10042", "--namespace=north", "--type=merge",
		`--patch={"spec":{"status":"Inactive"}}`)
}

// query shows what the database itself says.
func (t *tour) query(ctx context.Context, statement string) error {
	fmt.Fprintf(t.output, "\nsql> %s\n", statement)
	rows, err := t.connection.QueryContext(ctx, statement)
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	fmt.Fprintln(t.output, strings.Join(columns, " | "))
	for rows.Next() {
		if err := t.showRow(rows, len(columns)); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return rows.Err()
}

func (t *tour) showRow(rows *sql.Rows, width int) error {
	values := make([]sql.NullString, width)
	targets := make([]any, width)
	for i := range values {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return err
	}
	shown := make([]string, width)
	for i, value := range values {
		shown[i] = "NULL"
		if value.Valid {
			shown[i] = value.String
		}
	}
	_, err := fmt.Fprintln(t.output, strings.Join(shown, " | "))
	return err
}

func (t *tour) say(format string, arguments ...any) {
	fmt.Fprintf(t.output, "\n# "+format+"\n", arguments...)
}

package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"
)

// legacyApplication stands for the old program that owns the database: it goes on
// changing rows and has never heard of Kubernetes.
type legacyApplication struct {
	connection *sql.DB
	interval   time.Duration
}

// transaction is one thing that the legacy application does.
type transaction struct {
	statement string
	arguments func() []any
}

var transactions = []transaction{
	{
		"UPDATE STOCK SET ON_HAND = ON_HAND - ?, RESERVED = RESERVED + ? WHERE WHSE = 'w1' AND ITEM_CD = 'rope-10mm'",
		func() []any { metres := 1 + rand.IntN(5); return []any{metres, metres} },
	},
	{
		"INSERT INTO ORD_HEAD (CUST_NO, STATE, TOTAL, PLACED_AT) VALUES (?, 'N', ?, ?)",
		func() []any {
			customers := []int{10017, 10042, 10108, 10200}
			total := fmt.Sprintf("%d.%02d", 20+rand.IntN(900), rand.IntN(100))
			return []any{customers[rand.IntN(len(customers))], total, time.Now().UTC().Format(time.DateTime)}
		},
	},
	{"UPDATE ORD_HEAD SET STATE = 'S' WHERE STATE = 'P'", noArguments},
	{"UPDATE ORD_HEAD SET STATE = 'P' WHERE STATE = 'N'", noArguments},
	{
		"UPDATE CUST_MASTER SET BALANCE = BALANCE + ? WHERE CUST_NO = ?",
		func() []any {
			customers := []int{10017, 10042, 10108}
			return []any{fmt.Sprintf("%d.%02d", rand.IntN(200), rand.IntN(100)), customers[rand.IntN(len(customers))]}
		},
	},
	{"DELETE FROM ORD_HEAD WHERE STATE = 'S' AND ORD_ID > 3 ORDER BY ORD_ID LIMIT 1", noArguments},
}

func noArguments() []any { return nil }

// run goes through the transactions, one in each interval, until ctx ends.
func (a *legacyApplication) run(ctx context.Context) error {
	ticker := time.NewTicker(a.interval)
	defer ticker.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := a.perform(ctx, transactions[turn%len(transactions)]); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}

func (a *legacyApplication) perform(ctx context.Context, t transaction) error {
	if _, err := a.connection.ExecContext(ctx, t.statement, t.arguments()...); err != nil {
		return fmt.Errorf("legacy application: %s: %w", t.statement, err)
	}
	return nil
}

package main

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"
)

// eachDatabase runs a test against every engine that this machine has, filled.
func eachDatabase(t *testing.T, test func(t *testing.T, connection *sql.DB)) {
	for _, engine := range []string{engineEmbedded, engineMariaDB} {
		t.Run(engine, func(t *testing.T) {
			if _, err := findMariaDB(); engine == engineMariaDB && err != nil {
				t.Skip("mariadbd is not installed:", err)
			}
			server, connection, err := startDatabase(t.Context(), &options{engine: engine}, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := connection.Close(); err != nil {
					t.Error(err)
				}
				if err := server.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, connection)
		})
	}
}

func TestLegacyApplicationChangesRows(t *testing.T) {
	eachDatabase(t, func(t *testing.T, connection *sql.DB) {
		before := stockOnHand(t, connection)
		legacy := &legacyApplication{connection: connection}
		for round := range 3 {
			for _, transaction := range transactions {
				if err := legacy.perform(t.Context(), transaction); err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
			}
		}
		if after := stockOnHand(t, connection); after > before-3 {
			t.Errorf("stock went from %d to %d, want at least 3 less", before, after)
		}
		var orders int
		if err := connection.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM ORD_HEAD").Scan(&orders); err != nil {
			t.Fatal(err)
		}
		// Three are there at first, each round adds one; the deletions remove at most
		// one each, and never one of the first three.
		if orders < 3 || orders > 6 {
			t.Errorf("%d orders after three rounds, want 3 to 6", orders)
		}
	})
}

func TestLegacyApplicationEndsWithItsContext(t *testing.T) {
	eachDatabase(t, func(t *testing.T, connection *sql.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		legacy := &legacyApplication{connection: connection, interval: time.Millisecond}
		before := stockOnHand(t, connection)
		go func() { ended <- legacy.run(ctx) }()
		for stockOnHand(t, connection) == before {
			select {
			case err := <-ended:
				t.Fatalf("ended too early: %v", err)
			default:
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Increments by read, lock, write: any lost update shows in the sum.
func TestConcurrentTransactionsLoseNothing(t *testing.T) {
	const writers, rounds = 8, 25
	eachDatabase(t, func(t *testing.T, connection *sql.DB) {
		before := stockOnHand(t, connection)
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range rounds {
					if err := increment(t.Context(), connection); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
		if after := stockOnHand(t, connection); after != before+writers*rounds {
			t.Errorf("stock is %d after %d increments of %d", after, writers*rounds, before)
		}
	})
}

func TestClosedConnectionRollsBack(t *testing.T) {
	eachDatabase(t, func(t *testing.T, connection *sql.DB) {
		before := stockOnHand(t, connection)
		single, err := connection.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"START TRANSACTION", "UPDATE STOCK SET ON_HAND = 0"} {
			if _, err := single.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		// The pool throws a connection away whose use ended in ErrBadConn.
		if err := single.Raw(func(any) error { return errBadConnection }); err == nil {
			t.Fatal("the connection was not given up")
		}
		if after := stockOnHand(t, connection); after != before {
			t.Errorf("stock is %d after a rollback, was %d", after, before)
		}
	})
}

func increment(ctx context.Context, connection *sql.DB) error {
	transaction, err := connection.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer transaction.Rollback()
	var onHand int
	query := "SELECT ON_HAND FROM STOCK WHERE WHSE = ? AND ITEM_CD = ? FOR UPDATE"
	if err := transaction.QueryRowContext(ctx, query, "w1", "rope-10mm").Scan(&onHand); err != nil {
		return err
	}
	update := "UPDATE STOCK SET ON_HAND = ? WHERE WHSE = ? AND ITEM_CD = ?"
	if _, err := transaction.ExecContext(ctx, update, onHand+1, "w1", "rope-10mm"); err != nil {
		return err
	}
	return transaction.Commit()
}

func stockOnHand(t *testing.T, connection *sql.DB) int {
	t.Helper()
	var onHand int
	query := "SELECT ON_HAND FROM STOCK WHERE WHSE = 'w1' AND ITEM_CD = 'rope-10mm'"
	if err := connection.QueryRowContext(t.Context(), query).Scan(&onHand); err != nil {
		t.Fatal(err)
	}
	return onHand
}

package soak

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// foreignPace is the time between two transactions of one writer.
const foreignPace = 8 * time.Millisecond

// foreignWriter is one process of the legacy application. Whatever fails is tried no
// more: the ledger knows what happened.
type foreignWriter struct {
	name      string
	database  *sql.DB
	random    *rand.Rand
	gate      *sync.RWMutex
	number    int
	committed atomic.Int64
	// once are keys that nobody else writes to: a change of theirs that gets lost is not
	// made good by a later one.
	once []rowKey

	mu sync.Mutex
	// failed counts the failures by the database's error number, zero for a lost connection.
	failed map[uint16]int
}

// newForeignWriter makes a writer that pauses while gate is locked.
func newForeignWriter(name string, database *sql.DB, gate *sync.RWMutex, seed uint64) *foreignWriter {
	return &foreignWriter{
		name: name, database: database, gate: gate, random: rand.New(rand.NewPCG(seed, 1)), failed: map[uint16]int{},
	}
}

// run writes until ctx ends.
func (w *foreignWriter) run(ctx context.Context) {
	pace := time.NewTicker(foreignPace)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		w.gate.RLock()
		err := w.transact(ctx)
		w.gate.RUnlock()
		if err != nil {
			w.fail(err)
			continue
		}
		w.committed.Add(1)
	}
}

func (w *foreignWriter) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed[errorNumber(err)]++
}

const errDuplicateKey = 1062

// errorNumber returns the database's error number, zero where it gave no answer.
func errorNumber(err error) uint16 {
	var answer *mysql.MySQLError
	if !errors.As(err, &answer) {
		return 0
	}
	return answer.Number
}

// addFailures adds the failures so far to counts.
func (w *foreignWriter) addFailures(counts map[uint16]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for number, count := range w.failed {
		counts[number] += count
	}
}

// transact performs one random transaction; one in eight is rolled back.
func (w *foreignWriter) transact(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	w.number++
	connection, err := w.database.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	if _, err := connection.ExecContext(ctx, "SET @soak_transaction = ?", fmt.Sprintf("%s-%d", w.name, w.number)); err != nil {
		return err
	}
	transaction, err := connection.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	statements := 1
	if w.random.IntN(3) == 0 {
		statements = 2 + w.random.IntN(4)
	}
	for part := range statements {
		query, arguments := w.statement(part)
		_, err := transaction.ExecContext(ctx, query, arguments...)
		if err != nil && errorNumber(err) != errDuplicateKey { // a taken key undoes the statement only
			return errors.Join(err, transaction.Rollback())
		}
	}
	if w.random.IntN(8) == 0 {
		return transaction.Rollback()
	}
	return transaction.Commit()
}

// statement returns a random statement. It may well match no row, or a row that is
// there already: such is life in a legacy application. None has IGNORE, which would
// ignore failing triggers too, and so make the ledger incomplete.
func (w *foreignWriter) statement(part int) (query string, arguments []any) {
	key, token, balance := w.key(), fmt.Sprintf("%s-%d-%d", w.name, w.number, part), w.balance()
	switch w.random.IntN(11) {
	case 9:
		return w.insertOnce(token, balance)
	case 10:
		return w.deleteOnce()
	case 0, 1:
		return "INSERT INTO account (region, code, token, balance) VALUES (?, ?, ?, ?)", []any{key.region, key.code, token, balance}
	case 2, 3:
		return "UPDATE account SET token = ?, balance = ?, note = ? WHERE region = ? AND code = ?",
			[]any{token, balance, w.note(), key.region, key.code}
	case 4:
		return "DELETE FROM account WHERE region = ? AND code = ?", []any{key.region, key.code}
	case 5:
		to := w.key()
		return "UPDATE account SET region = ?, code = ?, token = ? WHERE region = ? AND code = ?",
			[]any{to.region, to.code, token, key.region, key.code}
	case 6:
		return "REPLACE INTO account (region, code, token, balance, note) VALUES (?, ?, ?, ?, ?)",
			[]any{key.region, key.code, token, balance, w.note()}
	case 7:
		return "INSERT INTO account (region, code, token, balance) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE token = VALUES(token), balance = balance + 1",
			[]any{key.region, key.code, token, balance}
	default:
		// Many rows at once, each with a token of its own.
		return "UPDATE account SET token = CONCAT(?, '-', code) WHERE region = ? AND code LIKE ?",
			[]any{token, key.region, fmt.Sprintf("k%02d%%", w.random.IntN(plainCodes/10))}
	}
}

// insertOnce adds a key that was never there.
func (w *foreignWriter) insertOnce(token, balance string) (query string, arguments []any) {
	key := rowKey{regions[w.random.IntN(len(regions))], "once-" + token}
	w.once = append(w.once, key)
	return "INSERT INTO account (region, code, token, balance) VALUES (?, ?, ?, ?)", []any{key.region, key.code, token, balance}
}

// deleteOnce deletes a key that will never be there again.
func (w *foreignWriter) deleteOnce() (query string, arguments []any) {
	if len(w.once) == 0 {
		return "DO 0", nil
	}
	chosen := w.random.IntN(len(w.once))
	key := w.once[chosen]
	w.once = slices.Delete(w.once, chosen, chosen+1)
	return "DELETE FROM account WHERE region = ? AND code = ?", []any{key.region, key.code}
}

func (w *foreignWriter) key() rowKey {
	region := regions[w.random.IntN(len(regions))]
	if w.random.IntN(6) == 0 {
		return rowKey{region, oddCodes[w.random.IntN(len(oddCodes))]}
	}
	return rowKey{region, plainCode(w.random)}
}

func plainCode(random *rand.Rand) string { return fmt.Sprintf("k%03d", random.IntN(plainCodes)) }

func (w *foreignWriter) balance() string {
	return fmt.Sprintf("%d.%02d", w.random.IntN(1e6), w.random.IntN(100))
}

func (w *foreignWriter) note() any {
	if w.random.IntN(3) == 0 {
		return nil
	}
	return fmt.Sprintf("nöte %d", w.random.IntN(1000))
}

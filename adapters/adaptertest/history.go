package adaptertest

import (
	"math/rand/v2"
	"strconv"
	"sync"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// ledger is what writers know to be committed, in commit order where there is one.
type ledger struct {
	mu sync.Mutex
	// commits are groups of changes without revisions. Nil After is a deletion.
	commits [][]adapters.Change
	// states are the committed states of each key, in order.
	states map[string][]*adapters.Record
}

func newLedger() *ledger { return &ledger{states: map[string][]*adapters.Record{}} }

func (l *ledger) commit(changes ...adapters.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if changes = adapters.MergeChanges(changes); len(changes) == 0 {
		return
	}
	l.commits = append(l.commits, changes)
	for _, change := range changes {
		l.states[change.Key.ID()] = append(l.states[change.Key.ID()], change.After)
	}
}

// actor writes random changes to keys that nobody else touches.
type actor struct {
	suite   *suite
	backend *backend
	ledger  *ledger
	random  *rand.Rand
	prefix  string
	// own says that it writes through the adapter, else as the legacy application.
	own     bool
	present map[string]adapters.Record
	// counter makes every written record different from all before.
	counter int64
}

func (b *backend) actor(ledger *ledger, seed uint64, prefix string, own bool) *actor {
	return &actor{
		suite: b.suite, backend: b, ledger: ledger, random: rand.New(rand.NewPCG(seed, 0)),
		prefix: prefix, own: own, present: map[string]adapters.Record{},
	}
}

// step performs one random commit.
func (a *actor) step() error {
	if a.own {
		return a.ownStep()
	}
	return a.foreignStep()
}

func (a *actor) randomKey() adapters.Key {
	return key(a.prefix + strconv.Itoa(a.random.IntN(6)))
}

func (a *actor) fresh(key adapters.Key) adapters.Record {
	a.counter++
	return keyedRow(key, a.prefix, a.counter)
}

func (a *actor) ownStep() error {
	at, ctx := a.randomKey(), a.suite.Context()
	writer := a.backend.Adapter.(adapters.Writer)
	present, there := a.present[at.ID()]
	switch {
	case !there:
		receipt, err := writer.Create(ctx, a.fresh(at))
		return a.committed(receipt, err, false)
	case a.random.IntN(3) == 0:
		receipt, err := writer.Delete(ctx, present)
		return a.committed(receipt, err, true)
	default:
		receipt, err := writer.Update(ctx, present, a.fresh(at))
		return a.committed(receipt, err, false)
	}
}

func (a *actor) committed(receipt adapters.Receipt, err error, deletion bool) error {
	if err != nil {
		return err
	}
	change := adapters.Change{Key: receipt.Record.Key}
	delete(a.present, change.Key.ID())
	if !deletion {
		change.After = &receipt.Record
		a.present[change.Key.ID()] = receipt.Record
	}
	a.ledger.commit(change)
	return nil
}

func (a *actor) foreignStep() error {
	plan := a.plan()
	rollback := a.random.IntN(8) == 0
	err := a.backend.Foreign.Transaction(a.suite.Context(), func(tx ForeignTransaction) error {
		for _, do := range plan.steps {
			if err := do(tx); err != nil {
				return err
			}
		}
		if rollback {
			return errRollback
		}
		return nil
	})
	if rollback && err == errRollback {
		return nil
	}
	if err != nil {
		return err
	}
	a.present = plan.present
	a.ledger.commit(plan.changes...)
	return nil
}

package adaptertest

import (
	"maps"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// plan is one transaction of the legacy application: what it does, which changes that
// makes, and what is there afterwards.
type plan struct {
	steps   []func(tx ForeignTransaction) error
	changes []adapters.Change
	present map[string]adapters.Record
}

// plan makes a random transaction of one to four statements.
func (a *actor) plan() *plan {
	p := &plan{present: maps.Clone(a.present)}
	for range 1 + a.random.IntN(4) {
		at, to := a.randomKey(), a.randomKey()
		present, there := p.present[at.ID()]
		_, taken := p.present[to.ID()]
		switch choice := a.random.IntN(4); {
		case !there:
			p.insert(a.fresh(at))
		case choice == 0:
			p.delete(present)
		case choice == 1 && !taken:
			p.changeKey(present, to)
		default:
			p.update(a.fresh(at))
		}
	}
	return p
}

func (p *plan) insert(record adapters.Record) {
	p.steps = append(p.steps, func(tx ForeignTransaction) error { return tx.Insert(record) })
	p.leave(record)
}

func (p *plan) update(record adapters.Record) {
	p.steps = append(p.steps, func(tx ForeignTransaction) error { return tx.Update(record) })
	p.leave(record)
}

func (p *plan) delete(record adapters.Record) {
	p.steps = append(p.steps, func(tx ForeignTransaction) error { return tx.Delete(record.Key) })
	p.drop(record.Key)
}

func (p *plan) changeKey(record adapters.Record, to adapters.Key) {
	p.steps = append(p.steps, func(tx ForeignTransaction) error { return tx.ChangeKey(record.Key, to) })
	p.drop(record.Key)
	p.leave(adapters.Record{Key: to, Values: record.Values})
}

func (p *plan) leave(record adapters.Record) {
	before := p.before(record.Key)
	p.present[record.Key.ID()] = record
	p.changes = append(p.changes, adapters.Change{Key: record.Key, Before: before, After: &record})
}

func (p *plan) drop(key adapters.Key) {
	before := p.before(key)
	delete(p.present, key.ID())
	p.changes = append(p.changes, adapters.Change{Key: key, Before: before})
}

func (p *plan) before(key adapters.Key) *adapters.Record {
	if record, there := p.present[key.ID()]; there {
		return &record
	}
	return nil
}

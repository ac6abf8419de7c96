package memory

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// expiration is a deletion that time will perform. Any change of the record calls it off.
type expiration struct {
	key      adapters.Key
	deadline time.Time
}

// Expire implements adapters.Expirer. The deletion is performed by whoever enters the
// table next after the deadline; a Sync under way wakes for it.
func (a *Adapter) Expire(ctx context.Context, key adapters.Key, revision adapters.Revision, ttl time.Duration) error {
	if err := contextError(ctx, "setting an expiration"); err != nil {
		return err
	}
	a.lock()
	defer a.mu.Unlock()
	stored, ok := a.table.get(key)
	if !ok {
		return notFound(key)
	}
	if stored.Revision != revision {
		return adapters.Errorf(adapters.Conflict, "the record %s has changed since revision %s", key, revision)
	}
	a.expirations[key.ID()] = expiration{key: key, deadline: a.config.Now().Add(ttl)}
	a.wake()
	return nil
}

// expireDue deletes the records whose time has come, each in a commit of its own. The
// caller holds the lock.
func (a *Adapter) expireDue() {
	if len(a.expirations) == 0 {
		return
	}
	now := a.config.Now()
	var due []expiration
	for _, candidate := range a.expirations {
		if !candidate.deadline.After(now) {
			due = append(due, candidate)
		}
	}
	slices.SortFunc(due, func(x, y expiration) int {
		if order := x.deadline.Compare(y.deadline); order != 0 {
			return order
		}
		return strings.Compare(x.key.ID(), y.key.ID())
	})
	for _, expired := range due {
		stored, _ := a.table.get(expired.key)
		tx := &Transaction{adapter: a}
		tx.remove(stored.Record)
		tx.commit()
	}
}

// untilNextExpiration returns the time until the next deadline, zero for none. The
// caller holds the lock.
func (a *Adapter) untilNextExpiration() time.Duration {
	var next time.Duration
	now := a.config.Now()
	for _, candidate := range a.expirations {
		wait := max(candidate.deadline.Sub(now), time.Nanosecond)
		if next == 0 || wait < next {
			next = wait
		}
	}
	return next
}

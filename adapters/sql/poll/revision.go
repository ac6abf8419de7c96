package poll

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

const (
	epochBits = 11
	epochMask = 1<<epochBits - 1
)

// Epoch tells the revisions of one process from those of another.
type Epoch uint16

// NewEpoch draws an epoch at random.
func NewEpoch() (Epoch, error) {
	var bits [2]byte
	if _, err := rand.Read(bits[:]); err != nil {
		return 0, fmt.Errorf("draw the epoch of the revisions: %w", err)
	}
	return Epoch(binary.BigEndian.Uint16(bits[:]) & epochMask), nil
}

// clock gives out strictly increasing revisions. Its owner serialises the calls.
type clock struct {
	epoch Epoch
	now   func() time.Time
	first adapters.Revision
	last  adapters.Revision
}

func newClock(epoch Epoch, now func() time.Time) *clock {
	c := &clock{epoch: epoch & epochMask, now: now}
	c.first = c.next()
	return c
}

// next returns a revision above every earlier one.
func (c *clock) next() adapters.Revision {
	micros := uint64(max(c.now().UnixMicro(), 1))
	if last := uint64(c.last >> epochBits); micros <= last {
		micros = last + 1
	}
	c.last = adapters.Revision(micros<<epochBits | uint64(c.epoch))
	return c.last
}

// check tells whether this clock gave the revision out, or may still do so.
func (c *clock) check(revision adapters.Revision) error {
	if Epoch(revision&epochMask) == c.epoch && revision >= c.first {
		return nil
	}
	return adapters.Errorf(adapters.Expired,
		"revision %s is not of this process's history, which began at %s: list again", revision, c.first)
}

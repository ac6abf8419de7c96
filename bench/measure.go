package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// leastTime is how long each peer does each work in each round: the kernel counts CPU
// time in hundredths of a second.
const leastTime = time.Second

// measurement is the sum over all rounds.
type measurement struct {
	Work  string `json:"work"`
	Peer  string `json:"peer"`
	Times int    `json:"times"`
	// CPU of the server processes, and the time on the clock.
	CPU  time.Duration `json:"cpuNanoseconds"`
	Wall time.Duration `json:"wallNanoseconds"`
	// Bytes of the last answer.
	Bytes       int64 `json:"bytes"`
	Unsupported bool  `json:"unsupported,omitempty"`
}

func (m measurement) cpuEach() time.Duration { return m.CPU / time.Duration(max(1, m.Times)) }

func (m measurement) rate() float64 { return float64(m.Times) / m.Wall.Seconds() }

// measurer keeps the measurements in the order of first use.
type measurer struct {
	measured map[string]*measurement
	order    []*measurement
	// created is the number of the next object to create.
	created atomic.Int64
}

func newMeasurer(objects int) *measurer {
	m := &measurer{measured: map[string]*measurement{}}
	m.created.Store(int64(objects))
	return m
}

func (m *measurer) of(w work, p peer) *measurement {
	key := w.String() + "\x00" + p.name()
	if m.measured[key] == nil {
		m.measured[key] = &measurement{Work: w.String(), Peer: p.name()}
		m.order = append(m.order, m.measured[key])
	}
	return m.measured[key]
}

// readRound lets every peer do every reading work for a while.
func (m *measurer) readRound(ctx context.Context, peers []peer, objects int) error {
	for _, w := range []work{listJSON, listProtobuf, tablePage, getOne} {
		for _, p := range peers {
			if err := m.repeat(ctx, w, p, objects); err != nil {
				return fmt.Errorf("%s: %s: %w", p.name(), w, err)
			}
		}
	}
	return nil
}

// repeat does the work until leastTime is over. The first time is not counted.
func (m *measurer) repeat(ctx context.Context, w work, p peer, objects int) error {
	result := m.of(w, p)
	if _, err := p.do(ctx, w, 0); errors.Is(err, errUnsupported) {
		result.Unsupported = true
		return nil
	} else if err != nil {
		return err
	}
	return result.observe(p, func() (times int, err error) {
		for started := time.Now(); time.Since(started) < leastTime; times++ {
			if result.Bytes, err = p.do(ctx, w, (result.Times+times)*7919%objects); err != nil {
				return times, err
			}
		}
		return times, nil
	})
}

// createRound lets every peer create objects, with several clients at once.
func (m *measurer) createRound(ctx context.Context, peers []peer, count int) error {
	for _, p := range peers {
		err := m.of(createOne, p).observe(p, func() (int, error) {
			return count, m.createMany(ctx, p, count)
		})
		if err != nil {
			return fmt.Errorf("%s: %s: %w", p.name(), createOne, err)
		}
	}
	return nil
}

func (m *measurer) createMany(ctx context.Context, p peer, count int) error {
	first := m.created.Add(int64(count)) - int64(count)
	return inParallel(createClients, count, func(i int) error {
		_, err := p.do(ctx, createOne, int(first)+i)
		return err
	})
}

// inParallel calls task for 0 to count-1 from several goroutines, and stops at the
// first error of each.
func inParallel(workers, count int, task func(int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failures := make([]error, workers)
	for worker := range workers {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(count); i = next.Add(1) - 1 {
				if failures[worker] = task(int(i)); failures[worker] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return errors.Join(failures...)
}

// observe adds what the servers use while task runs.
func (m *measurement) observe(p peer, task func() (int, error)) error {
	before, err := p.servers().cpuTime()
	if err != nil {
		return err
	}
	started := time.Now()
	times, err := task()
	wall := time.Since(started)
	if err != nil {
		return err
	}
	after, err := p.servers().cpuTime()
	if err != nil {
		return err
	}
	m.Times += times
	m.Wall += wall
	m.CPU += after - before
	return nil
}

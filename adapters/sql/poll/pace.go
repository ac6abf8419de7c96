package poll

import (
	"math/rand/v2"
	"time"
)

const (
	// shareFactor keeps scheduled comparisons at 1/20 of the time.
	shareFactor  = 19
	firstRetry   = 250 * time.Millisecond
	longestRetry = 5 * time.Second
)

// pace says when the next comparison is due, and when one that is asked for may
// start. One goroutine owns it.
type pace struct {
	interval time.Duration
	gap      time.Duration
	due      time.Time
	allowed  time.Time
	failures int
}

func newPace(config Config) pace {
	p := pace{interval: config.Interval, gap: config.RequestGap}
	if p.interval <= 0 {
		p.interval = defaultInterval
	}
	if p.gap <= 0 {
		p.gap = defaultRequestGap
	}
	return p
}

func (p *pace) start(atOnce bool) {
	p.allowed = time.Now()
	p.due = p.allowed
	if !atOnce {
		p.due = p.allowed.Add(p.interval)
	}
}

func (p *pace) succeeded(took time.Duration) {
	now := time.Now()
	p.failures = 0
	p.due = now.Add(max(p.interval, shareFactor*took))
	p.allowed = now.Add(max(p.gap, took))
}

func (p *pace) failed() {
	p.failures++
	now := time.Now()
	p.due = now.Add(p.delay())
	p.allowed = now.Add(p.gap)
}

// delay grows with every failure in a row, with a quarter of it drawn at random so
// that many tables don't come back at once.
func (p *pace) delay() time.Duration {
	delay := longestRetry
	if p.failures < 6 {
		delay = min(firstRetry<<max(p.failures-1, 0), longestRetry)
	}
	return delay - rand.N(delay/4)
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// commitPause is the time between two foreign commits.
const commitPause = 100 * time.Millisecond

// changeNote marks the rows that are changed, followed by the number of the change.
const changeNote = "changed from outside, number "

// commitPaced changes one row after the other and returns when each was committed.
func (w *world) commitPaced(ctx context.Context, events int) ([]time.Time, error) {
	ticker := time.NewTicker(commitPause)
	defer ticker.Stop()
	commits := make([]time.Time, events)
	for i := range commits {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-ticker.C:
		}
		_, err := w.database.ExecContext(ctx, "UPDATE CUSTOMER SET COMPANY_NAME = ? WHERE CUST_NO = ?", changeNote+strconv.Itoa(i), objectName(i))
		if err != nil {
			return nil, fmt.Errorf("change row %s: %w", objectName(i), err)
		}
		commits[i] = time.Now()
	}
	return commits, nil
}

// arrivalResult says when each change reached the watcher.
type arrivalResult struct {
	times []time.Time
	err   error
}

// collectArrivals reads the stream until every change has arrived.
func collectArrivals(stream io.Reader, events int) arrivalResult {
	times := make([]time.Time, events)
	decoder := json.NewDecoder(stream)
	for missing := events; missing > 0; {
		var event struct {
			Type   string
			Object struct {
				Spec    struct{ CompanyName string }
				Message string
			}
		}
		if err := decoder.Decode(&event); err != nil {
			return arrivalResult{err: fmt.Errorf("watch: %w", err)}
		}
		now := time.Now()
		if event.Type == "ERROR" {
			return arrivalResult{err: fmt.Errorf("watch: %s", event.Object.Message)}
		}
		number, marked := strings.CutPrefix(event.Object.Spec.CompanyName, changeNote)
		if !marked {
			continue
		}
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= events {
			return arrivalResult{err: fmt.Errorf("watch: unexpected change %q", number)}
		}
		if times[i].IsZero() {
			times[i] = now
			missing--
		}
	}
	return arrivalResult{times: times}
}

func latencies(commits []time.Time, arrived arrivalResult) ([]time.Duration, error) {
	if arrived.err != nil {
		return nil, arrived.err
	}
	measured := make([]time.Duration, len(commits))
	for i := range commits {
		// An event can be sent before the database has told its client of the commit.
		measured[i] = max(0, arrived.times[i].Sub(commits[i]))
	}
	slices.Sort(measured)
	return measured, nil
}

// percentile of sorted durations.
func percentile(sorted []time.Duration, percent int) time.Duration {
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}

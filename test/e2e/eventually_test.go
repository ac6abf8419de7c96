package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"
)

const (
	// patience bounds every wait; it is only used up when something is wrong.
	patience = 90 * time.Second
	pause    = 50 * time.Millisecond
)

// eventually tries the condition until it holds, and fails the test when it doesn't in
// time. What completes the sentence 'it never came to pass that …'.
func eventually(t *testing.T, what string, condition func() error) {
	t.Helper()
	if err := await(t.Context(), condition); err != nil {
		t.Fatalf("it never came to pass that %s: %v", what, err)
	}
}

func await(ctx context.Context, condition func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		err := condition()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// afterPatience is a channel for select statements.
func afterPatience(t *testing.T) <-chan time.Time {
	timer := time.NewTimer(patience)
	t.Cleanup(func() { timer.Stop() })
	return timer.C
}

package sql

import (
	"strings"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

func TestChunkSizes(t *testing.T) {
	for _, test := range []struct {
		size int
		took time.Duration
		want int
	}{
		{1000, time.Millisecond, 2000},
		{1000, 70 * time.Millisecond, 1000},
		{1000, time.Second, 500},
		{60, time.Second, smallChunk},
		{largestChunk, time.Millisecond, largestChunk},
	} {
		if got := nextSize(test.size, test.took); got != test.want {
			t.Errorf("after %d rows in %s the next chunk has %d, want %d", test.size, test.took, got, test.want)
		}
	}
}

// TestChunkBytes: rows of a megabyte come a few at a time.
func TestChunkBytes(t *testing.T) {
	row := func(bytes int) adapters.Record {
		return adapters.Record{Values: []adapters.Value{adapters.Null, adapters.String(strings.Repeat("x", bytes))}}
	}
	for _, test := range []struct {
		rows []adapters.Record
		want int
	}{
		{[]adapters.Record{row(1 << 20), row(1 << 20)}, 8},
		{[]adapters.Record{row(64 << 20)}, 1},
		{[]adapters.Record{row(0), row(100)}, 1000},
	} {
		if got := boundedSize(1000, sampledBytes(test.rows)); got != test.want {
			t.Errorf("rows of about %d bytes come %d at a time, want %d", sampledBytes(test.rows), got, test.want)
		}
	}
}

package binlog_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// everything is followed, whatever a corrupted event calls it.
type everything struct{}

func (everything) Follows(binlog.TableName) (wanted, transactional bool) { return true, true }

// TestCorruptedEventsAreErrors changes and cuts the bytes of real events, behind the
// checksum that would notice. Nothing may panic, hang or read beyond the event.
func TestCorruptedEventsAreErrors(t *testing.T) {
	seed := uint64(setting(t, "BINLOG_SEED", 1))
	server := sqltest.Start(t, sqltest.Arguments("--log-bin", "--binlog-format=ROW", "--binlog-row-metadata=FULL", "--server-id=7"))
	database := server.Database(t)
	charsets, err := binlog.LoadCharsets(t.Context(), database.SQL())
	if err != nil {
		t.Fatal(err)
	}
	run := &differential{T: t, database: database, charsets: charsets, random: rand.New(rand.NewPCG(seed, 0)), full: true}
	start := run.head()
	for number := range 5 {
		run.oneTable(number, 1+number*6)
	}
	playStory(t, database, "A> CREATE TABLE x (a INT PRIMARY KEY)\nA> XA START 'x'\nA> INSERT INTO x VALUES (1)\nA> XA END 'x'\nA> XA PREPARE 'x'\nA> XA COMMIT 'x'")
	events := eventsBetween(run, start, run.head())
	for round := range 1000 {
		assembler := binlog.NewAssembler(everything{}, 1<<20)
		for _, event := range events {
			if run.random.IntN(4) == 0 {
				event.Body = corrupt(run.random, event.Body)
			}
			group, err := assembler.Add(event)
			if err != nil || group == nil {
				continue
			}
			for _, pending := range group.Rows {
				decodeAll(charsets, pending)
			}
		}
		if t.Failed() {
			t.Fatalf("in round %d with BINLOG_SEED=%d", round, seed)
		}
	}
}

func eventsBetween(run *differential, start, end binlog.Position) []binlog.LocatedEvent {
	run.Helper()
	stream := run.stream(start)
	defer stream.Close()
	var events []binlog.LocatedEvent
	for {
		event, err := stream.Next(run.Context())
		if err != nil {
			run.Fatal(err)
		}
		events = append(events, event)
		if event.End >= end.Offset {
			return events
		}
	}
}

func corrupt(random *rand.Rand, body []byte) []byte {
	damaged := slices.Clone(body)
	for range 1 + random.IntN(3) {
		if len(damaged) == 0 {
			return damaged
		}
		at := random.IntN(len(damaged))
		switch random.IntN(4) {
		case 0:
			damaged = damaged[:at]
		case 1:
			damaged = append(damaged, damaged[at:]...)
		default:
			damaged[at] = pick(random, 0, 0xff, byte(random.IntN(256)))
		}
	}
	return damaged
}

// decodeAll decodes until the first error; what comes before it may be wrong, because
// the checksum that guards the event is not there.
func decodeAll(charsets *binlog.Charsets, pending binlog.PendingRows) {
	layout, err := charsets.Layout(pending.Table, nil)
	if err != nil {
		return
	}
	rows, err := binlog.ParseRows(pending.Event.Event, pending.Event.Format)
	for err == nil && rows.More() {
		_, err = rows.Next(layout)
	}
}

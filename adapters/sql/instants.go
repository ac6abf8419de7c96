package sql

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

// zoneQuery tells which instant a TIMESTAMP column would get: the server turns an
// instant into the session's wall clock and back, which goes wrong in the hour that
// comes twice.
const zoneQuery = "SELECT UNIX_TIMESTAMP(FROM_UNIXTIME(?))"

// zoneChecks returns the query that checkInstants needs, if it needs one.
func zoneChecks(list []assignment) []string {
	if slices.ContainsFunc(list, func(a assignment) bool { return a.codec.Instant() && a.argument != nil }) {
		return []string{zoneQuery}
	}
	return nil
}

// checkInstants refuses instants that the session's zone cannot express.
func (t *transaction) checkInstants(list []assignment) error {
	problems := &invalid{}
	for _, assignment := range list {
		if !assignment.codec.Instant() || assignment.argument == nil {
			continue
		}
		kept := &cell{codec: assignment.codec}
		row := t.tx.StmtContext(t.ctx, t.statements[zoneQuery]).QueryRowContext(t.ctx, assignment.argument)
		if err := row.Scan(kept); err != nil {
			return err
		}
		wanted, err := assignment.codec.Shown(assignment.argument)
		if err != nil {
			return err
		}
		if !kept.value.Equal(wanted) {
			problems.add(t.plan.fieldOf(assignment.codec.Info.Name), errInstant(kept.value))
		}
	}
	return problems.err()
}

func errInstant(kept adapters.Value) error {
	if kept.IsNull() {
		return &column.Problem{Reason: adapters.OutOfRangeValue, Detail: "a TIMESTAMP column cannot hold that time"}
	}
	return &column.Problem{Reason: adapters.InvalidValue,
		Detail: "clocks in the application's time zone show that time twice, and the database would store the other one: choose a time outside that hour"}
}

func errImmutableKey() error {
	return &column.Problem{Reason: adapters.ImmutableValue, Detail: "is part of the key and cannot be changed"}
}

func errComputed() error {
	return &column.Problem{Reason: adapters.ImmutableValue, Detail: "is computed by the database: declare it as readOnly"}
}

func errTooLarge(size int, limit int64) error {
	return &column.Problem{Reason: adapters.TooLongValue,
		Detail: fmt.Sprintf("is %d bytes long, and the server's max_allowed_packet is %d", size, limit)}
}

func sortedNames(values map[string]string) []string { return slices.Sorted(maps.Keys(values)) }

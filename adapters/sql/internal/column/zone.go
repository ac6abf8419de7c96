package column

import (
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// instants returns the instants at which clocks in location show wall, whose own
// zone is UTC: none in the hour that is skipped in spring, two in the hour that
// comes twice in autumn, earliest first. skipped is the instant that the clock would
// have shown wall at, had it not been moved.
func instants(wall time.Time, location *time.Location) (found []time.Time, skipped time.Time) {
	_, before := wall.Add(-24 * time.Hour).In(location).Zone()
	_, after := wall.Add(24 * time.Hour).In(location).Zone()
	skipped = wall.Add(-time.Duration(before) * time.Second)
	if before == after {
		// A day and a half around it has one offset, or a change and its reversal,
		// which no zone has had within two days.
		return []time.Time{skipped}, skipped
	}
	for _, offset := range []int{max(before, after), min(before, after)} {
		candidate := wall.Add(-time.Duration(offset) * time.Second)
		if _, actual := candidate.In(location).Zone(); actual == offset {
			found = append(found, candidate)
		}
	}
	return found, skipped
}

// earliest is how a wall clock is read where it stands for two instants or none.
func earliest(wall time.Time, location *time.Location) time.Time {
	found, skipped := instants(wall, location)
	if len(found) == 0 {
		return skipped
	}
	return found[0]
}

// wallClock returns what clocks in location show at instant, as a time in UTC. It
// refuses an instant that they show twice: the column could not tell which was meant.
func wallClock(instant time.Time, location *time.Location) (time.Time, error) {
	_, offset := instant.In(location).Zone()
	wall := instant.UTC().Add(time.Duration(offset) * time.Second)
	if found, _ := instants(wall, location); len(found) != 1 {
		return wall, problem(adapters.InvalidValue,
			"clocks in %s show %s twice, and a DATETIME column cannot tell which is meant: choose a time outside that hour",
			location, wall.Format(datetimeLayout))
	}
	return wall, nil
}

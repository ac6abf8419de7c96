package column

import (
	"sync/atomic"
	"time"
)

// zoneClock turns wall clocks of one zone into instants. Looking the zone's rules up is
// slow, so it remembers a stretch of time in which clocks were not changed.
type zoneClock struct {
	location *time.Location
	steady   atomic.Pointer[stretch]
}

// stretch is a time in which every wall clock stands for one instant.
type stretch struct {
	// from and to are wall clocks, in seconds since 1970 as if in UTC.
	from, to int64
	// offset of the zone, in seconds east of UTC.
	offset int64
}

const day = 24 * 60 * 60

// appendInstant appends in RFC 3339, in UTC, what the wall clock text stands for.
func (c *zoneClock) appendInstant(buffer, text []byte) ([]byte, error) {
	if c.location == time.UTC {
		return appendUTC(buffer, text), nil
	}
	wall, err := parseWall(text)
	if err != nil {
		return buffer, err
	}
	instant := time.Unix(c.seconds(wall), 0).UTC()
	buffer = instant.AppendFormat(buffer, "2006-01-02T15:04:05")
	buffer = append(buffer, text[len(datetimeLayout):]...)
	return append(buffer, 'Z'), nil
}

// seconds returns the instant of a wall clock, both in seconds since 1970.
func (c *zoneClock) seconds(wall int64) int64 {
	known := c.steady.Load()
	if known != nil && wall >= known.from && wall < known.to {
		return wall - known.offset
	}
	instant := earliest(time.Unix(wall, 0).UTC(), c.location)
	start, end := instant.In(c.location).ZoneBounds()
	_, offset := instant.In(c.location).Zone()
	found := &stretch{from: minWall, to: maxWall, offset: int64(offset)}
	if !start.IsZero() {
		found.from = start.Unix() + found.offset + day
	}
	if !end.IsZero() {
		found.to = end.Unix() + found.offset - day
	}
	c.steady.Store(found)
	return instant.Unix()
}

// The wall clocks that a DATETIME can hold: the years 0 to 9999.
const (
	minWall = -62167219200
	maxWall = 253402300800
)

// parseWall returns the seconds since 1970 of a wall clock such as 2006-01-02
// 15:04:05, as if in UTC.
func parseWall(text []byte) (int64, error) {
	year, month, dayOfMonth := digits(text[0:4]), digits(text[5:7]), digits(text[8:10])
	hour, minute, second := digits(text[11:13]), digits(text[14:16]), digits(text[17:19])
	if min(year, month, dayOfMonth, hour, minute, second) < 0 {
		return 0, unexpected(text, "a date and time")
	}
	return time.Date(year, time.Month(month), dayOfMonth, hour, minute, second, 0, time.UTC).Unix(), nil
}

// digits returns a number, or -1 where there is something else than digits.
func digits(text []byte) int {
	number := 0
	for _, digit := range text {
		if digit < '0' || digit > '9' {
			return -1
		}
		number = number*10 + int(digit-'0')
	}
	return number
}

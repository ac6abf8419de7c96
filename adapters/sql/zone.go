package sql

import (
	"fmt"
	"strings"
	"time"
	// Zone names must work in an image that holds nothing but the server.
	_ "time/tzdata"
)

// loadZone returns the location of an IANA name or an offset such as +01:00.
func loadZone(name string) (*time.Location, error) {
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		offset, err := time.Parse("-07:00", name)
		if err != nil {
			return nil, fmt.Errorf("%q is not an offset such as +01:00", name)
		}
		_, seconds := offset.Zone()
		if seconds == 0 {
			return time.UTC, nil
		}
		return time.FixedZone(name, seconds), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone: use a name such as Europe/Berlin", name)
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a known time zone: use a name such as Europe/Berlin", name)
	}
	if name == "UTC" || name == "Etc/UTC" {
		return time.UTC, nil
	}
	return location, nil
}

// zoneOfServer returns the location that the server's own settings stand for, or nil
// where they don't tell: abbreviations such as CET don't say when clocks change.
func zoneOfServer(global, system string) *time.Location {
	if strings.EqualFold(global, "SYSTEM") {
		global = system
		if !strings.EqualFold(global, "UTC") && !strings.EqualFold(global, "GMT") && !strings.HasPrefix(global, "+") {
			return nil
		}
	}
	if strings.EqualFold(global, "UTC") || strings.EqualFold(global, "GMT") {
		return time.UTC
	}
	location, err := loadZone(global)
	if err != nil {
		return nil
	}
	return location
}

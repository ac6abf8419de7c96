package column

import (
	"strconv"
	"strings"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

const (
	dateLayout     = "2006-01-02"
	datetimeLayout = "2006-01-02 15:04:05"
	zeroDate       = "0000-00-00"
	zeroDatetime   = "0000-00-00 00:00:00"
)

func temporalText(source any, what string) (string, error) {
	v, ok := source.([]byte)
	if !ok {
		return "", unexpected(source, what)
	}
	return string(v), nil
}

// dateFamily is DATE.
type dateFamily struct{}

func (dateFamily) text(source any) (string, error) { return temporalText(source, "a date") }

func (f dateFamily) bind(text string) (any, error) { return f.canonical(text) }

func (dateFamily) canonical(text string) (string, error) {
	if text == zeroDate {
		return text, nil
	}
	if _, err := time.Parse(dateLayout, text); err != nil {
		return "", problem(adapters.InvalidValue, "%q is not a date such as 2006-01-02", text)
	}
	return text, nil
}

func (dateFamily) driverType(name string) bool { return name == "DATE" }
func (dateFamily) zero() string                { return zeroDate }
func (dateFamily) isZero(text string) bool     { return text == zeroDate }

// datetimeFamily is DATETIME: a wall clock without a zone, in text as the database
// shows it.
type datetimeFamily struct{ digits int }

func (datetimeFamily) text(source any) (string, error) {
	return temporalText(source, "a date and time")
}

func (f datetimeFamily) bind(text string) (any, error) { return f.canonical(text) }

func (f datetimeFamily) canonical(text string) (string, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if whole != zeroDatetime {
		if _, err := time.Parse(datetimeLayout, whole); err != nil {
			return "", problem(adapters.InvalidValue, "%q is not a date and time such as 2006-01-02 15:04:05", text)
		}
	}
	fraction, err := fit(fraction, f.digits)
	if err != nil {
		return "", err
	}
	return whole + fraction, nil
}

func (datetimeFamily) driverType(name string) bool { return name == "DATETIME" }
func (f datetimeFamily) zero() string              { return zeroDatetime }
func (datetimeFamily) isZero(text string) bool     { return strings.HasPrefix(text, zeroDatetime) }

// timestampFamily is TIMESTAMP: an instant, in text RFC 3339 in UTC. The driver gives
// it as a wall clock in UTC, or as the seconds since 1970 that UNIX_TIMESTAMP says,
// and takes the seconds that FROM_UNIXTIME wants.
type timestampFamily struct {
	digits   int
	location *time.Location
}

func (f timestampFamily) text(source any) (string, error) {
	switch v := source.(type) {
	case int64:
		return f.fromSeconds(strconv.FormatInt(v, 10))
	case []byte:
		if len(v) >= len(datetimeLayout) && v[4] == '-' {
			return rfc3339(string(v)), nil
		}
		return f.fromSeconds(string(v))
	}
	return "", unexpected(source, "an instant")
}

func (f timestampFamily) fromSeconds(text string) (string, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return "", unexpected(text, "an instant")
	}
	if seconds == 0 {
		return rfc3339(zeroDatetime), nil
	}
	if len(fraction) > f.digits {
		fraction = fraction[:f.digits]
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return rfc3339(time.Unix(seconds, 0).UTC().Format(datetimeLayout) + fraction), nil
}

func (f timestampFamily) bind(text string) (any, error) {
	instant, err := f.parse(text)
	if err != nil {
		return nil, err
	}
	seconds := strconv.FormatInt(instant.Unix(), 10)
	fraction, err := fit(fractionOf(instant), f.digits)
	return seconds + fraction, err
}

// parse accepts RFC 3339, and a wall clock in the backend's zone, which is how
// sentinel values are declared.
func (f timestampFamily) parse(text string) (time.Time, error) {
	instant, err := time.Parse(time.RFC3339Nano, text)
	if err == nil {
		return instant, nil
	}
	if f.location != nil {
		if wall, wallErr := time.Parse(datetimeLayout, text); wallErr == nil {
			return earliest(wall, f.location), nil
		}
	}
	return time.Time{}, problem(adapters.InvalidValue, "%q is not a time such as 2006-01-02T15:04:05Z", text)
}

func (f timestampFamily) canonical(text string) (string, error) {
	argument, err := f.bind(text)
	if err != nil {
		return "", err
	}
	return f.fromSeconds(argument.(string))
}

func (timestampFamily) driverType(name string) bool {
	return oneOf(name, "TIMESTAMP", "DECIMAL", "BIGINT", "UNSIGNED BIGINT", "DOUBLE")
}

func (timestampFamily) isZero(text string) bool { return strings.HasPrefix(text, zeroDate) }

// timeFamily is TIME: a duration up to 838 hours, positive or negative.
type timeFamily struct{ digits int }

func (timeFamily) text(source any) (string, error) { return temporalText(source, "a time") }

func (f timeFamily) bind(text string) (any, error) { return f.canonical(text) }

// canonical demands the full form: the database reads 10 as ten seconds.
func (f timeFamily) canonical(text string) (string, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	parts := strings.Split(strings.TrimPrefix(whole, "-"), ":")
	if len(parts) != 3 || len(parts[0]) < 2 || len(parts[0]) > 3 || len(parts[1]) != 2 || len(parts[2]) != 2 ||
		!onlyDigits(strings.Join(parts, "")) {
		return "", problem(adapters.InvalidValue, "%q is not a time such as 15:04:05", text)
	}
	fraction, err := fit(fraction, f.digits)
	if err != nil {
		return "", err
	}
	if len(parts[0]) == 3 && parts[0][0] == '0' {
		whole = strings.Replace(whole, parts[0], parts[0][1:], 1)
	}
	return whole + fraction, nil
}

func (timeFamily) driverType(name string) bool { return name == "TIME" }

// fit returns a fraction with its point, in exactly this many digits. More are
// refused: the database would round them without an error.
func fit(fraction string, digits int) (string, error) {
	trimmed := strings.TrimRight(fraction, "0")
	if !onlyDigits(trimmed) {
		return "", problem(adapters.InvalidValue, "the fraction of a second must be digits")
	}
	if len(trimmed) > digits {
		return "", problem(adapters.InvalidValue, "must have at most %d digits after the seconds", digits)
	}
	if digits == 0 {
		return "", nil
	}
	return "." + trimmed + strings.Repeat("0", digits-len(trimmed)), nil
}

func fractionOf(instant time.Time) string {
	nanos := strconv.Itoa(instant.Nanosecond())
	return strings.Repeat("0", 9-len(nanos)) + nanos
}

// rfc3339 turns a wall clock in UTC into RFC 3339.
func rfc3339(wall string) string { return wall[:10] + "T" + wall[11:] + "Z" }

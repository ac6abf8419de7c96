package column

import (
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

type temporal interface {
	family
	isZero(text string) bool
}

func temporalPair(f family, declared Declaration) (typed, string) {
	switch f := f.(type) {
	case dateFamily:
		if declared.Type == String || declared.Type == Date {
			return zeroIsAbsent(f), ""
		}
		return typed{}, "declare date or string"
	case datetimeFamily:
		if declared.Type == String {
			return zeroIsAbsent(f), ""
		}
		if declared.Type == DateTime && declared.Location != nil {
			return instantPair(f, declared.Location), ""
		}
		if declared.Type == DateTime {
			return typed{}, "the server's time zone is not known by a name or an offset: set timeZone of the backend, or declare string"
		}
		return typed{}, "declare dateTime or string"
	case timestampFamily:
		if declared.Type == DateTime {
			return zeroIsAbsent(f), ""
		}
		return typed{}, "declare dateTime"
	default:
		if declared.Type == String {
			return stringPair(f), ""
		}
		return typed{}, "declare string"
	}
}

func zeroIsAbsent(f temporal) typed {
	plain := stringPair(f)
	return typed{
		decode: func(source any) (adapters.Value, error) {
			text, err := f.text(source)
			if err != nil || f.isZero(text) {
				return adapters.Null, err
			}
			return adapters.String(text), nil
		},
		encode: func(value adapters.Value) (any, error) {
			if f.isZero(value.Text()) {
				return nil, problem(adapters.InvalidValue, "the zero date means absent: leave the field out")
			}
			return plain.encode(value)
		},
		append: appendDate(f, plain.append),
		wrap:   adapters.String,
	}
}

// instantPair shows a wall clock as an instant.
func instantPair(f datetimeFamily, location *time.Location) typed {
	clock := &zoneClock{location: location}
	return decodeByAppending(typed{
		append: func(buffer []byte, source any) ([]byte, bool, error) {
			text, ok := source.([]byte)
			if !ok || len(text) < len(datetimeLayout) {
				return buffer, false, unexpected(source, "a date and time")
			}
			if isPartial(text) {
				return buffer, true, nil
			}
			extended, err := clock.appendInstant(buffer, text)
			return extended, false, err
		},
		wrap: adapters.String,
		encode: func(value adapters.Value) (any, error) {
			instant, err := time.Parse(time.RFC3339Nano, value.Text())
			if err != nil {
				return nil, problem(adapters.InvalidValue, "%q is not a time such as 2006-01-02T15:04:05Z", value.Text())
			}
			wall, err := wallClock(instant, location)
			if err != nil {
				return nil, err
			}
			return f.bind(wall.Format(datetimeLayout) + "." + fractionOf(instant))
		},
	})
}

// isPartial tells whether a date lacks its month or day, or is zero. MySQL allows
// both: it is no instant, and no reason to fail the whole list.
func isPartial(text []byte) bool {
	return string(text[5:7]) == "00" || string(text[8:10]) == "00"
}

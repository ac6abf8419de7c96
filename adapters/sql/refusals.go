package sql

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/column"
)

// translateRefusal translates what the server has against the values.
func (r *Resource) translateRefusal(p *plan, number uint16, doing string, err error, result *adapters.Error) {
	message := serverMessage(err)
	result.Code, result.Message = adapters.Invalid, "the database refuses the values"
	field := func(reason adapters.Reason, detail string) {
		result.Fields = append(result.Fields, adapters.FieldError{Field: fieldIn(p, message), Reason: reason, Detail: detail})
	}
	switch number {
	case errDuplicate, errDuplicateWithName:
		r.duplicate(p, message, result)
	case errReferenced:
		result.Code = adapters.Conflict
		result.Message = "the row is still referred to by other rows: " + constraintIn(message)
	case errNoReferenced:
		r.noReferenced(p, message, result)
	case errColumnNull, errNoDefault:
		field(adapters.RequiredValue, "the column has no default and must not be NULL")
	case errDataTooLong:
		field(adapters.TooLongValue, "the value is longer than the column")
	case errOutOfRange, errDataOutOfRange:
		field(adapters.OutOfRangeValue, "the value is outside the column's range")
	case errTruncated:
		field(adapters.UnsupportedValue, "the column cannot hold the value without changing it")
	case errWrongStringValue, errInvalidCharacterString, errMixedCollations:
		field(adapters.InvalidValue, "the column's character set cannot hold the value")
	case errWrongDateTime, errWrongValue:
		field(adapters.InvalidValue, "the column does not take the value: not a date or time, or zero dates are not allowed")
	case errJSONMySQL:
		field(adapters.InvalidValue, "the value is not JSON")
	case errCheckMySQL, errCheckMariaDB:
		r.check(p, message, result)
	case errSignal:
		result.Message = "the database refuses the change: " + message
	case errPacketTooLarge:
		result.Message = "the record is larger than a packet that the server accepts: max_allowed_packet bounds it"
	default:
		result.Code = adapters.Internal
		result.Message = r.at(fmt.Sprintf("the server answered with error %d when trying to %s; the log has its words", number, doing))
	}
}

func serverMessage(err error) string {
	var failure *mysql.MySQLError
	if errors.As(err, &failure) {
		return failure.Message
	}
	return ""
}

var (
	columnPattern     = regexp.MustCompile("(?:[Cc]olumn|Field|JSON text in argument|for function) (?:'([^']+)'|((?:`[^`]+`\\.?)+))")
	constraintPattern = regexp.MustCompile("(?i)constraint [`']([^`']+)[`']")
	duplicatePattern  = regexp.MustCompile(`for key '([^']+)'$`)
)

// fieldIn returns the field of the column that a message names, or nothing.
func fieldIn(p *plan, message string) string {
	match := columnPattern.FindStringSubmatch(message)
	if match == nil || p == nil {
		return ""
	}
	name := match[1]
	if name == "" {
		parts := strings.Split(strings.Trim(match[2], "`"), "`.`")
		name = parts[len(parts)-1]
	}
	return p.fieldOf(name[strings.LastIndex(name, ".")+1:])
}

func constraintIn(message string) string {
	if match := constraintPattern.FindStringSubmatch(message); match != nil {
		return "constraint " + match[1]
	}
	return "a foreign key"
}

// duplicate names the unique key and its fields. What it means for the key of a
// record is decided where the record is created.
func (r *Resource) duplicate(p *plan, message string, result *adapters.Error) {
	result.Code, result.Message = adapters.Conflict, "another row has the same values in a unique key"
	name := duplicateKey(message)
	if name == "" || p == nil {
		return
	}
	result.Message = "another row has the same values in the unique key " + name
	if index, ok := p.catalog.Index(name); ok {
		for _, columnName := range index.Columns {
			result.Fields = append(result.Fields, adapters.FieldError{
				Field: p.fieldOf(columnName), Reason: adapters.DuplicateValue, Detail: "taken by another row in the unique key " + name,
			})
		}
	}
}

// duplicateKey returns the name of the index in a message, which some servers give
// with the table in front.
func duplicateKey(message string) string {
	match := duplicatePattern.FindStringSubmatch(message)
	if match == nil {
		return ""
	}
	return match[1][strings.LastIndex(match[1], ".")+1:]
}

func (r *Resource) noReferenced(p *plan, message string, result *adapters.Error) {
	name := constraintIn(message)
	result.Message = "the row refers to one that does not exist: " + name
	if p == nil {
		return
	}
	for _, reference := range p.catalog.References {
		if "constraint "+reference.Constraint != name {
			continue
		}
		for _, columnName := range reference.Columns {
			result.Fields = append(result.Fields, adapters.FieldError{
				Field: p.fieldOf(columnName), Reason: adapters.ReferenceValue, Detail: "refers to a row that does not exist: " + name,
			})
		}
	}
}

// check names the constraint, and the field where the constraint is the column's own.
func (r *Resource) check(p *plan, message string, result *adapters.Error) {
	name := constraintIn(message)
	result.Message = "the values violate a CHECK of the table: " + name
	if p == nil {
		return
	}
	own := strings.TrimPrefix(name, "constraint ")
	own = own[strings.LastIndex(own, ".")+1:]
	if _, ok := p.catalog.Column(own); ok {
		result.Fields = append(result.Fields, adapters.FieldError{
			Field: p.fieldOf(own), Reason: adapters.InvalidValue, Detail: "violates the CHECK of column " + own,
		})
	}
}

// invalid collects problems of several fields into one error.
type invalid struct{ fields []adapters.FieldError }

func (i *invalid) add(field string, err error) {
	var problem *column.Problem
	if errors.As(err, &problem) {
		i.fields = append(i.fields, adapters.FieldError{Field: field, Reason: problem.Reason, Detail: problem.Detail})
		return
	}
	i.fields = append(i.fields, adapters.FieldError{Field: field, Reason: adapters.InvalidValue, Detail: err.Error()})
}

func (i *invalid) err() error {
	if len(i.fields) == 0 {
		return nil
	}
	return &adapters.Error{Code: adapters.Invalid, Message: "the database cannot store the values", Fields: slices.Clone(i.fields)}
}

package sql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// The server's error numbers that mean something to the bridge.
const (
	errTooManyConnections     = 1040
	errDatabaseDenied         = 1044
	errAccessDenied           = 1045
	errUnknownDatabase        = 1049
	errColumnNull             = 1048
	errServerShutdown         = 1053
	errUnknownColumn          = 1054
	errDuplicate              = 1062
	errRecordChanged          = 1020
	errTableFull              = 1114
	errUserConnections        = 1203
	errTableDenied            = 1142
	errColumnDenied           = 1143
	errNoTable                = 1146
	errPacketTooLarge         = 1153
	errUnknownVariable        = 1193
	errLockTimeout            = 1205
	errDeadlock               = 1213
	errUserLimit              = 1226
	errPrivilege              = 1227
	errOutOfRange             = 1264
	errTruncated              = 1265
	errMixedCollations        = 1267
	errOptionPrevents         = 1290
	errWrongDateTime          = 1292
	errUnknownZone            = 1298
	errQueryKilled            = 1317
	errWrongStringValue       = 1366
	errNoDefault              = 1364
	errRoutineDenied          = 1370
	errDataTooLong            = 1406
	errWrongValue             = 1411
	errTableChanged           = 1412
	errReferenced             = 1451
	errNoReferenced           = 1452
	errReadOnlyTransaction    = 1792
	errReadOnlyMode           = 1836
	errSignal                 = 1644
	errConnectionKilled       = 1927
	errStatementTimeMariaDB   = 1969
	errDataOutOfRange         = 1690
	errStatementTimeMySQL     = 3024
	errCheckMySQL             = 3819
	errCheckMariaDB           = 4025
	errJSONMySQL              = 3140
	errDuplicateWithName      = 1586
	errInvalidCharacterString = 1300
)

// retryAfter is how long a passing trouble is said to last.
const retryAfter = time.Second

// commitError is an error of a COMMIT that may have reached the server.
type commitError struct{ err error }

func (e commitError) Error() string { return "commit: " + e.err.Error() }
func (e commitError) Unwrap() error { return e.err }

// driftError says that a result does not have the form that the plan expects.
type driftError struct{ err error }

func (e driftError) Error() string { return e.err.Error() }
func (e driftError) Unwrap() error { return e.err }

// errDrift marks errors that are not the server's: the connection's stay what they are.
func errDrift(err error) error {
	if err == nil || errorNumber(err) != 0 || isConnectionError(err) {
		return err
	}
	return driftError{err}
}

// failed turns any error into one of the contract. doing says what was tried, p is the
// plan that was used, if any.
func (r *Resource) failed(ctx context.Context, p *plan, doing string, err error) error {
	if err == nil {
		return nil
	}
	translated := r.translate(ctx, p, doing, err)
	var failure *adapters.Error
	if errors.As(translated, &failure) && failure.Code == adapters.Internal {
		r.backend.config.Logger.ErrorContext(ctx, failure.Message, "resource", r.config.Name, "error", failure.Err)
	}
	return translated
}

func (r *Resource) translate(ctx context.Context, p *plan, doing string, err error) error {
	var known *adapters.Error
	if errors.As(err, &known) {
		return known
	}
	result := &adapters.Error{Err: err}
	var drifted driftError
	var committing commitError
	switch {
	case errors.As(err, &committing) && isUncertain(err):
		result.Code = adapters.Indeterminate
		result.Message = r.at("the connection was lost while the change was being committed: whether it was is not known")
	case errorNumber(err) != 0:
		r.translateNumber(p, doing, err, result)
	case errors.As(err, &drifted):
		r.drift(p, result)
	case ctx.Err() != nil && isConnectionError(err):
		result.Code = adapters.Timeout
		result.Message = r.at("the deadline passed, or the caller gave up, while trying to " + doing)
	case errors.Is(err, mysql.ErrPktTooLarge):
		result.Code = adapters.Invalid
		result.Message = r.at("the record is larger than a packet that the server accepts: max_allowed_packet bounds it")
	case errors.Is(err, context.DeadlineExceeded):
		result.Code = adapters.Timeout
		result.Message = r.at("the server did not answer in time when trying to " + doing)
	default:
		result.Code, result.RetryAfter = adapters.Unavailable, retryAfter
		result.Message = r.at("the server cannot be reached, or the connection was lost, when trying to " + doing)
	}
	return result
}

// at names the backend in a message.
func (r *Resource) at(message string) string {
	return "backend " + r.backend.config.Name + ": " + message
}

// isUncertain tells whether a COMMIT may have happened in spite of an error: not where
// nothing was sent, and not where the server says that it rolled back.
func isUncertain(err error) bool {
	switch errorNumber(err) {
	case errDeadlock, errLockTimeout, errOptionPrevents, errReadOnlyMode, errReadOnlyTransaction:
		return false
	}
	return !errors.Is(err, driver.ErrBadConn)
}

func isConnectionError(err error) bool {
	return errors.Is(err, mysql.ErrInvalidConn) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isPassing tells whether the same transaction may succeed when it is run again.
func isPassing(err error) bool {
	number := errorNumber(err)
	return number == errDeadlock || number == errLockTimeout
}

func (r *Resource) drift(p *plan, result *adapters.Error) {
	if p != nil {
		r.drifted(p)
	}
	result.Code, result.RetryAfter = adapters.Unavailable, retryAfter
	result.Message = r.at(fmt.Sprintf("schema drift: table %s is not what it was; it is being looked at again", r.config.Table))
}

// translateNumber translates what the server itself said.
func (r *Resource) translateNumber(p *plan, doing string, err error, result *adapters.Error) {
	number := errorNumber(err)
	switch number {
	case errUnknownColumn, errNoTable, errTableChanged:
		r.drift(p, result)
	case errAccessDenied, errDatabaseDenied:
		result.Code, result.RetryAfter = adapters.Unavailable, retryAfter
		result.Message = r.at("the server refuses the user or the password of the DSN: correct the DSN, or grant the user access to the database; the DSN is read again for every connection")
	case errUnknownDatabase:
		result.Code, result.RetryAfter = adapters.Unavailable, retryAfter
		result.Message = r.at("the database that the DSN names does not exist: create it or correct the DSN")
	case errUnknownZone:
		result.Code, result.RetryAfter = adapters.Unavailable, retryAfter
		result.Message = r.at(fmt.Sprintf("the server does not know the time zone %q: load its time zone tables with mysql_tzinfo_to_sql", r.backend.config.TimeZone))
	case errTableDenied, errColumnDenied, errPrivilege, errRoutineDenied:
		result.Code = adapters.Internal
		result.Message = r.at(fmt.Sprintf("the user of the DSN lacks a privilege to %s: GRANT it", doing))
	case errTooManyConnections, errUserConnections, errUserLimit:
		result.Code, result.RetryAfter = adapters.Overloaded, retryAfter
		result.Message = r.at("the server accepts no further connection: max_connections or the user's limit is reached")
	case errLockTimeout, errDeadlock:
		result.Code, result.RetryAfter = adapters.Unavailable, retryAfter
		result.Message = r.at("other transactions hold locks that are needed to " + doing)
	case errOptionPrevents, errReadOnlyMode, errReadOnlyTransaction:
		result.Code, result.RetryAfter = adapters.Unavailable, 5*time.Second
		result.Message = r.at("the server is read-only at present")
	case errStatementTimeMariaDB, errStatementTimeMySQL:
		result.Code = adapters.Timeout
		result.Message = r.at(fmt.Sprintf("the server gave up after its time limit for a statement when trying to %s", doing))
	case errServerShutdown, errConnectionKilled, errQueryKilled:
		result.Code, result.RetryAfter = adapters.Unavailable, retryAfter
		result.Message = r.at("the server ended the connection or the statement when trying to " + doing)
	case errTableFull:
		result.Code, result.RetryAfter = adapters.Unavailable, time.Minute
		result.Message = r.at("the table or the disk is full: " + r.config.Table)
	case errRecordChanged:
		result.Code, result.Message = adapters.Conflict, "the row was changed by somebody else at the same time"
	default:
		r.translateRefusal(p, number, doing, err, result)
	}
}

// Package column converts between a column's values, in the form that the binary
// protocol of github.com/go-sql-driver/mysql gives and takes, and the values of
// package adapters.
//
// A [Codec] is made for one declared type and one column. A pair that cannot be
// converted both ways without loss is refused when the codec is made, by name.
package column

import (
	"fmt"
	"strings"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Type is the declared type of a field, in the words of the mapping file.
type Type string

// The declared types.
const (
	String   Type = "string"
	Integer  Type = "integer"
	Number   Type = "number"
	Float    Type = "float"
	Boolean  Type = "boolean"
	Decimal  Type = "decimal"
	Bytes    Type = "bytes"
	Hex      Type = "hex"
	Date     Type = "date"
	DateTime Type = "dateTime"
	Set      Type = "set"
	JSON     Type = "json"
	IPv4     Type = "ipv4"
	IP       Type = "ip"
	MAC      Type = "mac"
	UUID     Type = "uuid"
)

// Info is what the database says about a column.
type Info struct {
	Name string
	// DataType is the type's name in lower case: int, varchar.
	DataType string
	// ColumnType is the whole type: int(10) unsigned.
	ColumnType string
	Nullable   bool
	// HasDefault says that an INSERT may leave the column out.
	HasDefault bool
	// Generated columns are computed by the database.
	Generated bool
	Unsigned  bool
	// Octets is the longest length of a string in bytes.
	Octets    int64
	Precision int
	Scale     int
	// Fraction is the number of fractional digits of a time.
	Fraction int
	Charset  string
	// Members of ENUM and SET, in the order of their declaration.
	Members []string
}

// Declaration is what the mapping says about a column.
type Declaration struct {
	Type       Type
	Values     map[string]string
	NullValues []string
	// Location is the meaning of DATETIME, nil where it isn't known.
	Location *time.Location
}

// Problem says why a value cannot be stored in a column.
type Problem struct {
	Reason adapters.Reason
	Detail string
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

func problem(reason adapters.Reason, format string, arguments ...any) *Problem {
	return &Problem{Reason: reason, Detail: fmt.Sprintf(format, arguments...)}
}

// Codec converts the values of one column. It is immutable and safe for concurrent use.
type Codec struct {
	// Info of the column.
	Info   Info
	family family
	typed  typed
	// forward maps canonical column text to the value shown.
	forward map[string]adapters.Value
	// backward maps the identity of a value shown to canonical column text.
	backward map[string]string
	nulls    map[string]bool
	absent   string
}

// family is what columns of one kind of data type have in common.
type family interface {
	// text returns the canonical text of a value that the driver gave.
	text(source any) (string, error)
	// bind returns the argument for a text, which need not be canonical.
	bind(text string) (any, error)
	// canonical returns the canonical spelling of a text that bind accepts.
	canonical(text string) (string, error)
	// driverType tells whether the driver's name for a result column's type is one
	// that this family decodes.
	driverType(name string) bool
}

// typed converts between driver values and values of one declared type.
type typed struct {
	decode func(source any) (adapters.Value, error)
	encode func(value adapters.Value) (any, error)
	// append is decode for values that are text, without memory of their own. It is
	// nil where there is no such form.
	append appendFunc
	// wrap makes a value of what append appended.
	wrap func(text string) adapters.Value
}

// appendFunc appends the text of a value that is not NULL in SQL. isNull says that it
// means absent all the same.
type appendFunc func(buffer []byte, source any) (extended []byte, isNull bool, err error)

// New returns the codec for a column, or an error that says which pair of types is
// not supported and what to declare instead.
func New(declared Declaration, info Info) (*Codec, error) {
	family, err := familyOf(info, declared.Location)
	if err != nil {
		return nil, err
	}
	if declared.Type == "" {
		declared.Type = String
	}
	codec := &Codec{Info: info, family: family}
	codec.typed, err = pair(family, declared, info)
	if err != nil {
		return nil, err
	}
	if err := codec.mapValues(declared); err != nil {
		return nil, err
	}
	return codec, codec.mapNulls(declared)
}

// NewKey returns the codec for a key column: its values are always strings.
func NewKey(declared Declaration, info Info) (*Codec, error) {
	family, err := familyOf(info, declared.Location)
	if err != nil {
		return nil, err
	}
	if len(declared.Values) > 0 || len(declared.NullValues) > 0 {
		return nil, fmt.Errorf("values and nullValues cannot be used in a key")
	}
	if err := keyable(family, info); err != nil {
		return nil, err
	}
	if _, isBinary := family.(binaryFamily); isBinary && (declared.Type == "" || declared.Type == String) {
		declared.Type = Hex
	}
	codec, err := New(declared, info)
	if err != nil {
		return nil, err
	}
	if !stringTyped(declared.Type) {
		return nil, fmt.Errorf("a key cannot be of type %s: leave the type out", declared.Type)
	}
	return codec, nil
}

func stringTyped(t Type) bool {
	switch t {
	case Integer, Number, Float, Boolean, Bytes, Set, JSON:
		return false
	}
	return true
}

// keyable refuses the columns whose order or equality in SQL differs from that of
// their values.
func keyable(f family, info Info) error {
	switch f.(type) {
	case floatFamily, enumFamily, setFamily, bitFamily, timestampFamily, timeFamily, jsonFamily:
		return fmt.Errorf("%s columns cannot be part of a key", strings.ToUpper(info.DataType))
	}
	if strings.HasSuffix(info.DataType, "text") || strings.HasSuffix(info.DataType, "blob") {
		return fmt.Errorf("%s columns cannot be part of a key: no index covers them whole", strings.ToUpper(info.DataType))
	}
	return nil
}

// Decode returns the value of a column from what the driver gave. Strings are copied.
func (c *Codec) Decode(source any) (adapters.Value, error) {
	if source == nil {
		return adapters.Null, nil
	}
	if c.forward == nil && c.nulls == nil {
		return c.typed.decode(source)
	}
	text, err := c.family.text(source)
	if err != nil {
		return adapters.Null, err
	}
	if c.nulls[text] {
		return adapters.Null, nil
	}
	if value, ok := c.forward[text]; ok {
		return value, nil
	}
	return c.typed.decode(source)
}

// CanAppend tells whether Append can be used instead of Decode.
func (c *Codec) CanAppend() bool {
	return c.typed.append != nil && c.forward == nil && c.nulls == nil
}

// Append appends the text of a value to a buffer that many columns share, so that a
// row's values need memory only once. Wrap makes a value of that text.
func (c *Codec) Append(buffer []byte, source any) (extended []byte, isNull bool, err error) {
	if source == nil {
		return buffer, true, nil
	}
	return c.typed.append(buffer, source)
}

// Wrap returns the value whose text Append appended.
func (c *Codec) Wrap(text string) adapters.Value { return c.typed.wrap(text) }

// Encode returns the argument that stores a value in the column, or a [Problem].
func (c *Codec) Encode(value adapters.Value) (any, error) {
	if value.IsNull() {
		return c.encodeNull()
	}
	if text, ok := c.backward[identity(value)]; ok {
		return c.family.bind(text)
	}
	argument, err := c.typed.encode(value)
	if err != nil || c.nulls == nil {
		return argument, err
	}
	if text, err := c.family.text(c.echo(argument)); err == nil && c.nulls[text] {
		return nil, problem(adapters.UnsupportedValue, "the value %s means absent: leave the field out", value)
	}
	return argument, nil
}

func (c *Codec) encodeNull() (any, error) {
	if c.nulls != nil {
		return c.family.bind(c.absent)
	}
	if zero, ok := c.family.(interface{ zero() string }); ok && !c.Info.Nullable {
		return zero.zero(), nil
	}
	return nil, nil
}

// HasAbsentValue tells whether absent is stored as something other than NULL.
func (c *Codec) HasAbsentValue() bool { return c.nulls != nil }

// Argument returns the argument for a column value as the mapping file spells it.
func (c *Codec) Argument(text string) (any, error) { return c.family.bind(text) }

// Canonical tells whether text is how this codec spells the key that it stands for.
func (c *Codec) Canonical(text string) bool {
	argument, err := c.Encode(adapters.String(text))
	if err != nil {
		return false
	}
	again, err := c.Decode(c.echo(argument))
	return err == nil && again.Equal(adapters.String(text))
}

// echo turns an argument into the form in which the driver would give it back.
func (c *Codec) echo(argument any) any {
	switch v := argument.(type) {
	case string:
		return []byte(v)
	case uint64:
		if v <= 1<<63-1 {
			return int64(v)
		}
		return fmt.Append(nil, v)
	}
	return argument
}

// Accepts tells whether the codec decodes result columns that the driver calls name.
func (c *Codec) Accepts(name string) bool { return c.family.driverType(name) }

// Select returns the expression that reads the column, given its quoted name.
// In a session in another zone than UTC, an instant needs an expression of its own.
func (c *Codec) Select(quoted string, utc bool) string {
	if _, ok := c.family.(timestampFamily); ok && !utc {
		return "UNIX_TIMESTAMP(" + quoted + ")"
	}
	return quoted
}

// Placeholder returns the expression that stores an argument.
func (c *Codec) Placeholder() string {
	if _, ok := c.family.(timestampFamily); ok {
		return "FROM_UNIXTIME(?)"
	}
	return "?"
}

// Comparand returns the expression that an argument is compared as: one of the
// column's own type, because numbers compared with strings are compared as DOUBLE.
func (c *Codec) Comparand() string {
	if decimal, ok := c.family.(decimalFamily); ok {
		return fmt.Sprintf("CAST(? AS DECIMAL(%d,%d))", decimal.precision, decimal.scale)
	}
	return c.Placeholder()
}

// Instant tells whether storing the column's values depends on the session's zone.
func (c *Codec) Instant() bool {
	_, ok := c.family.(timestampFamily)
	return ok
}

func identity(value adapters.Value) string { return adapters.Key{value}.ID() }

// NewComparand returns a codec that only spells column values as the mapping file
// does, for conditions and fixed assignments. It refuses columns that cannot be
// compared exactly.
func NewComparand(info Info) (*Codec, error) {
	family, err := familyOf(info, nil)
	if err != nil {
		return nil, err
	}
	if _, ok := family.(floatFamily); ok {
		return nil, fmt.Errorf("%s columns cannot be compared exactly", strings.ToUpper(info.DataType))
	}
	return &Codec{Info: info, family: family}, nil
}

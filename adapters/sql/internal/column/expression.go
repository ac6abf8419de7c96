package column

import "fmt"

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

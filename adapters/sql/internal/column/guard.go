package column

import (
	"fmt"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Guard returns a condition that holds for exactly the value that the driver gave for
// the column, and its argument. Text is compared by its bytes, whatever the column's
// collation takes for equal.
func (c *Codec) Guard(quoted string, source any) (condition string, argument any) {
	switch family := c.family.(type) {
	case textFamily, enumFamily, setFamily, jsonFamily, addressFamily:
		return "CAST(CONVERT(" + quoted + " USING utf8mb4) AS BINARY) <=> CAST(? AS BINARY)", source
	case binaryFamily:
		return "CAST(" + quoted + " AS BINARY) <=> CAST(? AS BINARY)", source
	case decimalFamily:
		return fmt.Sprintf("%s <=> CAST(? AS DECIMAL(%d,%d))", quoted, family.precision, family.scale), source
	case timestampFamily:
		return "UNIX_TIMESTAMP(" + quoted + ") <=> CAST(? AS DECIMAL(20,6))", source
	case dateFamily, datetimeFamily, timeFamily:
		return "CAST(" + quoted + " AS CHAR) <=> ?", source
	case bitFamily:
		if source != nil {
			// The family reads every value that the driver can give.
			source, _ = family.value(source)
		}
		return quoted + " + 0 <=> ?", source
	case floatFamily:
		if source != nil {
			source, _ = family.value(source)
		}
	}
	return quoted + " <=> ?", source
}

// Shown returns the value that an argument is shown as once it is stored.
func (c *Codec) Shown(argument any) (adapters.Value, error) { return c.Decode(c.echo(argument)) }

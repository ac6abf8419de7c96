package column

import (
	"fmt"
	"strings"
	"time"
)

// familyOf returns what a column's data type has in common with others.
func familyOf(info Info, location *time.Location) (family, error) {
	switch info.DataType {
	case "tinyint", "smallint", "mediumint", "int", "integer", "bigint":
		return newIntegerFamily(info), nil
	case "year":
		return yearFamily{}, nil
	case "decimal", "numeric":
		return decimalFamily{precision: info.Precision, scale: info.Scale}, nil
	case "float":
		return floatFamily{bits: 32}, nil
	case "double", "real":
		return floatFamily{bits: 64}, nil
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		return textFamily{}, nil
	case "uuid", "inet4", "inet6":
		return addressFamily{name: info.DataType}, nil
	case "binary":
		return binaryFamily{octets: info.Octets, fixed: true}, nil
	case "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return binaryFamily{octets: info.Octets}, nil
	case "enum":
		return enumFamily{members: info.Members}, nil
	case "set":
		return setFamily{members: info.Members}, nil
	case "bit":
		return bitFamily{bits: info.Precision}, nil
	case "json":
		return jsonFamily{}, nil
	case "date":
		return dateFamily{}, nil
	case "datetime":
		return datetimeFamily{digits: info.Fraction}, nil
	case "timestamp":
		return timestampFamily{digits: info.Fraction, location: location}, nil
	case "time":
		return timeFamily{digits: info.Fraction}, nil
	}
	return nil, fmt.Errorf("%s columns are not supported: leave the column out", strings.ToUpper(info.DataType))
}

// unexpected is the error for a driver value of a form that the family doesn't have:
// the column's type has changed since the schema was read.
func unexpected(source any, what string) error {
	return fmt.Errorf("a %T was read where %s was expected: the column's type has changed", source, what)
}

func oneOf(name string, names ...string) bool {
	for _, candidate := range names {
		if name == candidate {
			return true
		}
	}
	return false
}

package binlog_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/binlog"
)

// randomColumn is a column of a random type and how to make values for it.
type randomColumn struct {
	definition string
	known      binlog.ColumnDefinition
	value      func(*rand.Rand) string
	nullable   bool
}

func pick[T any](random *rand.Rand, choices ...T) T { return choices[random.IntN(len(choices))] }

// literal returns a value as SQL: NULL now and then.
func (c *randomColumn) literal(random *rand.Rand) string {
	if c.nullable && random.IntN(6) == 0 {
		return "NULL"
	}
	return c.value(random)
}

// newRandomColumn keeps columns of wide tables small: a row has at most 65,535 bytes.
func newRandomColumn(random *rand.Rand, columns int) randomColumn {
	makers := []func(*rand.Rand, int) randomColumn{
		integerColumn, integerColumn, decimalColumn, decimalColumn, floatingColumn, bitColumn, yearColumn,
		dateColumn, timeColumn, datetimeColumn, timestampColumn, characterColumn, characterColumn,
		binaryColumn, enumColumn, setColumn,
	}
	if columns < 30 {
		makers = append(makers, textColumn, textColumn, blobColumn, jsonColumn, geometryColumn)
	}
	column := makers[random.IntN(len(makers))](random, columns)
	column.nullable = random.IntN(3) > 0
	if column.nullable {
		column.definition += " NULL"
	} else {
		column.definition += " NOT NULL"
	}
	return column
}

func integerColumn(random *rand.Rand, _ int) randomColumn {
	column := randomColumn{definition: pick(random, "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "TINYINT(1)", "INT(5) ZEROFILL")}
	column.known.Unsigned = strings.Contains(column.definition, "ZEROFILL")
	if random.IntN(2) == 0 && !column.known.Unsigned {
		column.definition += " UNSIGNED"
		column.known.Unsigned = true
	}
	column.value = func(random *rand.Rand) string {
		return pick(random, strconv.FormatInt(int64(random.Uint64())>>random.IntN(64), 10), "0", "-1", "127", "-128", "255",
			"32767", "-32768", "65535", "8388607", "-8388608", "16777215", "2147483647", "-2147483648", "4294967295",
			"9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615")
	}
	return column
}

func digits(random *rand.Rand, n int) string {
	var text strings.Builder
	for range n {
		text.WriteByte(byte('0' + random.IntN(10)))
	}
	return text.String()
}

func decimalColumn(random *rand.Rand, _ int) randomColumn {
	precision := 1 + random.IntN(65)
	scale := random.IntN(min(precision, 30) + 1)
	column := randomColumn{definition: fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)}
	column.value = func(random *rand.Rand) string {
		whole := digits(random, random.IntN(precision-scale+1))
		part := strings.Repeat("0", random.IntN(scale+1))
		part += digits(random, scale-len(part))
		return pick(random, "", "", "-") + "0" + whole + "." + part + "0"
	}
	return column
}

func floatingColumn(random *rand.Rand, _ int) randomColumn {
	if random.IntN(2) == 0 {
		return randomColumn{definition: "FLOAT", value: func(random *rand.Rand) string {
			value := math.Float32frombits(random.Uint32())
			if value != value || math.IsInf(float64(value), 0) {
				value = 16777216
			}
			return strconv.FormatFloat(float64(value), 'e', -1, 32)
		}}
	}
	return randomColumn{definition: "DOUBLE", value: func(random *rand.Rand) string {
		value := math.Float64frombits(random.Uint64())
		if value != value || math.IsInf(value, 0) {
			value = 0.1
		}
		return strconv.FormatFloat(value, 'e', -1, 64)
	}}
}

func bitColumn(random *rand.Rand, _ int) randomColumn {
	bits := 1 + random.IntN(64)
	return randomColumn{definition: fmt.Sprintf("BIT(%d)", bits), value: func(random *rand.Rand) string {
		return strconv.FormatUint(random.Uint64()>>(64-bits), 10)
	}}
}

func yearColumn(*rand.Rand, int) randomColumn {
	return randomColumn{definition: "YEAR", known: binlog.ColumnDefinition{Unsigned: true}, value: func(random *rand.Rand) string {
		return pick(random, "0", "1901", "2155", strconv.Itoa(1901+random.IntN(255)))
	}}
}

func dateText(random *rand.Rand) string {
	return pick(random, "0000-00-00", "9999-12-31", "2024-02-30", "2021-00-00",
		fmt.Sprintf("%04d-%02d-%02d", random.IntN(10000), 1+random.IntN(12), 1+random.IntN(28)))
}

func clockText(random *rand.Rand) string {
	return fmt.Sprintf("%02d:%02d:%02d.%06d", random.IntN(24), random.IntN(60), random.IntN(60), random.IntN(1000000))
}

func dateColumn(*rand.Rand, int) randomColumn {
	return randomColumn{definition: "DATE", value: func(random *rand.Rand) string { return "'" + dateText(random) + "'" }}
}

func timeColumn(random *rand.Rand, _ int) randomColumn {
	return randomColumn{definition: fmt.Sprintf("TIME(%d)", random.IntN(7)), value: func(random *rand.Rand) string {
		return fmt.Sprintf("'%s%02d:%02d:%02d.%06d'", pick(random, "", "-"), random.IntN(839), random.IntN(60), random.IntN(60), pick(random, 0, random.IntN(1000000)))
	}}
}

func datetimeColumn(random *rand.Rand, _ int) randomColumn {
	return randomColumn{definition: fmt.Sprintf("DATETIME(%d)", random.IntN(7)), value: func(random *rand.Rand) string {
		return "'" + dateText(random) + " " + clockText(random) + "'"
	}}
}

func timestampColumn(random *rand.Rand, _ int) randomColumn {
	digits := random.IntN(7)
	return randomColumn{definition: fmt.Sprintf("TIMESTAMP(%d) DEFAULT '2000-01-01'", digits), value: func(random *rand.Rand) string {
		return pick(random, "'0000-00-00 00:00:00'", "'2038-01-19 03:14:07'", "'1970-01-01 00:00:01'",
			fmt.Sprintf("'%04d-%02d-%02d %s'", 1971+random.IntN(66), 1+random.IntN(12), 1+random.IntN(28), clockText(random)))
	}}
}

var characterSets = []string{"utf8mb4", "utf8mb3", "latin1", "ascii", "cp1250", "cp1251", "greek", "koi8r", "latin2", "latin5",
	"cp850", "cp866", "hebrew", "macroman", "tis620", "ucs2", "utf16", "utf16le", "utf32", "swe7", "dec8"}

func randomText(random *rand.Rand, limit int) string {
	var text strings.Builder
	for range random.IntN(limit + 1) {
		switch random.IntN(5) {
		case 0:
			text.WriteRune(pick(random, 'é', 'ß', 'Ж', 'λ', 'ש', '€', '漢', '😀', '¥'))
		case 1:
			text.WriteRune(rune(0x20 + random.IntN(0x60)))
		default:
			text.WriteRune(rune('a' + random.IntN(26)))
		}
	}
	return quote(text.String())
}

func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}

func characterColumn(random *rand.Rand, columns int) randomColumn {
	limit := 20
	if columns < 30 {
		limit = pick(random, 1, 20, 63, 64, 85, 86, 255)
	}
	kind := pick(random, "CHAR", "VARCHAR")
	charset := pick(random, characterSets...)
	if columns > 100 {
		limit, charset = 8, "latin1"
	}
	column := randomColumn{definition: fmt.Sprintf("%s(%d) CHARACTER SET %s", kind, limit, charset)}
	column.known.Charset = charset
	column.value = func(random *rand.Rand) string { return randomText(random, limit) }
	return column
}

func textColumn(random *rand.Rand, _ int) randomColumn {
	charset := pick(random, characterSets...)
	column := randomColumn{definition: pick(random, "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT") + " CHARACTER SET " + charset}
	column.known.Charset = charset
	column.value = func(random *rand.Rand) string { return randomText(random, 60) }
	return column
}

func randomHex(random *rand.Rand, limit int) string {
	text := "X'"
	for range random.IntN(limit + 1) {
		text += fmt.Sprintf("%02X", pick(random, 0, 0x20, random.IntN(256)))
	}
	return text + "'"
}

func binaryColumn(random *rand.Rand, columns int) randomColumn {
	limit := 8
	if columns < 30 {
		limit = pick(random, 1, 16, 255)
	}
	return randomColumn{definition: fmt.Sprintf("%s(%d)", pick(random, "BINARY", "VARBINARY"), limit),
		value: func(random *rand.Rand) string { return randomHex(random, limit) }}
}

func blobColumn(random *rand.Rand, _ int) randomColumn {
	return randomColumn{definition: pick(random, "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"),
		value: func(random *rand.Rand) string { return randomHex(random, 200) }}
}

func labels(random *rand.Rand, limit int) []string {
	texts := make([]string, 1+random.IntN(limit))
	for i := range texts {
		texts[i] = fmt.Sprintf("%s%d", pick(random, "a", "é", "it's ", "B"), i)
	}
	return texts
}

func quoted(texts []string) string {
	parts := make([]string, len(texts))
	for i, text := range texts {
		parts[i] = quote(text)
	}
	return strings.Join(parts, ",")
}

func enumColumn(random *rand.Rand, columns int) randomColumn {
	limit := 12
	if columns < 30 {
		limit = pick(random, 3, 300)
	}
	texts, charset := labels(random, limit), pick(random, "utf8mb4", "latin1", "ucs2")
	column := randomColumn{definition: fmt.Sprintf("ENUM(%s) CHARACTER SET %s", quoted(texts), charset)}
	column.known = binlog.ColumnDefinition{Labels: texts, Charset: charset}
	column.value = func(random *rand.Rand) string { return pick(random, "'nothing of it'", quote(pick(random, texts...))) }
	return column
}

func setColumn(random *rand.Rand, _ int) randomColumn {
	texts, charset := labels(random, 64), pick(random, "utf8mb4", "latin1")
	column := randomColumn{definition: fmt.Sprintf("SET(%s) CHARACTER SET %s", quoted(texts), charset)}
	column.known = binlog.ColumnDefinition{Labels: texts, Charset: charset}
	column.value = func(random *rand.Rand) string {
		return quote(strings.Join([]string{pick(random, texts...), pick(random, texts...), pick(random, texts...)}, ","))
	}
	return column
}

func jsonColumn(*rand.Rand, int) randomColumn {
	return randomColumn{definition: "JSON", known: binlog.ColumnDefinition{Charset: "utf8mb4"}, value: func(random *rand.Rand) string {
		return pick(random, `'{"a": [1, 2.50, "é", null], "b":{}}'`, `'[]'`, `'"text"'`, `'1e3'`)
	}}
}

func geometryColumn(*rand.Rand, int) randomColumn {
	return randomColumn{definition: "POINT", value: func(random *rand.Rand) string {
		return fmt.Sprintf("POINT(%d,%d)", random.IntN(90), random.IntN(90))
	}}
}

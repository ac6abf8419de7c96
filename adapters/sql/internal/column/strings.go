package column

import (
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// textFamily is CHAR, VARCHAR and the TEXT types, always exchanged in UTF-8.
type textFamily struct{}

func (textFamily) text(source any) (string, error) {
	v, ok := source.([]byte)
	if !ok {
		return "", unexpected(source, "text")
	}
	if !utf8.Valid(v) {
		return strings.ToValidUTF8(string(v), "\uFFFD"), nil
	}
	return string(v), nil
}

func (textFamily) bind(text string) (any, error) {
	if !utf8.ValidString(text) {
		return nil, problem(adapters.InvalidValue, "is not valid UTF-8")
	}
	return text, nil
}

func (textFamily) canonical(text string) (string, error) { return text, nil }

func (textFamily) driverType(name string) bool {
	return oneOf(name, "CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT")
}

// addressFamily is MariaDB's UUID, INET4 and INET6, exchanged as text.
type addressFamily struct{ name string }

func (f addressFamily) text(source any) (string, error) { return textFamily{}.text(source) }

func (f addressFamily) bind(text string) (any, error) { return f.canonical(text) }

func (f addressFamily) canonical(text string) (string, error) {
	if f.name == "uuid" {
		return canonicalUUID(text)
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" || f.name == "inet4" && !address.Is4() {
		return "", problem(adapters.InvalidValue, "%q is not an %s address", text, strings.ToUpper(f.name))
	}
	if f.name == "inet6" && address.Is4() {
		address = netip.AddrFrom16(address.As16())
	}
	return address.String(), nil
}

// driverType accepts what the server calls these types in results, which is CHAR or
// BINARY depending on the version.
func (addressFamily) driverType(name string) bool {
	return oneOf(name, "CHAR", "BINARY", "VARCHAR", "VARBINARY")
}

// binaryFamily is BINARY, VARBINARY and the BLOB types.
type binaryFamily struct {
	octets int64
	// fixed columns are padded with zero bytes by the database.
	fixed bool
}

func (binaryFamily) text(source any) (string, error) {
	v, ok := source.([]byte)
	if !ok {
		return "", unexpected(source, "bytes")
	}
	return string(v), nil
}

func (f binaryFamily) bind(text string) (any, error) {
	if f.fixed && int64(len(text)) != f.octets {
		return nil, problem(adapters.InvalidValue, "must be exactly %d bytes", f.octets)
	}
	if f.octets > 0 && int64(len(text)) > f.octets {
		return nil, problem(adapters.TooLongValue, "must be at most %d bytes", f.octets)
	}
	return []byte(text), nil
}

func (f binaryFamily) canonical(text string) (string, error) {
	_, err := f.bind(text)
	return text, err
}

func (binaryFamily) driverType(name string) bool {
	return oneOf(name, "BINARY", "VARBINARY", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB")
}

func (f binaryFamily) bindHex(text string) (any, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || strings.ToLower(text) != text {
		return nil, problem(adapters.InvalidValue, "must be pairs of lower-case hexadecimal digits")
	}
	return f.bind(string(raw))
}

// enumFamily is ENUM. A value that is not a member must never reach the database:
// it would take a number for the position of a member.
type enumFamily struct{ members []string }

func (enumFamily) text(source any) (string, error) { return textFamily{}.text(source) }

func (f enumFamily) bind(text string) (any, error) {
	if slices.Contains(f.members, text) {
		return text, nil
	}
	return nil, problem(adapters.UnsupportedValue, "must be one of %s", quoteAll(f.members))
}

func (f enumFamily) canonical(text string) (string, error) {
	// The empty string is what the database stores for an error.
	if text == "" {
		return text, nil
	}
	_, err := f.bind(text)
	return text, err
}

func (enumFamily) driverType(name string) bool { return name == "ENUM" }

// setFamily is SET, as text its members in the order of their declaration.
type setFamily struct{ members []string }

func (setFamily) text(source any) (string, error) { return textFamily{}.text(source) }

func (f setFamily) bind(text string) (any, error) { return f.canonical(text) }

func (f setFamily) canonical(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return f.join(strings.Split(text, ","))
}

func (f setFamily) join(wanted []string) (string, error) {
	var ordered []string
	for _, member := range f.members {
		if slices.Contains(wanted, member) {
			ordered = append(ordered, member)
		}
	}
	for _, member := range wanted {
		if !slices.Contains(f.members, member) {
			return "", problem(adapters.UnsupportedValue, "%q is not one of %s", member, quoteAll(f.members))
		}
	}
	return strings.Join(ordered, ","), nil
}

func (setFamily) driverType(name string) bool { return name == "SET" }

// jsonFamily is MySQL's JSON type. MariaDB's is LONGTEXT.
type jsonFamily struct{}

func (jsonFamily) text(source any) (string, error) { return textFamily{}.text(source) }

func (jsonFamily) bind(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, problem(adapters.InvalidValue, "is not a JSON document")
	}
	return text, nil
}

func (f jsonFamily) canonical(text string) (string, error) {
	_, err := f.bind(text)
	return text, err
}

func (jsonFamily) driverType(name string) bool { return name == "JSON" }

func quoteAll(members []string) string {
	quoted := make([]string, len(members))
	for i, member := range members {
		quoted[i] = `"` + member + `"`
	}
	return strings.Join(quoted, ", ")
}

func canonicalUUID(text string) (string, error) {
	raw, err := parseUUID(text)
	if err != nil {
		return "", err
	}
	return formatUUID(raw), nil
}

func parseUUID(text string) ([]byte, error) {
	digits := strings.ReplaceAll(text, "-", "")
	raw, err := hex.DecodeString(digits)
	if err != nil || len(raw) != 16 || len(text) != 36 {
		return nil, problem(adapters.InvalidValue, "%q is not a UUID", text)
	}
	if !strings.EqualFold(formatUUID(raw), text) {
		return nil, problem(adapters.InvalidValue, "%q is not a UUID", text)
	}
	return raw, nil
}

func formatUUID(raw []byte) string {
	text := hex.EncodeToString(raw)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

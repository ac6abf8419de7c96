package column

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// pair returns the conversion between a family and a declared type.
func pair(f family, declared Declaration, info Info) (typed, error) {
	convert, advice := pairing(f, declared)
	if convert.decode == nil {
		return typed{}, fmt.Errorf("a column of type %s cannot be declared as %s: %s", info.ColumnType, declared.Type, advice)
	}
	return convert, nil
}

// pairing returns an empty conversion, and what to declare instead, for a pair that
// is not supported.
func pairing(f family, declared Declaration) (typed, string) {
	switch f := f.(type) {
	case integerFamily:
		return integerPair(f, f.bits, f.unsigned, declared.Type)
	case yearFamily:
		return integerPair(f, 16, true, declared.Type)
	case decimalFamily:
		return decimalPair(f, declared.Type)
	case floatFamily:
		return floatPair(f, declared.Type)
	case bitFamily:
		return bitPair(f, declared.Type)
	case textFamily:
		return textPair(f, declared)
	case addressFamily:
		return addressPair(f, declared.Type)
	case binaryFamily:
		return binaryPair(f, declared)
	case enumFamily:
		return enumPair(f, declared)
	case setFamily:
		return setPair(f, declared.Type)
	case jsonFamily:
		if declared.Type == JSON {
			return jsonPair(f), ""
		}
		return typed{}, "declare json"
	default:
		return temporalPair(f, declared)
	}
}

// stringPair shows a family's own text.
func stringPair(f family) typed {
	return typed{
		decode: func(source any) (adapters.Value, error) {
			text, err := f.text(source)
			return adapters.String(text), err
		},
		encode: func(value adapters.Value) (any, error) { return f.bind(value.Text()) },
		append: appendPlain(f),
		wrap:   adapters.String,
	}
}

type integers interface {
	family
	bindInt(value int64) (any, error)
	exactBits() int
}

func integerPair(f integers, bits int, unsigned bool, t Type) (typed, string) {
	switch {
	case t == String || t == Decimal:
		return stringPair(f), ""
	case t == Integer && !(unsigned && bits == 64), t == Boolean:
		return intPair(f, t == Boolean), ""
	case t == Number && f.exactBits() <= 32, t == Float && f.exactBits() <= 24:
		return wholeFloatPair(f), ""
	case t == IPv4 && unsigned && bits >= 32:
		return ipv4NumberPair(f), ""
	case unsigned && bits == 64:
		return typed{}, "declare string or decimal, because 64-bit unsigned values don't fit into a signed integer"
	}
	return typed{}, "declare integer or string"
}

func intPair(f integers, boolean bool) typed {
	decode := func(source any) (adapters.Value, error) {
		value, ok := source.(int64)
		if boolean {
			// A BIGINT UNSIGNED above the signed range comes as text.
			_, isText := source.([]byte)
			if ok || isText {
				return adapters.Bool(isText || value != 0), nil
			}
		}
		if !ok {
			return adapters.Null, unexpected(source, "an integer")
		}
		return adapters.Int(value), nil
	}
	encode := func(value adapters.Value) (any, error) {
		if boolean {
			return boolInt(value), nil
		}
		return f.bindInt(value.Int())
	}
	return typed{decode: decode, encode: encode}
}

func boolInt(value adapters.Value) int64 {
	if value.Bool() {
		return 1
	}
	return 0
}

func wholeFloatPair(f integers) typed {
	return typed{
		decode: func(source any) (adapters.Value, error) {
			value, ok := source.(int64)
			if !ok {
				return adapters.Null, unexpected(source, "an integer")
			}
			return adapters.Float(float64(value)), nil
		},
		encode: func(value adapters.Value) (any, error) {
			whole := int64(value.Float())
			if float64(whole) != value.Float() {
				return nil, problem(adapters.InvalidValue, "must be a whole number")
			}
			return f.bindInt(whole)
		},
	}
}

func ipv4NumberPair(f integers) typed {
	return typed{
		decode: func(source any) (adapters.Value, error) {
			value, ok := source.(int64)
			if !ok || value > 1<<32-1 {
				return adapters.Null, fmt.Errorf("%v is not an IPv4 address in a number", source)
			}
			address := netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)})
			return adapters.String(address.String()), nil
		},
		encode: func(value adapters.Value) (any, error) {
			address, err := parseIPv4(value.Text())
			if err != nil {
				return nil, err
			}
			octets := address.As4()
			return int64(octets[0])<<24 | int64(octets[1])<<16 | int64(octets[2])<<8 | int64(octets[3]), nil
		},
	}
}

func parseIPv4(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is4() {
		return netip.Addr{}, problem(adapters.InvalidValue, "%q is not an IPv4 address", text)
	}
	return address, nil
}

func decimalPair(f decimalFamily, t Type) (typed, string) {
	switch {
	case t == String || t == Decimal:
		return stringPair(f), ""
	case t == Integer && f.scale == 0 && f.precision <= 18:
		return typed{
			decode: func(source any) (adapters.Value, error) {
				text, err := f.text(source)
				if err != nil {
					return adapters.Null, err
				}
				value, err := strconv.ParseInt(text, 10, 64)
				return adapters.Int(value), err
			},
			encode: func(value adapters.Value) (any, error) { return f.bind(strconv.FormatInt(value.Int(), 10)) },
		}, ""
	}
	return typed{}, "declare decimal, the only type that keeps every digit"
}

func floatPair(f floatFamily, t Type) (typed, string) {
	switch {
	case t == String:
		return stringPair(f), ""
	case t == Number, t == Float && f.bits == 32:
		return typed{
			decode: func(source any) (adapters.Value, error) {
				value, err := f.value(source)
				return adapters.Float(value), err
			},
			encode: func(value adapters.Value) (any, error) { return f.bindFloat(value.Float()) },
		}, ""
	}
	return typed{}, "declare number or string"
}

func bitPair(f bitFamily, t Type) (typed, string) {
	decode := func(wrap func(uint64) adapters.Value) func(any) (adapters.Value, error) {
		return func(source any) (adapters.Value, error) {
			value, err := f.value(source)
			return wrap(value), err
		}
	}
	switch {
	case t == String || t == Decimal:
		return stringPair(f), ""
	case t == Boolean && f.bits == 1:
		return typed{
			decode: decode(func(v uint64) adapters.Value { return adapters.Bool(v != 0) }),
			encode: func(value adapters.Value) (any, error) { return boolInt(value), nil },
		}, ""
	case t == Integer && f.bits <= 63:
		return typed{
			decode: decode(func(v uint64) adapters.Value { return adapters.Int(int64(v)) }),
			encode: func(value adapters.Value) (any, error) {
				if value.Int() < 0 {
					return nil, f.tooWide()
				}
				return f.bind(strconv.FormatInt(value.Int(), 10))
			},
		}, ""
	case t == Bytes || t == Hex:
		return bitBytesPair(f, t), ""
	}
	return typed{}, "declare bytes, string, or integer up to 63 bits"
}

func bitBytesPair(f bitFamily, t Type) typed {
	raw := binaryFamily{octets: int64(f.octets()), fixed: true}
	inner, _ := binaryPair(raw, Declaration{Type: t})
	return typed{
		decode: inner.decode,
		encode: func(value adapters.Value) (any, error) {
			argument, err := inner.encode(value)
			if err != nil {
				return nil, err
			}
			number, err := f.value(argument)
			if err != nil {
				return nil, err
			}
			return f.bind(strconv.FormatUint(number, 10))
		},
	}
}

func textPair(f textFamily, declared Declaration) (typed, string) {
	switch {
	case declared.Type == String:
		return stringPair(f), ""
	case declared.Type == JSON:
		return jsonPair(f), ""
	case declared.Type == IP || declared.Type == IPv4 || declared.Type == MAC || declared.Type == UUID:
		return addressTextPair(f, declared.Type), ""
	case (declared.Type == Boolean || declared.Type == Integer) && len(declared.Values) > 0:
		return mappedOnly(), ""
	case declared.Type == Boolean:
		return typed{}, `declare which text is true and which is false with values: {Y: "true", N: "false"}`
	}
	return typed{}, "declare string"
}

// mappedOnly is for a type that cannot show the column's own values: what is not
// mapped is absent.
func mappedOnly() typed {
	return typed{
		decode: func(any) (adapters.Value, error) { return adapters.Null, nil },
		encode: func(value adapters.Value) (any, error) {
			return nil, problem(adapters.UnsupportedValue, "%s has no counterpart in the declared values", value)
		},
	}
}

// addressTextPair shows text that is an address already; what is not one is shown as it is.
func addressTextPair(f textFamily, t Type) typed {
	return typed{
		decode: stringPair(f).decode,
		encode: func(value adapters.Value) (any, error) { return checkAddress(value.Text(), t) },
	}
}

func checkAddress(text string, t Type) (any, error) {
	switch t {
	case UUID:
		_, err := parseUUID(text)
		return text, err
	case IPv4:
		_, err := parseIPv4(text)
		return text, err
	case MAC:
		if address, err := net.ParseMAC(text); err != nil || len(address) != 6 {
			return nil, problem(adapters.InvalidValue, "%q is not a MAC address", text)
		}
		return text, nil
	}
	if _, err := netip.ParseAddr(text); err != nil {
		return nil, problem(adapters.InvalidValue, "%q is not an IP address", text)
	}
	return text, nil
}

func addressPair(f addressFamily, t Type) (typed, string) {
	native := map[string]Type{"uuid": UUID, "inet4": IPv4, "inet6": IP}[f.name]
	if t == String || t == native {
		return stringPair(f), ""
	}
	return typed{}, "declare " + string(native) + " or string"
}

// jsonPair shows a document byte for byte. Text that is not JSON is shown as a JSON
// string, so that the row can be read.
func jsonPair(f family) typed {
	return typed{
		decode: func(source any) (adapters.Value, error) {
			text, err := f.text(source)
			if err != nil {
				return adapters.Null, err
			}
			if json.Valid([]byte(text)) {
				return adapters.JSON(text), nil
			}
			quoted, err := json.Marshal(text)
			return adapters.JSON(string(quoted)), err
		},
		encode: func(value adapters.Value) (any, error) { return jsonFamily{}.bind(value.Text()) },
	}
}

func binaryPair(f binaryFamily, declared Declaration) (typed, string) {
	switch {
	case declared.Type == Bytes:
		return typed{
			decode: func(source any) (adapters.Value, error) {
				text, err := f.text(source)
				return adapters.Bytes(text), err
			},
			encode: func(value adapters.Value) (any, error) { return f.bind(value.Text()) },
			append: appendPlain(f),
			wrap:   adapters.Bytes,
		}, ""
	case declared.Type == Hex:
		return typed{
			decode: func(source any) (adapters.Value, error) {
				text, err := f.text(source)
				return adapters.String(hex.EncodeToString([]byte(text))), err
			},
			encode: func(value adapters.Value) (any, error) { return f.bindHex(value.Text()) },
		}, ""
	case declared.Type == MAC || declared.Type == UUID || declared.Type == IPv4 || declared.Type == IP:
		return binaryAddressPair(f, declared.Type)
	case len(declared.Values) > 0 && oneOf(string(declared.Type), string(String), string(Boolean), string(Integer)):
		return mappedOnly(), ""
	}
	return typed{}, "declare bytes or hex"
}

func binaryAddressPair(f binaryFamily, t Type) (typed, string) {
	sizes := map[Type][]int64{MAC: {6}, UUID: {16}, IPv4: {4}, IP: {16, 4}}[t]
	if f.octets < sizes[0] || f.fixed && f.octets != sizes[0] {
		return typed{}, "declare bytes or hex"
	}
	return typed{
		decode: func(source any) (adapters.Value, error) {
			text, err := f.text(source)
			if err != nil {
				return adapters.Null, err
			}
			return adapters.String(showAddress([]byte(text), t)), nil
		},
		encode: func(value adapters.Value) (any, error) {
			raw, err := rawAddress(value.Text(), t)
			if err != nil {
				return nil, err
			}
			return f.bind(string(raw))
		},
	}, ""
}

// showAddress shows bytes of another length than an address in hexadecimal digits.
func showAddress(raw []byte, t Type) string {
	switch {
	case t == UUID && len(raw) == 16:
		return formatUUID(raw)
	case t == MAC && len(raw) == 6:
		return net.HardwareAddr(raw).String()
	case (t == IP || t == IPv4) && len(raw) == 4, t == IP && len(raw) == 16:
		address, _ := netip.AddrFromSlice(raw)
		return address.String()
	}
	return hex.EncodeToString(raw)
}

func rawAddress(text string, t Type) ([]byte, error) {
	if t == UUID {
		return parseUUID(text)
	}
	if _, err := checkAddress(text, t); err != nil {
		return nil, err
	}
	if t == MAC {
		return net.ParseMAC(text)
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return nil, problem(adapters.InvalidValue, "%q is not an IP address", text)
	}
	return address.AsSlice(), nil
}

func enumPair(f enumFamily, declared Declaration) (typed, string) {
	switch {
	case declared.Type == String:
		return stringPair(f), ""
	case (declared.Type == Boolean || declared.Type == Integer) && len(declared.Values) > 0:
		return mappedOnly(), ""
	}
	return typed{}, "declare string"
}

func setPair(f setFamily, t Type) (typed, string) {
	switch t {
	case String:
		return stringPair(f), ""
	case Set:
		return typed{decode: f.decodeList, encode: f.encodeList}, ""
	}
	return typed{}, "declare set or string"
}

func (f setFamily) decodeList(source any) (adapters.Value, error) {
	text, err := f.text(source)
	if err != nil {
		return adapters.Null, err
	}
	items := []adapters.Value{}
	if text != "" {
		for member := range strings.SplitSeq(text, ",") {
			items = append(items, adapters.String(member))
		}
	}
	return adapters.List(items), nil
}

func (f setFamily) encodeList(value adapters.Value) (any, error) {
	wanted := make([]string, 0, len(value.Items()))
	for _, item := range value.Items() {
		wanted = append(wanted, item.Text())
	}
	return f.join(wanted)
}

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

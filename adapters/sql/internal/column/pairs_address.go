package column

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

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

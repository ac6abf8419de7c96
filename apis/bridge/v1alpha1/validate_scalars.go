package v1alpha1

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	decimalText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	uuidText    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// fits checks a value written in the mapping against the field's type.
func (f *Field) fits(at *field.Path, value Scalar) field.ErrorList {
	want := StringScalar
	switch f.Type {
	case TypeInteger, TypeNumber, TypeFloat:
		want = NumberScalar
	case TypeBoolean:
		want = BooleanScalar
	case TypeJSON, TypeObject:
		return nil
	}
	if value.Kind == want {
		if problem := f.Type.check(value.Text); problem != "" {
			return field.ErrorList{field.Invalid(at, value.shown(), problem)}
		}
		return nil
	}
	hints := map[ScalarKind]string{
		StringScalar:  fmt.Sprintf("must be a string, because the type is %s: write it in quotes, %q", f.Type, value.Text),
		NumberScalar:  fmt.Sprintf("must be a number without quotes, because the type is %s", f.Type),
		BooleanScalar: "must be true or false, because the type is boolean",
	}
	return field.ErrorList{field.Invalid(at, value.shown(), hints[want])}
}

// fitsText checks the text of a value against the field's type.
func (f *Field) fitsText(at *field.Path, text string) field.ErrorList {
	if problem := f.Type.check(text); problem != "" {
		return field.ErrorList{field.Invalid(at, text, problem)}
	}
	return nil
}

// check returns what is wrong with the text of a value of this type, or "".
func (t FieldType) check(text string) string {
	switch t {
	case TypeInteger:
		_, err := strconv.ParseInt(text, 10, 64)
		return unless(err == nil, "must be an integer of at most 64 bits")
	case TypeNumber:
		_, err := strconv.ParseFloat(text, 64)
		return unless(err == nil && jsonNumber.MatchString(text), "must be a number within the range of a 64-bit float")
	case TypeFloat:
		_, err := strconv.ParseFloat(text, 32)
		return unless(err == nil && jsonNumber.MatchString(text), "must be a number within the range of a 32-bit float")
	case TypeBoolean:
		return unless(text == "true" || text == "false", "must be true or false")
	case TypeDecimal:
		return unless(decimalText.MatchString(text), "must be a decimal, such as 12.50")
	case TypeBytes:
		_, err := base64.StdEncoding.DecodeString(text)
		return unless(err == nil, "must be bytes in base64")
	case TypeDate:
		_, err := time.Parse(time.DateOnly, text)
		return unless(err == nil, "must be a date, such as 2006-01-02")
	case TypeDateTime:
		_, err := time.Parse(time.RFC3339Nano, text)
		return unless(err == nil && strings.HasSuffix(text, "Z"), "must be an instant in RFC 3339 and UTC, such as 2006-01-02T15:04:05Z")
	default:
		return t.checkAddress(text)
	}
}

func (t FieldType) checkAddress(text string) string {
	switch t {
	case TypeHex:
		_, err := hex.DecodeString(text)
		return unless(err == nil && text == strings.ToLower(text), "must be pairs of lower-case hexadecimal digits")
	case TypeIPv4:
		address, err := netip.ParseAddr(text)
		return unless(err == nil && address.Is4(), "must be an IPv4 address, such as 192.0.2.1")
	case TypeIP:
		address, err := netip.ParseAddr(text)
		return unless(err == nil && address.Zone() == "" && address.String() == text, "must be an IP address in its canonical form, such as 192.0.2.1 or 2001:db8::1")
	case TypeMAC:
		address, err := net.ParseMAC(text)
		return unless(err == nil && len(address) == 6 && address.String() == text, "must be a MAC address, such as 00:00:5e:00:53:01")
	case TypeUUID:
		return unless(uuidText.MatchString(text), "must be a UUID in lower case, such as 123e4567-e89b-12d3-a456-426614174000")
	default:
		return ""
	}
}

func unless(holds bool, problem string) string {
	if holds {
		return ""
	}
	return problem
}

// compareNumbers compares two numbers exactly, whatever their size. Texts that are
// not numbers count as equal: they have been reported already.
func compareNumbers(a, b Scalar) int {
	x, okX := parseNumber(a.Text)
	y, okY := parseNumber(b.Text)
	if !okX || !okY {
		return 0
	}
	return x.Cmp(y)
}

// parseNumber refuses huge exponents, which would be expanded digit by digit; every
// number that passes fits a float64.
func parseNumber(text string) (*big.Rat, bool) {
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return nil, false
	}
	if _, exponent, found := strings.Cut(strings.ToLower(text), "e"); found {
		if size, err := strconv.Atoi(exponent); err != nil || size > 400 || size < -400 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

package object

import (
	"math/big"
	"net/netip"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// validateValues checks what a schema cannot say: bounds of integers exactly, and the
// forms of types. What is unchanged or known to be wrong is passed over.
func (k *Kind) validateValues(known field.ErrorList, o, old *Object) field.ErrorList {
	var faults field.ErrorList
	for _, leaf := range k.plan.leaves {
		if !leaf.hasOwnChecks() || mentions(known, leaf.path) {
			continue
		}
		payload, ok := find(k.plan.root, o.Body, leaf)
		if !ok || old != nil && k.unchanged(leaf, payload, old) {
			continue
		}
		faults = append(faults, leaf.checkBounds(payload)...)
		faults = append(faults, leaf.checkForm(payload)...)
	}
	return faults
}

func (k *Kind) unchanged(leaf *planField, payload string, old *Object) bool {
	before, existed := find(k.plan.root, old.Body, leaf)
	return existed && before == payload
}

func mentions(faults field.ErrorList, path string) bool {
	for _, fault := range faults {
		if fault.Field == path {
			return true
		}
	}
	return false
}

func (f *planField) hasOwnChecks() bool {
	switch f.declaration.Type {
	case v1alpha1.TypeInteger:
		return f.declaration.Minimum != nil || f.declaration.Maximum != nil
	case v1alpha1.TypeDecimal, v1alpha1.TypeHex:
		return f.declaration.Pattern != ""
	case v1alpha1.TypeIP:
		return true
	}
	return false
}

// checkBounds compares exactly. Upstream compares floating point numbers, which cannot
// tell neighbours above 2^53 apart.
func (f *planField) checkBounds(payload string) field.ErrorList {
	if f.valueType != adapters.IntegerType {
		return nil
	}
	bits, _ := readVarint(payload)
	value := new(big.Rat).SetInt64(int64(bits))
	var faults field.ErrorList
	if limit, ok := exactBound(f.declaration.Minimum); ok && value.Cmp(limit) < 0 {
		faults = append(faults, field.Invalid(field.NewPath(f.path), int64(bits), "should be greater than or equal to "+f.declaration.Minimum.Text))
	}
	if limit, ok := exactBound(f.declaration.Maximum); ok && value.Cmp(limit) > 0 {
		faults = append(faults, field.Invalid(field.NewPath(f.path), int64(bits), "should be less than or equal to "+f.declaration.Maximum.Text))
	}
	return faults
}

// exactBound returns a declared bound as an exact number.
func exactBound(scalar *v1alpha1.Scalar) (*big.Rat, bool) {
	if scalar == nil {
		return nil, false
	}
	return new(big.Rat).SetString(scalar.Text)
}

var (
	decimalForm = regexp.MustCompile(decimalPattern)
	hexForm     = regexp.MustCompile(hexPattern)
)

// checkForm checks the forms that the schema doesn't have: addresses of either family,
// and those of types whose pattern the declaration replaces.
func (f *planField) checkForm(payload string) field.ErrorList {
	wrong := ""
	switch f.declaration.Type {
	case v1alpha1.TypeIP:
		if _, err := netip.ParseAddr(payload); err != nil {
			wrong = "must be an IPv4 or IPv6 address"
		}
	case v1alpha1.TypeDecimal:
		if !decimalForm.MatchString(payload) {
			wrong = "must be a decimal number, such as -12.50"
		}
	case v1alpha1.TypeHex:
		if !hexForm.MatchString(payload) {
			wrong = "must be pairs of lower-case hexadecimal digits"
		}
	}
	if wrong == "" {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath(f.path), payload, wrong)}
}

package e2e

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The methods below are what a generator would make of the mapping's numbers, written
// with Google's own encoder.

// Marshal encodes the customer.
func (c *Customer) Marshal() ([]byte, error) {
	metadata, err := c.ObjectMeta.Marshal()
	if err != nil {
		return nil, err
	}
	encoded := appendMessage(nil, 1, metadata)
	encoded = appendMessage(encoded, 2, c.Spec.marshal())
	return appendMessage(encoded, 3, appendText(nil, 1, c.Status.Balance)), nil
}

func (s *CustomerSpec) marshal() []byte {
	var encoded []byte
	for i, text := range []string{s.CompanyName, s.Status, s.CreditLimit, s.Parent} {
		encoded = appendText(encoded, protowire.Number(i+1), text)
	}
	if s.Employees != nil {
		encoded = protowire.AppendTag(encoded, 5, protowire.VarintType)
		encoded = protowire.AppendVarint(encoded, uint64(*s.Employees))
	}
	return encoded
}

func appendMessage(encoded []byte, number protowire.Number, message []byte) []byte {
	encoded = protowire.AppendTag(encoded, number, protowire.BytesType)
	return protowire.AppendBytes(encoded, message)
}

func appendText(encoded []byte, number protowire.Number, text string) []byte {
	if text == "" {
		return encoded
	}
	return appendMessage(encoded, number, []byte(text))
}

// Size returns the length of Marshal's result.
func (c *Customer) Size() int {
	encoded, err := c.Marshal()
	if err != nil {
		return 0
	}
	return len(encoded)
}

// MarshalTo encodes the customer into a buffer of at least Size bytes.
func (c *Customer) MarshalTo(buffer []byte) (int, error) {
	encoded, err := c.Marshal()
	return copy(buffer, encoded), err
}

// Reset makes the customer empty.
func (c *Customer) Reset() { *c = Customer{} }

// Unmarshal decodes a customer.
func (c *Customer) Unmarshal(encoded []byte) error {
	return eachField(encoded, func(number protowire.Number, value []byte, _ uint64) error {
		switch number {
		case 1:
			return c.ObjectMeta.Unmarshal(value)
		case 2:
			return c.Spec.unmarshal(value)
		case 3:
			return eachField(value, func(_ protowire.Number, balance []byte, _ uint64) error {
				c.Status.Balance = string(balance)
				return nil
			})
		}
		return fmt.Errorf("customer: unknown field %d", number)
	})
}

func (s *CustomerSpec) unmarshal(encoded []byte) error {
	texts := []*string{&s.CompanyName, &s.Status, &s.CreditLimit, &s.Parent}
	return eachField(encoded, func(number protowire.Number, value []byte, integer uint64) error {
		switch {
		case number >= 1 && int(number) <= len(texts):
			*texts[number-1] = string(value)
		case number == 5:
			employees := int64(integer)
			s.Employees = &employees
		default:
			return fmt.Errorf("spec: unknown field %d", number)
		}
		return nil
	})
}

// Reset makes the list empty.
func (l *CustomerList) Reset() { *l = CustomerList{} }

// Unmarshal decodes a list.
func (l *CustomerList) Unmarshal(encoded []byte) error {
	return eachField(encoded, func(number protowire.Number, value []byte, _ uint64) error {
		if number == 1 {
			return l.ListMeta.Unmarshal(value)
		}
		l.Items = append(l.Items, Customer{})
		return l.Items[len(l.Items)-1].Unmarshal(value)
	})
}

// eachField calls visit for every field, with its bytes or its integer.
func eachField(encoded []byte, visit func(protowire.Number, []byte, uint64) error) error {
	for len(encoded) > 0 {
		number, kind, length := protowire.ConsumeTag(encoded)
		if length < 0 {
			return protowire.ParseError(length)
		}
		encoded = encoded[length:]
		var value []byte
		var integer uint64
		switch kind {
		case protowire.BytesType:
			value, length = protowire.ConsumeBytes(encoded)
		case protowire.VarintType:
			integer, length = protowire.ConsumeVarint(encoded)
		default:
			return fmt.Errorf("field %d has the unexpected wire type %d", number, kind)
		}
		if length < 0 {
			return protowire.ParseError(length)
		}
		encoded = encoded[length:]
		if err := visit(number, value, integer); err != nil {
			return err
		}
	}
	return nil
}

package column

import (
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

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

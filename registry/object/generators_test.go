package object

import (
	"encoding/json"
	"math"

	"pgregory.net/rapid"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// drawRecord draws a record that the kind can represent.
func drawRecord(t *rapid.T, kind *Kind) adapters.Record {
	record := adapters.Record{
		Key:    textKey(rapid.StringN(0, 10, 30).Draw(t, "name"), rapid.StringN(0, 5, 8).Draw(t, "namespace")),
		Values: make([]adapters.Value, len(kind.sources)),
	}
	for i, source := range kind.sources {
		if rapid.Bool().Draw(t, source.Path+" is null") {
			continue
		}
		record.Values[i] = drawValue(t, source)
	}
	return record
}

func drawValue(t *rapid.T, source v1alpha1.Field) adapters.Value {
	if source.Path == "metadata.creationTimestamp" {
		return adapters.String(rapid.SampledFrom([]string{"2020-01-02T03:04:05Z", "1969-12-31T23:59:59.25Z", "9999-12-31T23:59:59.999999Z"}).Draw(t, source.Path))
	}
	valueType, err := valueType(source.Type)
	if err != nil {
		t.Fatal(err)
	}
	switch valueType {
	case adapters.IntegerType:
		return adapters.Int(rapid.Int64().Draw(t, source.Path))
	case adapters.BooleanType:
		return adapters.Bool(rapid.Bool().Draw(t, source.Path))
	case adapters.NumberType:
		return adapters.Float(drawFinite(t, source.Path))
	case adapters.FloatType:
		return adapters.Float(float64(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32).Draw(t, source.Path)))
	case adapters.BytesType:
		return adapters.Bytes(string(rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, source.Path)))
	case adapters.ListType:
		items := []adapters.Value{}
		for _, text := range rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, source.Path) {
			items = append(items, adapters.String(text))
		}
		return adapters.List(items)
	case adapters.JSONType:
		return adapters.JSON(drawDocument(t, source.Path))
	default:
		return adapters.String(rapid.String().Draw(t, source.Path))
	}
}

func drawFinite(t *rapid.T, label string) float64 {
	return rapid.OneOf(
		rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 1e21, 1e20, 1e-6, 1e-7, math.SmallestNonzeroFloat64, 1 << 53}),
	).Draw(t, label)
}

// drawDocument draws a JSON document with white space, escapes and numbers that no
// Go type holds.
func drawDocument(t *rapid.T, label string) string {
	leaf := rapid.OneOf(
		rapid.SampledFrom([]string{`null`, `true`, `1e400`, `-0.50`, `123456789012345678901234567890`, `"\u00e9\n <b>"`, `"a b"`, `[]`, `{ }`, `" \" "`}),
		rapid.Map(rapid.String(), func(s string) string {
			text, err := json.Marshal(s)
			if err != nil {
				panic(err)
			}
			return string(text)
		}),
	)
	if rapid.Bool().Draw(t, label+" is a leaf") {
		return leaf.Draw(t, label)
	}
	return "{ \"a\" :\t[" + leaf.Draw(t, label) + " , " + leaf.Draw(t, label) + "],\n\"b\": " + leaf.Draw(t, label) + "} "
}

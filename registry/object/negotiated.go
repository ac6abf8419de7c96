package object

import (
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8sjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/runtime/serializer/versioning"
)

// NegotiatedSerializer returns the kind's encodings: JSON, YAML and protobuf, the
// first and the last of them for watches too.
func (k *Kind) NegotiatedSerializer() runtime.NegotiatedSerializer {
	return negotiatedSerializer{kind: k, media: []runtime.SerializerInfo{k.jsonMedia(), k.yamlMedia(), k.protobufMedia()}}
}

func (k *Kind) jsonMedia() runtime.SerializerInfo {
	return runtime.SerializerInfo{
		MediaType: runtime.ContentTypeJSON, MediaTypeType: "application", MediaTypeSubType: "json", EncodesAsText: true,
		Serializer:       k.textSerializer(formatJSON, false),
		StrictSerializer: k.textSerializer(formatJSON, true),
		PrettySerializer: k.textSerializer(formatPrettyJSON, false),
		StreamSerializer: &runtime.StreamSerializerInfo{
			EncodesAsText: true, Serializer: k.textSerializer(formatJSON, false), Framer: k8sjson.Framer,
		},
	}
}

func (k *Kind) yamlMedia() runtime.SerializerInfo {
	return runtime.SerializerInfo{
		MediaType: runtime.ContentTypeYAML, MediaTypeType: "application", MediaTypeSubType: "yaml", EncodesAsText: true,
		Serializer:       k.textSerializer(formatYAML, false),
		StrictSerializer: k.textSerializer(formatYAML, true),
	}
}

func (k *Kind) textSerializer(format format, strict bool) *serializer {
	options := k8sjson.SerializerOptions{Yaml: format == formatYAML, Pretty: format == formatPrettyJSON, Strict: strict}
	return &serializer{
		kind: k, format: format, strict: strict,
		other: k8sjson.NewSerializerWithOptions(k8sjson.DefaultMetaFactory, k.scheme, k.scheme, options),
	}
}

func (k *Kind) protobufMedia() runtime.SerializerInfo {
	whole := &serializer{kind: k, format: formatProtobuf, other: protobuf.NewSerializer(k.scheme, k.scheme)}
	return runtime.SerializerInfo{
		MediaType: runtime.ContentTypeProtobuf, MediaTypeType: "application", MediaTypeSubType: "vnd.kubernetes.protobuf",
		// Unknown fields are refused always, so that there is nothing for strict
		// decoding to add.
		Serializer: whole, StrictSerializer: whole,
		StreamSerializer: &runtime.StreamSerializerInfo{
			Serializer: &serializer{kind: k, format: formatRawProtobuf, other: protobuf.NewRawSerializer(k.scheme, k.scheme)},
			Framer:     protobuf.LengthDelimitedFramer,
		},
	}
}

// negotiatedSerializer implements runtime.NegotiatedSerializer.
type negotiatedSerializer struct {
	kind  *Kind
	media []runtime.SerializerInfo
}

// SupportedMediaTypes implements runtime.NegotiatedSerializer.
func (n negotiatedSerializer) SupportedMediaTypes() []runtime.SerializerInfo { return n.media }

// EncoderForVersion implements runtime.NegotiatedSerializer. The kind's own objects
// have one version only and need no conversion.
func (n negotiatedSerializer) EncoderForVersion(encoder runtime.Encoder, version runtime.GroupVersioner) runtime.Encoder {
	scheme := n.kind.scheme
	return versionedEncoder{
		own:   encoder,
		other: versioning.NewCodec(encoder, nil, runtime.UnsafeObjectConvertor(scheme), scheme, scheme, scheme, version, nil, "bridge"),
	}
}

// DecoderToVersion implements runtime.NegotiatedSerializer.
func (n negotiatedSerializer) DecoderToVersion(decoder runtime.Decoder, _ runtime.GroupVersioner) runtime.Decoder {
	return defaultingDecoder{Decoder: decoder}
}

type versionedEncoder struct {
	own, other runtime.Encoder
}

// Identifier implements runtime.Encoder.
func (e versionedEncoder) Identifier() runtime.Identifier { return e.own.Identifier() }

// Encode implements runtime.Encoder.
func (e versionedEncoder) Encode(obj runtime.Object, w io.Writer) error {
	if cacheable, ok := obj.(runtime.CacheableObject); ok {
		return cacheable.CacheEncode(e.Identifier(), e.encode, w)
	}
	return e.encode(obj, w)
}

func (e versionedEncoder) encode(obj runtime.Object, w io.Writer) error {
	switch obj.(type) {
	case *Object, *List, *metav1.WatchEvent:
		return e.own.Encode(obj, w)
	}
	return e.other.Encode(obj, w)
}

// defaultingDecoder fills in the defaults of the objects that it decodes.
type defaultingDecoder struct {
	runtime.Decoder
}

// Decode implements runtime.Decoder.
func (d defaultingDecoder) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	obj, gvk, err := d.Decoder.Decode(data, defaults, into)
	if o, ok := obj.(*Object); ok {
		o.kind.Default(o)
	}
	return obj, gvk, err
}

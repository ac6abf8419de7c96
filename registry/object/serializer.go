package object

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	k8sjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/runtime/serializer/recognizer"
	"k8s.io/apimachinery/pkg/runtime/serializer/versioning"
	"sigs.k8s.io/yaml"
)

// format is one of the encodings that a serializer speaks.
type format uint8

const (
	formatJSON format = iota
	formatPrettyJSON
	formatYAML
	formatProtobuf
	// formatRawProtobuf has no envelope: the frames of a watch.
	formatRawProtobuf
)

// serializer encodes and decodes the objects of one kind itself, and leaves all other
// types (Status, watch events, options) to upstream's serializers.
type serializer struct {
	kind   *Kind
	format format
	strict bool
	other  runtime.Serializer
}

var (
	_ runtime.Serializer            = (*serializer)(nil)
	_ recognizer.RecognizingDecoder = (*serializer)(nil)
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

// Identifier implements runtime.Encoder.
func (s *serializer) Identifier() runtime.Identifier {
	return "bridge/" + runtime.Identifier(s.kind.gvk.String()) + "/" + s.other.Identifier()
}

// RecognizesData implements recognizer.RecognizingDecoder.
func (s *serializer) RecognizesData(data []byte) (ok, unknown bool, err error) {
	if decoder, isRecognizing := s.other.(recognizer.RecognizingDecoder); isRecognizing {
		return decoder.RecognizesData(data)
	}
	return false, true, nil
}

// Encode implements runtime.Encoder.
func (s *serializer) Encode(obj runtime.Object, w io.Writer) error {
	if cacheable, ok := obj.(runtime.CacheableObject); ok {
		return cacheable.CacheEncode(s.Identifier(), s.encode, w)
	}
	return s.encode(obj, w)
}

func (s *serializer) encode(obj runtime.Object, w io.Writer) error {
	switch typed := obj.(type) {
	case *Object:
		return s.encodeObject(typed.of(s.kind), w)
	case *List:
		return s.encodeList(typed, w)
	case *metav1.WatchEvent:
		if s.format == formatJSON {
			return s.encodeWatchEvent(typed, w)
		}
	}
	return s.other.Encode(obj, w)
}

func (s *serializer) encodeObject(o *Object, w io.Writer) error {
	switch s.format {
	case formatJSON:
		return s.kind.writeJSON(o, w)
	case formatProtobuf:
		return s.kind.writeProtobuf(o, w)
	case formatRawProtobuf:
		data, err := o.Marshal()
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	var text bytes.Buffer
	if err := s.kind.writeJSON(o, &text); err != nil {
		return err
	}
	return s.rewrite(text.Bytes(), w)
}

func (s *serializer) encodeList(list *List, w io.Writer) error {
	switch s.format {
	case formatJSON:
		return s.kind.writeJSONList(list, w)
	case formatProtobuf:
		return s.kind.writeProtobufList(list, w)
	case formatRawProtobuf:
		return fmt.Errorf("a %s cannot be an event of a watch", s.kind.listGVK.Kind)
	}
	var text bytes.Buffer
	if err := s.kind.writeJSONList(list, &text); err != nil {
		return err
	}
	return s.rewrite(text.Bytes(), w)
}

// rewrite writes JSON as YAML or indented.
func (s *serializer) rewrite(text []byte, w io.Writer) error {
	if s.format == formatYAML {
		return s.rewriteYAML(text, w)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, bytes.TrimSpace(text), "", "  "); err != nil {
		return fmt.Errorf("indent: %w", err)
	}
	_, err := w.Write(indented.Bytes())
	return err
}

// encodeWatchEvent copies the event's object, which is JSON already, instead of having
// it parsed again.
func (s *serializer) encodeWatchEvent(event *metav1.WatchEvent, w io.Writer) error {
	if len(event.Object.Raw) == 0 {
		return s.other.Encode(event, w)
	}
	buffer := s.kind.encode.get()
	defer s.kind.encode.put(buffer)
	text := appendJSONString(append(*buffer, `{"type":`...), event.Type)
	text = append(text, `,"object":`...)
	text = append(text, bytes.TrimSuffix(event.Object.Raw, []byte("\n"))...)
	*buffer = append(text, "}\n"...)
	_, err := w.Write(*buffer)
	return err
}

// Decode implements runtime.Decoder.
func (s *serializer) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	switch typed := into.(type) {
	case *Object:
		return s.decodeObject(data, typed)
	case *List:
		return s.decodeList(data, typed)
	case nil:
		return s.decodeAny(data, defaults)
	}
	return s.other.Decode(data, defaults, into)
}

// decodeAny decodes what the data itself, or else the defaults, say that it is.
func (s *serializer) decodeAny(data []byte, defaults *schema.GroupVersionKind) (runtime.Object, *schema.GroupVersionKind, error) {
	gvk, _, err := s.open(data, defaults)
	if err != nil {
		return nil, gvk, err
	}
	switch *gvk {
	case s.kind.gvk:
		return s.decodeObject(data, s.kind.NewObject())
	case s.kind.listGVK:
		return s.decodeList(data, s.kind.NewList())
	}
	return s.other.Decode(data, defaults, nil)
}

// open returns what the data says that it is, and the content without an envelope.
func (s *serializer) open(data []byte, defaults *schema.GroupVersionKind) (*schema.GroupVersionKind, []byte, error) {
	if defaults == nil {
		defaults = &schema.GroupVersionKind{}
	}
	typeMeta := metav1.TypeMeta{}
	content := data
	switch s.format {
	case formatRawProtobuf:
	case formatProtobuf:
		envelope, err := openEnvelope(data)
		if err != nil {
			return nil, nil, err
		}
		typeMeta = metav1.TypeMeta{APIVersion: envelope.APIVersion, Kind: envelope.Kind}
		content = envelope.Raw
	default:
		found, err := readTypeMeta(data, s.format == formatYAML)
		if err != nil {
			return nil, nil, err
		}
		typeMeta = found
	}
	gvk, err := typeOf(typeMeta, *defaults)
	return &gvk, content, err
}

func openEnvelope(data []byte) (*runtime.Unknown, error) {
	content, ok := bytes.CutPrefix(data, []byte(protobufPrefix))
	if !ok {
		return nil, fmt.Errorf("the data does not begin with %q, as Kubernetes protobuf does", protobufPrefix)
	}
	envelope := &runtime.Unknown{}
	if err := envelope.Unmarshal(content); err != nil {
		return nil, fmt.Errorf("protobuf envelope: %w", err)
	}
	if envelope.ContentEncoding != "" || envelope.ContentType != "" && envelope.ContentType != runtime.ContentTypeProtobuf {
		return nil, fmt.Errorf("protobuf envelope: content type %q and encoding %q are not supported", envelope.ContentType, envelope.ContentEncoding)
	}
	return envelope, nil
}

func readTypeMeta(data []byte, isYAML bool) (metav1.TypeMeta, error) {
	var typeMeta metav1.TypeMeta
	if isYAML {
		return typeMeta, yaml.Unmarshal(data, &typeMeta)
	}
	// What is wrong with the text is found again, with its path, when it is decoded.
	r := jsonReader{jsonScanner: jsonScanner{data: string(data)}}
	_ = r.members(func(name string) error {
		switch name {
		case "apiVersion":
			return r.typeText(name, &typeMeta.APIVersion)
		case "kind":
			return r.typeText(name, &typeMeta.Kind)
		}
		return r.skipValue(0)
	})
	return typeMeta, nil
}

func (s *serializer) decodeObject(data []byte, o *Object) (runtime.Object, *schema.GroupVersionKind, error) {
	k := s.kind
	o = o.of(k)
	problems, gvk, err := s.decodeContent(data, k.gvk, func(content []byte) ([]error, error) {
		if s.format == formatProtobuf || s.format == formatRawProtobuf {
			return nil, k.readProtobuf(content, o)
		}
		return k.readJSON(content, o)
	})
	if err != nil {
		return nil, gvk, err
	}
	o.TypeMeta = metav1.TypeMeta{Kind: k.gvk.Kind, APIVersion: k.apiVersion}
	return o, gvk, s.strictError(problems)
}

func (s *serializer) decodeList(data []byte, list *List) (runtime.Object, *schema.GroupVersionKind, error) {
	k := s.kind
	problems, gvk, err := s.decodeContent(data, k.listGVK, func(content []byte) ([]error, error) {
		if s.format == formatProtobuf || s.format == formatRawProtobuf {
			return nil, k.readProtobufList(content, list)
		}
		return k.readJSONList(content, list)
	})
	if err != nil {
		return nil, gvk, err
	}
	list.TypeMeta = metav1.TypeMeta{Kind: k.listGVK.Kind, APIVersion: k.apiVersion}
	return list, gvk, s.strictError(problems)
}

// decodeContent unwraps the data, checks that it is of the expected type and decodes it.
func (s *serializer) decodeContent(data []byte, want schema.GroupVersionKind, decode func([]byte) ([]error, error)) ([]error, *schema.GroupVersionKind, error) {
	var problems []error
	// JSON is YAML too, and keeps its numbers when it is read as what it is.
	if s.format == formatYAML && checkJSON(string(data)) != nil {
		converted, err := yaml.YAMLToJSON(data)
		if err != nil {
			return nil, nil, err
		}
		if _, err := yaml.YAMLToJSONStrict(data); err != nil {
			problems = append(problems, err)
		}
		data = converted
	}
	asJSON := *s
	if s.format == formatYAML {
		asJSON.format = formatJSON
	}
	gvk, content, err := asJSON.open(data, &want)
	if err != nil {
		return nil, gvk, err
	}
	if *gvk != want {
		return nil, gvk, fmt.Errorf("apiVersion and kind must be %s %s, not %s %s",
			want.GroupVersion(), want.Kind, gvk.GroupVersion(), gvk.Kind)
	}
	found, err := decode(content)
	return append(problems, found...), gvk, err
}

func (s *serializer) strictError(problems []error) error {
	if !s.strict || len(problems) == 0 {
		return nil
	}
	return runtime.NewStrictDecodingError(problems)
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

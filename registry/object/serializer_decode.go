package object

import (
	"bytes"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

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

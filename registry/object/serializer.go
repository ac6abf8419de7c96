package object

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/recognizer"
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

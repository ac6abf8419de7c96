package object

import (
	"io"

	"google.golang.org/protobuf/encoding/protowire"
	"k8s.io/apimachinery/pkg/runtime"
)

// protobufPrefix begins every Kubernetes protobuf message that says what it is.
const protobufPrefix = "k8s\x00"

var (
	metadataTag = protowire.EncodeTag(metadataNumber, protowire.BytesType)
	itemsTag    = protowire.EncodeTag(2, protowire.BytesType)
	rawTag      = protowire.EncodeTag(2, protowire.BytesType)
)

// envelopeEnd are the envelope's contentEncoding and contentType, both empty and both
// always written, as upstream does.
const envelopeEnd = "\x1a\x00\x22\x00"

// appendEnvelope appends everything of the envelope that stands before the length of
// what is in it.
func (k *Kind) appendEnvelope(dst []byte, kind string) []byte {
	dst = append(dst, protobufPrefix...)
	typeMeta := runtime.TypeMeta{APIVersion: k.apiVersion, Kind: kind}
	content, err := typeMeta.Marshal()
	if err != nil {
		panic("two strings cannot be encoded: " + err.Error()) // gogo's Marshal of strings has no failing path
	}
	dst = protowire.AppendVarint(dst, protowire.EncodeTag(1, protowire.BytesType))
	dst = protowire.AppendBytes(dst, content)
	return protowire.AppendVarint(dst, rawTag)
}

// Size implements the protobuf interfaces: the size of metadata, spec and status.
func (o *Object) Size() int {
	metadata := o.ObjectMeta.Size()
	return 1 + protowire.SizeBytes(metadata) + len(o.Body)
}

// Marshal returns the object's protobuf encoding.
func (o *Object) Marshal() ([]byte, error) {
	data := make([]byte, o.Size())
	n, err := o.MarshalToSizedBuffer(data)
	return data[len(data)-n:], err
}

// MarshalTo implements runtime.ProtobufMarshaller.
func (o *Object) MarshalTo(data []byte) (int, error) {
	return o.MarshalToSizedBuffer(data[:o.Size()])
}

// MarshalToSizedBuffer implements runtime.ProtobufReverseMarshaller.
func (o *Object) MarshalToSizedBuffer(data []byte) (int, error) {
	i := len(data) - len(o.Body)
	copy(data[i:], o.Body)
	size, err := o.ObjectMeta.MarshalToSizedBuffer(data[:i])
	if err != nil {
		return 0, err
	}
	i -= size + protowire.SizeVarint(uint64(size))
	protowire.AppendVarint(data[i:i], uint64(size))
	i--
	data[i] = byte(metadataTag)
	return len(data) - i, nil
}

// appendProtobuf appends the object's encoding.
func (o *Object) appendProtobuf(dst []byte) ([]byte, error) {
	size := o.ObjectMeta.Size()
	dst = protowire.AppendVarint(dst, metadataTag)
	dst = protowire.AppendVarint(dst, uint64(size))
	start := len(dst)
	dst = grow(dst, size)
	if _, err := o.ObjectMeta.MarshalToSizedBuffer(dst[start:]); err != nil {
		return nil, err
	}
	return append(dst, o.Body...), nil
}

// grow extends a slice by n bytes whose content the caller sets.
func grow(dst []byte, n int) []byte {
	for cap(dst)-len(dst) < n {
		dst = append(dst[:cap(dst)], 0)[:len(dst)]
	}
	return dst[:len(dst)+n]
}

func (k *Kind) writeProtobuf(o *Object, w io.Writer) error {
	buffer := k.encode.get()
	defer k.encode.put(buffer)
	data := append(*buffer, k.encode.envelope...)
	data = protowire.AppendVarint(data, uint64(o.Size()))
	data, err := o.appendProtobuf(data)
	if err != nil {
		return err
	}
	*buffer = append(data, envelopeEnd...)
	_, err = w.Write(*buffer)
	return err
}

// writeProtobufList writes a list item by item. The first write is the prefix alone:
// that is how response compression recognises an answer that streams.
func (k *Kind) writeProtobufList(list *List, w io.Writer) error {
	buffer := k.encode.get()
	defer k.encode.put(buffer)
	sizes := make([]int, len(list.Items))
	metadata, err := list.ListMeta.Marshal()
	if err != nil {
		return err
	}
	total := 1 + protowire.SizeBytes(len(metadata))
	for i := range list.Items {
		sizes[i] = list.Items[i].Size()
		total += 1 + protowire.SizeBytes(sizes[i])
	}
	if _, err := io.WriteString(w, protobufPrefix); err != nil {
		return err
	}
	data := append(*buffer, k.encode.listEnvelope[len(protobufPrefix):]...)
	data = protowire.AppendVarint(data, uint64(total))
	data = protowire.AppendVarint(data, metadataTag)
	data = protowire.AppendBytes(data, metadata)
	for i := range list.Items {
		data = protowire.AppendVarint(data, itemsTag)
		data = protowire.AppendVarint(data, uint64(sizes[i]))
		if data, err = list.Items[i].appendProtobuf(data); err != nil {
			return err
		}
		if len(data) < flushSize {
			continue
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
		data = data[:0]
	}
	*buffer = append(data, envelopeEnd...)
	_, err = w.Write(*buffer)
	return err
}

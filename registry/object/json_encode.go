package object

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// encodePlan holds what encoders need ready: constant beginnings and buffers.
type encodePlan struct {
	jsonBegin     string // {"kind":…,"apiVersion":…,"metadata":
	jsonListBegin string // the same of lists, without the first brace
	envelope      []byte // of protobuf objects, up to and without the object's length
	listEnvelope  []byte
	buffers       sync.Pool
}

func (p *encodePlan) get() *[]byte {
	buffer := p.buffers.Get().(*[]byte)
	*buffer = (*buffer)[:0]
	return buffer
}

// maxPooledBuffer bounds what an exceptionally large object leaves behind in the pool.
const maxPooledBuffer = 1 << 20

func (p *encodePlan) put(buffer *[]byte) {
	if cap(*buffer) <= maxPooledBuffer {
		p.buffers.Put(buffer)
	}
}

func (k *Kind) compileEncoding() error {
	k.encode.buffers.New = func() any { buffer := make([]byte, 0, 2*flushSize); return &buffer }
	begin := func(kind string) []byte {
		text := appendJSONString([]byte(`"kind":`), kind)
		text = appendJSONString(append(text, `,"apiVersion":`...), k.apiVersion)
		return append(text, `,"metadata":`...)
	}
	k.encode.jsonBegin = "{" + string(begin(k.gvk.Kind))
	k.encode.jsonListBegin = string(begin(k.listGVK.Kind))
	k.encode.envelope = k.appendEnvelope(nil, k.gvk.Kind)
	k.encode.listEnvelope = k.appendEnvelope(nil, k.listGVK.Kind)
	return nil
}

// MarshalJSON implements json.Marshaler.
func (o *Object) MarshalJSON() ([]byte, error) {
	if o.kind == nil {
		return nil, errNoKind
	}
	return o.appendJSON(make([]byte, 0, 512+2*len(o.Body)))
}

func (o *Object) appendJSON(dst []byte) ([]byte, error) {
	dst = append(dst, o.kind.encode.jsonBegin...)
	dst, err := appendMetadata(dst, &o.ObjectMeta)
	if err != nil {
		return nil, fmt.Errorf("metadata of %s: %w", o.Name, err)
	}
	dst = o.kind.plan.root.appendJSONFields(dst, o.Body, true)
	return append(dst, '}'), nil
}

// appendJSONFields appends the members of a JSON object for a message. Bodies are in
// ascending order, as are the plan's fields, so one pass over both finds everything.
func (m *message) appendJSONFields(dst []byte, body string, comma bool) []byte {
	next := 0
	for body != "" {
		var tag uint64
		var payload string
		tag, payload, body = readField(body)
		for m.fields[next].tag != tag {
			next++
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		field := m.fields[next]
		dst = append(dst, field.jsonKey...)
		dst = field.appendJSONValue(dst, payload)
	}
	return dst
}

func (f *planField) appendJSONValue(dst []byte, payload string) []byte {
	if f.message != nil {
		dst = f.message.appendJSONFields(append(dst, '{'), payload, false)
		return append(dst, '}')
	}
	switch f.valueType {
	case adapters.StringType:
		return appendJSONString(dst, payload)
	case adapters.IntegerType:
		value, _ := readVarint(payload)
		return strconv.AppendInt(dst, int64(value), 10)
	case adapters.BooleanType:
		return strconv.AppendBool(dst, payload[0] != 0)
	case adapters.NumberType:
		return appendJSONFloat(dst, math.Float64frombits(readFixed64(payload)), 64)
	case adapters.FloatType:
		return appendJSONFloat(dst, float64(math.Float32frombits(readFixed32(payload))), 32)
	case adapters.BytesType:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(payload))
		return append(dst, '"')
	case adapters.JSONType:
		return appendDocument(dst, payload)
	default:
		return appendJSONItems(dst, payload)
	}
}

func appendJSONItems(dst []byte, payload string) []byte {
	dst = append(dst, '[')
	for first := true; payload != ""; first = false {
		if !first {
			dst = append(dst, ',')
		}
		var item string
		_, item, payload = readField(payload)
		dst = appendJSONString(dst, item)
	}
	return append(dst, ']')
}

// appendMetadata appends object metadata as encoding/json writes it. Fields that
// bridged objects never have take the slow way.
func appendMetadata(dst []byte, m *metav1.ObjectMeta) ([]byte, error) {
	if m.DeletionTimestamp != nil || m.DeletionGracePeriodSeconds != nil || len(m.OwnerReferences) > 0 ||
		len(m.Finalizers) > 0 || len(m.ManagedFields) > 0 {
		slow, err := json.Marshal(m)
		return append(dst, slow...), err
	}
	begin := len(dst)
	dst = append(dst, '{')
	dst = appendMember(dst, `"name":`, m.Name)
	dst = appendMember(dst, `"generateName":`, m.GenerateName)
	dst = appendMember(dst, `"namespace":`, m.Namespace)
	dst = appendMember(dst, `"selfLink":`, m.GetSelfLink())
	dst = appendMember(dst, `"uid":`, string(m.UID))
	dst = appendMember(dst, `"resourceVersion":`, m.ResourceVersion)
	if m.Generation != 0 {
		dst = strconv.AppendInt(append(dst, `"generation":`...), m.Generation, 10)
		dst = append(dst, ',')
	}
	if !m.CreationTimestamp.IsZero() {
		dst = append(dst, `"creationTimestamp":"`...)
		dst = m.CreationTimestamp.UTC().AppendFormat(dst, time.RFC3339)
		dst = append(dst, `",`...)
	}
	dst = appendStringMap(dst, `"labels":`, m.Labels)
	dst = appendStringMap(dst, `"annotations":`, m.Annotations)
	if len(dst) == begin+1 {
		return append(dst, '}'), nil
	}
	dst[len(dst)-1] = '}' // in place of the last comma
	return dst, nil
}

func appendMember(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return append(appendJSONString(append(dst, key...), value), ',')
}

func appendStringMap(dst []byte, key string, values map[string]string) []byte {
	if len(values) == 0 {
		return dst
	}
	dst = append(append(dst, key...), '{')
	if len(values) == 1 {
		for name, value := range values {
			dst = appendPair(dst, name, value)
		}
	} else {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			dst = appendPair(dst, name, values[name])
		}
	}
	dst[len(dst)-1] = '}'
	return append(dst, ',')
}

func appendPair(dst []byte, name, value string) []byte {
	dst = append(appendJSONString(dst, name), ':')
	return append(appendJSONString(dst, value), ',')
}

// flushSize is how much is gathered before it is written out.
const flushSize = 32 << 10

func (k *Kind) writeJSON(o *Object, w io.Writer) error {
	buffer := k.encode.get()
	defer k.encode.put(buffer)
	text, err := o.appendJSON(*buffer)
	if err != nil {
		return err
	}
	*buffer = append(text, '\n')
	_, err = w.Write(*buffer)
	return err
}

// writeJSONList writes a list item by item. The first write is a lone brace: that is
// how response compression recognises an answer that streams.
func (k *Kind) writeJSONList(list *List, w io.Writer) error {
	buffer := k.encode.get()
	defer k.encode.put(buffer)
	if _, err := w.Write([]byte{'{'}); err != nil {
		return err
	}
	text := append(*buffer, k.encode.jsonListBegin...)
	metadata, err := json.Marshal(&list.ListMeta)
	if err != nil {
		return fmt.Errorf("list metadata: %w", err)
	}
	text = append(append(text, metadata...), `,"items":`...)
	if list.Items == nil {
		*buffer = append(text, "null}\n"...)
		_, err = w.Write(*buffer)
		return err
	}
	text = append(text, '[')
	for i := range list.Items {
		if i > 0 {
			text = append(text, ',')
		}
		if text, err = list.Items[i].of(k).appendJSON(text); err != nil {
			return err
		}
		if len(text) < flushSize {
			continue
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		text = text[:0]
	}
	*buffer = append(text, "]}\n"...)
	_, err = w.Write(*buffer)
	return err
}

// of returns the object itself, as one of kind k where it has none yet.
func (o *Object) of(k *Kind) *Object {
	if o.kind == nil {
		o.kind = k
	}
	return o
}

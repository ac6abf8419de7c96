package object

import (
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// image is the form of a record that is kept in memory for as long as it is the present
// one: everything in one string, so that it costs little more than the record itself
// and gives the garbage collector one pointer to follow.
type image struct {
	// data holds name, namespace, UID, metadata values and body, one after the other.
	data string
	// created is the creation timestamp in seconds since 1970, where hasCreated.
	created      int64
	labels       map[string]string // shared between images, never changed
	nameEnd      uint16
	namespaceEnd uint16
	bodyStart    uint32
	hasCreated   bool
}

const uidLength = 16

func (i *image) name() string      { return i.data[:i.nameEnd] }
func (i *image) namespace() string { return i.data[i.nameEnd:i.namespaceEnd] }
func (i *image) metadata() string  { return i.data[int(i.namespaceEnd)+uidLength : i.bodyStart] }
func (i *image) body() string      { return i.data[i.bodyStart:] }

func (i *image) uid() (uid [uidLength]byte) {
	copy(uid[:], i.data[i.namespaceEnd:])
	return uid
}

// imageOverhead is what an image takes besides its data, in bytes.
const imageOverhead = 64

func (k *Kind) newImage(record adapters.Record) (*image, error) {
	namespace, name, err := k.ObjectName(record.Key)
	if err != nil {
		return nil, err
	}
	if len(record.Values) != len(k.sources) {
		return nil, fmt.Errorf("the record has %d values instead of %d", len(record.Values), len(k.sources))
	}
	buffer := k.encode.get()
	defer k.encode.put(buffer)
	data := append(*buffer, name...)
	data = append(data, namespace...)
	uid := k.uidOf(namespace, name)
	data = append(data, uid[:]...)
	made := &image{nameEnd: uint16(len(name)), namespaceEnd: uint16(len(name) + len(namespace))}
	if data, err = k.appendMetadataValues(data, record, made); err != nil {
		return nil, err
	}
	made.bodyStart = uint32(len(data))
	if data, err = k.plan.root.appendBody(data, record.Values); err != nil {
		return nil, err
	}
	*buffer = data
	made.data = string(data)
	return made, nil
}

// appendMetadataValues appends the record's metadata values, each as its length plus
// one and its text, or as zero where it is Null.
func (k *Kind) appendMetadataValues(data []byte, record adapters.Record, made *image) ([]byte, error) {
	for i := k.meta.first; i < len(record.Values); i++ {
		value := record.Values[i]
		if value.IsNull() {
			data = append(data, 0)
			continue
		}
		if value.Kind() != adapters.StringKind {
			return nil, fmt.Errorf("%s: expected a text, got %s", k.sources[i].Path, describeValue(value))
		}
		data = protowire.AppendVarint(data, uint64(len(value.Text()))+1)
		data = append(data, value.Text()...)
	}
	if k.meta.created >= 0 && !record.Values[k.meta.created].IsNull() {
		created, err := parseCreated(record.Values[k.meta.created].Text())
		if err != nil {
			return nil, err
		}
		made.created, made.hasCreated = created.Unix(), true
	}
	made.labels = k.labels.of(k.meta.labels, record.Values)
	return data, nil
}

// metadataTexts calls visit with the position and text of each metadata value that is
// not Null.
func (k *Kind) metadataTexts(i *image, visit func(position int, text string)) {
	rest := i.metadata()
	for position := k.meta.first; rest != ""; position++ {
		var length uint64
		length, rest = readVarint(rest)
		if length == 0 {
			continue
		}
		visit(position, rest[:length-1])
		rest = rest[length-1:]
	}
}

// fill makes o the object that an image shows at a revision. Strings share the image's
// memory; labels are shared between objects.
func (k *Kind) fill(o *Object, i *image, revision adapters.Revision) {
	o.kind = k
	o.TypeMeta = metav1.TypeMeta{Kind: k.gvk.Kind, APIVersion: k.apiVersion}
	o.Body = i.body()
	o.Name, o.Namespace = i.name(), i.namespace()
	o.Labels = i.labels
	var room [uidTextLength + 20]byte
	text := appendUID(room[:0], i.uid())
	if revision != 0 {
		text = appendUint(text, uint64(revision))
	}
	both := string(text)
	o.UID, o.ResourceVersion = types.UID(both[:uidTextLength]), both[uidTextLength:]
	if i.hasCreated {
		o.CreationTimestamp = metav1.Time{Time: time.Unix(i.created, 0).UTC()}
	}
	if len(k.meta.annotations) == 0 && k.meta.created < 0 {
		return
	}
	k.metadataTexts(i, func(position int, text string) {
		if position == k.meta.created {
			o.Created = text
			return
		}
		if key, ok := k.annotationAt(position); ok {
			if o.Annotations == nil {
				o.Annotations = make(map[string]string, len(k.meta.annotations))
			}
			o.Annotations[key] = text
		}
	})
}

func (k *Kind) annotationAt(position int) (string, bool) {
	if len(k.meta.annotations) == 0 {
		return "", false
	}
	index := position - k.meta.annotations[0].position
	if index < 0 || index >= len(k.meta.annotations) {
		return "", false
	}
	return k.meta.annotations[index].key, true
}

// record returns the record that an image was made from.
func (k *Kind) record(i *image) (adapters.Record, error) {
	key, err := k.RecordKey(i.namespace(), i.name())
	if err != nil {
		return adapters.Record{}, err
	}
	values := make([]adapters.Value, len(k.sources))
	k.plan.root.readValues(i.body(), values)
	k.metadataTexts(i, func(position int, text string) { values[position] = adapters.String(text) })
	return adapters.Record{Key: key, Values: values}, nil
}

// labelSets shares equal label maps between images: the values of label columns are
// few. It is bounded; beyond the bound, each image has its own map.
type labelSets struct {
	mutex sync.Mutex
	sets  map[string]map[string]string
}

const maxLabelSets = 4096

func newLabelSets() *labelSets { return &labelSets{sets: map[string]map[string]string{}} }

func (s *labelSets) of(sources []metadataValue, values []adapters.Value) map[string]string {
	if len(sources) == 0 {
		return nil
	}
	var room [128]byte
	identity := room[:0]
	count := 0
	for _, source := range sources {
		value := values[source.position]
		if value.IsNull() {
			identity = append(identity, 0)
			continue
		}
		count++
		identity = protowire.AppendVarint(identity, uint64(len(value.Text()))+1)
		identity = append(identity, value.Text()...)
	}
	if count == 0 {
		return nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if set, ok := s.sets[string(identity)]; ok {
		return set
	}
	set := make(map[string]string, count)
	for _, source := range sources {
		if value := values[source.position]; !value.IsNull() {
			set[source.key] = value.Text()
		}
	}
	if len(s.sets) < maxLabelSets {
		s.sets[string(identity)] = set
	}
	return set
}

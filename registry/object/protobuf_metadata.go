package object

import (
	"errors"
	"fmt"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	labelsNumber      = 11
	annotationsNumber = 12
)

// metadataNumbers are the field numbers of metav1.ObjectMeta.
const metadataNumbers = 1<<1 | 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<17

// readMetadata leaves object metadata to upstream's decoder, and checks what that one
// lets through: unknown fields, broken map entries, and texts that are not valid UTF-8.
func (r *bodyReader) readMetadata(wireType protowire.Type, value []byte) error {
	if wireType != protowire.BytesType {
		return fmt.Errorf("metadata: protobuf wire type %d does not fit field number %d", wireType, metadataNumber)
	}
	content, _ := protowire.ConsumeBytes(value)
	for rest := content; len(rest) > 0; {
		number, wireType, n := protowire.ConsumeField(rest)
		if n < 0 {
			return malformed("metadata", n)
		}
		if number > 17 || metadataNumbers&(1<<number) == 0 {
			return fmt.Errorf("metadata: unknown protobuf field number %d", number)
		}
		if number == labelsNumber || number == annotationsNumber {
			if err := checkPair(wireType, rest[:n]); err != nil {
				return err
			}
		}
		rest = rest[n:]
	}
	if err := r.metadata.Unmarshal(content); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	return checkMetadataText(&r.metadata)
}

// checkPair checks an entry of labels or annotations: upstream's decoder reads past the
// end of one whose lengths are wrong.
func checkPair(wireType protowire.Type, field []byte) error {
	if wireType != protowire.BytesType {
		return fmt.Errorf("metadata: labels and annotations cannot have wire type %d", wireType)
	}
	_, _, n := protowire.ConsumeTag(field)
	pair, _ := protowire.ConsumeBytes(field[n:])
	for len(pair) > 0 {
		number, wireType, n := protowire.ConsumeField(pair)
		if n < 0 {
			return malformed("metadata", n)
		}
		if number > 2 || wireType != protowire.BytesType {
			return fmt.Errorf("metadata: unknown protobuf field number %d with wire type %d in a label or annotation", number, wireType)
		}
		pair = pair[n:]
	}
	return nil
}

func checkMetadataText(m *metav1.ObjectMeta) error {
	check := func(path string, texts ...string) error {
		for _, text := range texts {
			if !utf8.ValidString(text) {
				return fmt.Errorf("metadata.%s: %w", path, errInvalidUTF8)
			}
		}
		return nil
	}
	problems := []error{
		check("name", m.Name), check("generateName", m.GenerateName), check("namespace", m.Namespace),
		check("selfLink", m.GetSelfLink()), check("uid", string(m.UID)), check("resourceVersion", m.ResourceVersion),
		check("finalizers", m.Finalizers...),
	}
	for key, value := range m.Labels {
		problems = append(problems, check("labels", key, value))
	}
	for key, value := range m.Annotations {
		problems = append(problems, check("annotations", key, value))
	}
	for i := range m.OwnerReferences {
		owner := &m.OwnerReferences[i]
		problems = append(problems, check("ownerReferences", owner.APIVersion, owner.Kind, owner.Name, string(owner.UID)))
	}
	return errors.Join(problems...)
}

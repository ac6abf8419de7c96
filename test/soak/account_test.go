package soak

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"google.golang.org/protobuf/encoding/protowire"
)

// Account is the kind under test as a client that has only its .proto would write it:
// it shares no code with the server.
type Account struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec AccountSpec `json:"spec"`
}

// AccountSpec is the content of a row.
type AccountSpec struct {
	Token   string `json:"token,omitempty"`
	Balance string `json:"balance,omitempty"`
	Note    string `json:"note,omitempty"`
	Code    string `json:"code,omitempty"`
}

// AccountList is a list of accounts.
type AccountList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []Account `json:"items"`
}

var accounts = schema.GroupVersion{Group: "soak.example.com", Version: "v1"}

// newScheme returns what a client needs to know of the kind.
func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(accounts, &Account{}, &AccountList{})
	metav1.AddToGroupVersion(scheme, accounts)
	return scheme
}

// key returns the row's key.
func (a *Account) key() rowKey { return rowKey{region: a.Namespace, code: a.Spec.Code} }

func (a *Account) DeepCopyObject() runtime.Object {
	copied := *a
	a.ObjectMeta.DeepCopyInto(&copied.ObjectMeta)
	return &copied
}

func (l *AccountList) DeepCopyObject() runtime.Object {
	copied := *l
	l.ListMeta.DeepCopyInto(&copied.ListMeta)
	copied.Items = make([]Account, len(l.Items))
	for i := range l.Items {
		copied.Items[i] = *l.Items[i].DeepCopyObject().(*Account)
	}
	return &copied
}

// Numbers of the fields, as in the mapping.
const (
	numberMetadata = 1
	numberSpec     = 2
	numberItems    = 2

	numberToken   = 1
	numberBalance = 2
	numberNote    = 3
	numberCode    = 4
)

func (a *Account) Reset() { *a = Account{} }

func (a *Account) Unmarshal(data []byte) error {
	return eachField(data, func(number protowire.Number, content []byte) error {
		switch number {
		case numberMetadata:
			return a.ObjectMeta.Unmarshal(content)
		case numberSpec:
			return a.Spec.unmarshal(content)
		}
		return nil
	})
}

func (s *AccountSpec) unmarshal(data []byte) error {
	fields := map[protowire.Number]*string{
		numberToken: &s.Token, numberBalance: &s.Balance, numberNote: &s.Note, numberCode: &s.Code,
	}
	return eachField(data, func(number protowire.Number, content []byte) error {
		field, known := fields[number]
		if !known {
			return fmt.Errorf("the spec has a field %d that the .proto doesn't have", number)
		}
		*field = string(content)
		return nil
	})
}

func (a *Account) Marshal() ([]byte, error) {
	metadata, err := a.ObjectMeta.Marshal()
	if err != nil {
		return nil, err
	}
	var spec []byte
	for number, text := range []string{numberToken: a.Spec.Token, numberBalance: a.Spec.Balance, numberNote: a.Spec.Note, numberCode: a.Spec.Code} {
		if text != "" {
			spec = appendField(spec, protowire.Number(number), []byte(text))
		}
	}
	return appendField(appendField(nil, numberMetadata, metadata), numberSpec, spec), nil
}

func (l *AccountList) Reset() { *l = AccountList{} }

func (l *AccountList) Unmarshal(data []byte) error {
	return eachField(data, func(number protowire.Number, content []byte) error {
		switch number {
		case numberMetadata:
			return l.ListMeta.Unmarshal(content)
		case numberItems:
			var item Account
			if err := item.Unmarshal(content); err != nil {
				return err
			}
			l.Items = append(l.Items, item)
		}
		return nil
	})
}

func appendField(message []byte, number protowire.Number, content []byte) []byte {
	message = protowire.AppendTag(message, number, protowire.BytesType)
	return protowire.AppendBytes(message, content)
}

// eachField calls visit for every length-delimited field of a message, and fails for
// fields of any other wire type, which the kind doesn't have.
func eachField(message []byte, visit func(number protowire.Number, content []byte) error) error {
	for len(message) > 0 {
		number, wireType, tagSize := protowire.ConsumeTag(message)
		if tagSize < 0 {
			return protowire.ParseError(tagSize)
		}
		if wireType != protowire.BytesType {
			return fmt.Errorf("field %d has wire type %d, want %d", number, wireType, protowire.BytesType)
		}
		content, size := protowire.ConsumeBytes(message[tagSize:])
		if size < 0 {
			return protowire.ParseError(size)
		}
		if err := visit(number, content); err != nil {
			return err
		}
		message = message[tagSize+size:]
	}
	return nil
}

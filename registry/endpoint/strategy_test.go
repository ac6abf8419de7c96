package endpoint

import (
	"context"
	"encoding/json"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

func decode(t *testing.T, kind *object.Kind, document string) *object.Object {
	t.Helper()
	o := kind.NewObject()
	if err := json.Unmarshal([]byte(document), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// body returns spec and status as JSON.
func body(t *testing.T, o *object.Object) string {
	t.Helper()
	encoded, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var content map[string]any
	if err := json.Unmarshal(encoded, &content); err != nil {
		t.Fatal(err)
	}
	delete(content, "metadata")
	delete(content, "kind")
	delete(content, "apiVersion")
	encoded, err = json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func TestReadOnlyFieldsAreResetWithAWarning(t *testing.T) {
	kind := customerKind(t)
	stored := `{"metadata":{"name":"a","namespace":"eu"},"spec":{"companyName":"A","enteredBy":"kim"},"status":{"balance":"7"}}`
	for _, test := range []struct {
		name     string
		given    string
		creation bool
		want     string
		warnings []string
	}{
		{
			name: "creation", creation: true,
			given:    `{"metadata":{"name":"a","namespace":"eu"},"spec":{"companyName":"A","enteredBy":"me"},"status":{"balance":"1"}}`,
			want:     `{"spec":{"companyName":"A"}}`,
			warnings: []string{"spec.enteredBy: is read-only", "status.balance: is read-only"},
		},
		{
			name:  "update that repeats what is there",
			given: `{"metadata":{"name":"a","namespace":"eu"},"spec":{"companyName":"B","enteredBy":"kim"},"status":{"balance":"7"}}`,
			want:  `{"spec":{"companyName":"B","enteredBy":"kim"},"status":{"balance":"7"}}`,
		},
		{
			name:     "update of a read-only field",
			given:    `{"metadata":{"name":"a","namespace":"eu"},"spec":{"companyName":"B","enteredBy":"kim"},"status":{"balance":"8"}}`,
			want:     `{"spec":{"companyName":"B","enteredBy":"kim"},"status":{"balance":"7"}}`,
			warnings: []string{"status.balance: is read-only"},
		},
		{
			name:     "update without them",
			given:    `{"metadata":{"name":"a","namespace":"eu"},"spec":{"companyName":"B"}}`,
			want:     `{"spec":{"companyName":"B","enteredBy":"kim"},"status":{"balance":"7"}}`,
			warnings: []string{"spec.enteredBy: is read-only", "status.balance: is read-only"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, recorded := recordWarnings()
			o := decode(t, kind, test.given)
			if test.creation {
				newStrategy(kind).PrepareForCreate(ctx, o)
			} else {
				newStrategy(kind).PrepareForUpdate(ctx, o, decode(t, kind, stored))
			}
			if got := body(t, o); got != test.want {
				t.Errorf("prepared %s, want %s", got, test.want)
			}
			recorded.mention(t, test.warnings...)
		})
	}
}

// A dry run answers with the object as PrepareForCreate left it, so it must already
// have the identity that a stored object has.
func TestCreationHasTheIdentityOfTheStoredObject(t *testing.T) {
	kind := customerKind(t)
	o := decode(t, kind, `{"metadata":{"name":"a","namespace":"eu","uid":"x"},"spec":{"companyName":"A"}}`)
	o.CreationTimestamp = metav1.Now()
	newStrategy(kind).PrepareForCreate(context.Background(), o)
	if string(o.UID) != kind.UID("eu", "a") {
		t.Errorf("uid %s", o.UID)
	}
	if !o.CreationTimestamp.IsZero() {
		t.Errorf("creationTimestamp %s, which no column keeps", o.CreationTimestamp)
	}
}

func TestManagedFieldsAreDropped(t *testing.T) {
	kind := customerKind(t)
	for _, test := range []struct {
		name     string
		apply    bool
		warnings []string
	}{
		{"given by a client", false, []string{"metadata.managedFields"}},
		{"made by server-side apply, which has warned", true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, recorded := recordWarnings()
			ctx = context.WithValue(ctx, applyContextKey{}, test.apply)
			o := decode(t, kind, `{"metadata":{"name":"a","namespace":"eu"},"spec":{"companyName":"A"}}`)
			o.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "m"}}
			newStrategy(kind).PrepareForCreate(ctx, o)
			if o.ManagedFields != nil {
				t.Error("managed fields are left")
			}
			recorded.mention(t, test.warnings...)
		})
	}
}

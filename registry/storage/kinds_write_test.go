package storage_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	apistorage "k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

const acme = `{"name":"Acme","status":"Active","limit":"100.50","visits":7,"photo":"AP8="}`

func runKindCreate(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	if created.ResourceVersion == "" || created.UID == "" {
		t.Errorf("created with resourceVersion %q and uid %q", created.ResourceVersion, created.UID)
	}
	want := map[string]any{"name": "Acme", "status": "Active", "limit": "100.50", "visits": float64(7), "photo": "AP8="}
	if got := spec(t, created); !maps.Equal(got, want) {
		t.Errorf("created %v, want %v", got, want)
	}
	if got, want := document(t, s.get(t, "eu", "acme")), document(t, created); got != want {
		t.Errorf("get gave\n%s\nafter create gave\n%s", got, want)
	}
	preset := s.object(t, "eu", "other", acme)
	preset.ResourceVersion = "1"
	err := s.Create(t.Context(), s.key("eu", "other"), preset, nil, 0)
	if !errors.Is(err, apistorage.ErrResourceVersionSetOnCreate) {
		t.Errorf("with a resourceVersion: %v", err)
	}
}

func runKindCreateExisting(t *testing.T, s *kindStore) {
	s.create(t, "eu", "acme", acme)
	err := s.Create(t.Context(), s.key("eu", "acme"), s.object(t, "eu", "acme", `{"name":"Other"}`), nil, 0)
	if !apistorage.IsExist(err) {
		t.Errorf("a taken name: %v", err)
	}
	if got := spec(t, s.get(t, "eu", "acme"))["name"]; got != "Acme" {
		t.Errorf("the object is %v afterwards", got)
	}
}

func runKindUpdate(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	updated := s.put(t, "eu", "acme", `{"name":"Acme","status":"Inactive"}`)
	if mustParse(t, updated.ResourceVersion) <= mustParse(t, created.ResourceVersion) || updated.UID != created.UID {
		t.Errorf("updated %s/%s to %s/%s", created.ResourceVersion, created.UID, updated.ResourceVersion, updated.UID)
	}
	if got, want := spec(t, updated), map[string]any{"name": "Acme", "status": "Inactive"}; !maps.Equal(got, want) {
		t.Errorf("updated to %v, want %v", got, want)
	}
	if got, want := document(t, s.get(t, "eu", "acme")), document(t, updated); got != want {
		t.Errorf("get gave\n%s\nafter update gave\n%s", got, want)
	}
}

func runKindUpdateWithoutChange(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	head, err := s.table.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same := s.put(t, "eu", "acme", acme)
	if document(t, same) != document(t, created) {
		t.Errorf("an update without a change made\n%s\nof\n%s", document(t, same), document(t, created))
	}
	if after, err := s.table.Head(t.Context()); err != nil || after != head {
		t.Errorf("the backend moved from %s to %s: %v", head, after, err)
	}
}

func runKindUpdateWithConflict(t *testing.T, s *kindStore) {
	s.create(t, "eu", "acme", acme)
	calls := 0
	out := s.kind.NewObject()
	err := s.GuaranteedUpdate(t.Context(), s.key("eu", "acme"), out, false, nil, func(input runtime.Object, _ apistorage.ResponseMeta) (runtime.Object, *uint64, error) {
		calls++
		if calls == 1 {
			changed := s.with(t, s.record(t, "eu", "acme"), "spec.visits", adapters.Int(8))
			s.foreign(t, func(tx *memory.Transaction) error { return tx.Update(changed) })
		}
		visits := spec(t, input.(*object.Object))["visits"]
		if want := float64(6 + calls); visits != want {
			t.Errorf("call %d saw %v visits, want %v", calls, visits, want)
		}
		return s.object(t, "eu", "acme", `{"name":"Acme","visits":9}`), nil, nil
	}, nil)
	if err != nil || calls != 2 {
		t.Fatalf("%d calls, error %v", calls, err)
	}
	if got := spec(t, out)["visits"]; got != float64(9) {
		t.Errorf("updated to %v visits", got)
	}
}

func runKindUpdateWithPreconditions(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	stale, wrong := created.ResourceVersion, types.UID("another")
	updated := s.put(t, "eu", "acme", `{"name":"Acme"}`)
	for name, preconditions := range map[string]*apistorage.Preconditions{
		"resourceVersion": {ResourceVersion: &stale}, "uid": {UID: &wrong},
	} {
		err := s.GuaranteedUpdate(t.Context(), s.key("eu", "acme"), s.kind.NewObject(), false, preconditions, s.withSpec(t, "eu", "acme", acme), nil)
		if !apistorage.IsInvalidObj(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fresh := &apistorage.Preconditions{ResourceVersion: &updated.ResourceVersion, UID: &updated.UID}
	if err := s.GuaranteedUpdate(t.Context(), s.key("eu", "acme"), s.kind.NewObject(), false, fresh, s.withSpec(t, "eu", "acme", acme), nil); err != nil {
		t.Errorf("preconditions that hold: %v", err)
	}
}

func runKindUpdateOfMissing(t *testing.T, s *kindStore) {
	out := s.kind.NewObject()
	err := s.GuaranteedUpdate(t.Context(), s.key("eu", "acme"), out, false, nil, s.withSpec(t, "eu", "acme", acme), nil)
	if !apistorage.IsNotFound(err) {
		t.Errorf("without ignoreNotFound: %v", err)
	}
	err = s.GuaranteedUpdate(t.Context(), s.key("eu", "acme"), out, true, nil, s.withSpec(t, "eu", "acme", acme), nil)
	if err != nil || spec(t, out)["name"] != "Acme" {
		t.Errorf("with ignoreNotFound: %v, %s", err, document(t, out))
	}
}

func runKindDelete(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	deleted := s.delete(t, "eu", "acme")
	if mustParse(t, deleted.ResourceVersion) <= mustParse(t, created.ResourceVersion) {
		t.Errorf("deleted at %s what was created at %s", deleted.ResourceVersion, created.ResourceVersion)
	}
	if !reflect.DeepEqual(spec(t, deleted), spec(t, created)) {
		t.Errorf("deleted %s", document(t, deleted))
	}
	again := s.Delete(t.Context(), s.key("eu", "acme"), s.kind.NewObject(), nil, apistorage.ValidateAllObjectFunc, nil, apistorage.DeleteOptions{})
	if !apistorage.IsNotFound(again) {
		t.Errorf("deleted twice: %v", again)
	}
	if err := s.Get(t.Context(), s.key("eu", "acme"), apistorage.GetOptions{}, s.kind.NewObject()); !apistorage.IsNotFound(err) {
		t.Errorf("read after deletion: %v", err)
	}
}

func runKindDeleteWithPreconditions(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	stale := created.ResourceVersion
	updated := s.put(t, "eu", "acme", `{"name":"Acme"}`)
	remove := func(revision string) error {
		return s.Delete(t.Context(), s.key("eu", "acme"), s.kind.NewObject(), &apistorage.Preconditions{ResourceVersion: &revision},
			apistorage.ValidateAllObjectFunc, nil, apistorage.DeleteOptions{})
	}
	if err := remove(stale); !apistorage.IsInvalidObj(err) {
		t.Errorf("stale resourceVersion: %v", err)
	}
	if err := remove(updated.ResourceVersion); err != nil {
		t.Errorf("present resourceVersion: %v", err)
	}
}

func runKindDeleteWithConflict(t *testing.T, s *kindStore) {
	s.create(t, "eu", "acme", acme)
	calls := 0
	out := s.kind.NewObject()
	err := s.Delete(t.Context(), s.key("eu", "acme"), out, nil, func(context.Context, runtime.Object) error {
		calls++
		if calls == 1 {
			changed := s.with(t, s.record(t, "eu", "acme"), "spec.visits", adapters.Int(8))
			s.foreign(t, func(tx *memory.Transaction) error { return tx.Update(changed) })
		}
		return nil
	}, nil, apistorage.DeleteOptions{})
	if err != nil || calls != 2 || spec(t, out)["visits"] != float64(8) {
		t.Errorf("%d calls, error %v, deleted %s", calls, err, document(t, out))
	}
}

func runKindDeleteWithValidation(t *testing.T, s *kindStore) {
	s.create(t, "eu", "acme", acme)
	refusal := apierrors.NewForbidden(s.kind.Resource().GroupResource(), "acme", errors.New("the test says so"))
	err := s.Delete(t.Context(), s.key("eu", "acme"), s.kind.NewObject(), nil,
		func(context.Context, runtime.Object) error { return refusal }, nil, apistorage.DeleteOptions{})
	if !errors.Is(err, refusal) {
		t.Errorf("refused deletion: %v", err)
	}
	s.get(t, "eu", "acme")
}

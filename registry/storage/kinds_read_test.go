package storage_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apistorage "k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
)

// beyond is a legal revision that no history comes to.
const beyond = "9223372036854775807"

func runKindGet(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	for _, revision := range []string{"", "0", "1", created.ResourceVersion} {
		out := s.kind.NewObject()
		if err := s.Get(t.Context(), s.key("eu", "acme"), apistorage.GetOptions{ResourceVersion: revision}, out); err != nil {
			t.Errorf("resourceVersion %q: %v", revision, err)
		}
		if document(t, out) != document(t, created) {
			t.Errorf("resourceVersion %q gave %s", revision, document(t, out))
		}
	}
	out := s.kind.NewObject()
	if err := s.Get(t.Context(), s.key("eu", "none"), apistorage.GetOptions{}, out); !apistorage.IsNotFound(err) {
		t.Errorf("missing: %v", err)
	}
	if err := s.Get(t.Context(), s.key("eu", "none"), apistorage.GetOptions{IgnoreNotFound: true}, out); err != nil {
		t.Errorf("missing and ignored: %v", err)
	}
}

func runKindGetBadRevisions(t *testing.T, s *kindStore) {
	s.create(t, "eu", "acme", acme)
	get := func(revision string) error {
		return s.Get(t.Context(), s.key("eu", "acme"), apistorage.GetOptions{ResourceVersion: revision}, s.kind.NewObject())
	}
	for _, revision := range []string{"x", "-1", "9223372036854775808", "18446744073709551616"} {
		if err := get(revision); !apierrors.IsBadRequest(err) {
			t.Errorf("resourceVersion %q: %v", revision, err)
		}
	}
	err := get(beyond)
	if !apistorage.IsTooLargeResourceVersion(err) {
		t.Errorf("a revision to come: %v", err)
	}
	if status := apierrors.APIStatus(nil); !asStatus(err, &status) || status.Status().Code != http.StatusGatewayTimeout || status.Status().Details.RetryAfterSeconds != 1 {
		t.Errorf("a revision to come: %#v", err)
	}
}

// seed creates five objects, two of them in another namespace where there are any.
func seed(t *testing.T, s *kindStore) {
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		s.create(t, []string{"eu", "us"}[i%2], name, fmt.Sprintf(`{"name":"N%d","status":"%s"}`, i, []string{"Active", "Inactive"}[i%2]))
	}
	golden := s.with(t, s.record(t, "eu", "c"), "metadata.labels[tier]", adapters.String("gold"))
	s.foreign(t, func(tx *memory.Transaction) error { return tx.Update(golden) })
}

// inOrder sorts names as their keys are sorted: by namespace first.
func (s *kindStore) inOrder(names ...string) []string {
	if !s.kind.Namespaced() {
		return names
	}
	rank := func(name string) string { return []string{"eu", "us"}[(name[0]-'a')%2] + name }
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(rank(a), rank(b)) })
	return names
}

func runKindList(t *testing.T, s *kindStore) {
	empty := s.list(t, s.everything())
	if empty.Items == nil || len(empty.Items) != 0 || empty.ResourceVersion == "" {
		t.Errorf("the empty list is %#v", empty)
	}
	seed(t, s)
	all := s.list(t, s.everything())
	if want := s.inOrder("a", "b", "c", "d", "e"); !slices.Equal(names(all), want) {
		t.Errorf("listed %v, want %v", names(all), want)
	}
	for i := range all.Items {
		item := &all.Items[i]
		namespace := item.Namespace
		if document(t, item) != document(t, s.get(t, namespace, item.Name)) {
			t.Errorf("the item %s is not the object", document(t, item))
		}
	}
	for selector, want := range map[string][]string{
		"|spec.status=Inactive": {"b", "d"}, "tier=gold|": {"c"}, "!tier|spec.status=Active": {"a", "e"},
		"|metadata.name=d": {"d"}, "tier=silver|": {},
	} {
		label, field, _ := strings.Cut(selector, "|")
		if got := names(s.list(t, s.selecting(t, label, field))); !slices.Equal(got, s.inOrder(want...)) {
			t.Errorf("%s: listed %v, want %v", selector, got, want)
		}
	}
	if s.kind.Namespaced() {
		if got := names(s.list(t, s.selecting(t, "", "metadata.namespace=us"))); !slices.Equal(got, []string{"b", "d"}) {
			t.Errorf("by namespace: listed %v", got)
		}
	}
}

func runKindListPaging(t *testing.T, s *kindStore) {
	seed(t, s)
	want := s.inOrder("a", "b", "c", "d", "e")
	opts := s.everything()
	opts.Predicate.Limit = 2
	var got []string
	revision := ""
	for page := 0; ; page++ {
		list := s.list(t, opts)
		got = append(got, names(list)...)
		if page > 0 && list.ResourceVersion != revision {
			t.Errorf("page %d is at %s, the first one at %s", page, list.ResourceVersion, revision)
		}
		revision = list.ResourceVersion
		if remaining := list.RemainingItemCount; list.Continue != "" && (remaining == nil || int(*remaining) != len(want)-len(got)) {
			t.Errorf("page %d: remaining %v of %d", page, remaining, len(want)-len(got))
		}
		s.create(t, "eu", fmt.Sprintf("a%d", page), fmt.Sprintf(`{"name":"later %d"}`, page))
		if page == 0 {
			s.delete(t, []string{"eu", "us"}[(want[3][0]-'a')%2], want[3])
		}
		if list.Continue == "" {
			break
		}
		opts.Predicate.Continue = list.Continue
	}
	if !slices.Equal(got, want) {
		t.Errorf("pages gave %v, want %v", got, want)
	}
}

func runKindListPagingWithSelector(t *testing.T, s *kindStore) {
	seed(t, s)
	opts := s.selecting(t, "", "spec.status=Active")
	opts.Predicate.Limit = 1
	var got []string
	for {
		list := s.list(t, opts)
		got = append(got, names(list)...)
		if list.RemainingItemCount != nil {
			t.Errorf("remaining %d although a selector is given", *list.RemainingItemCount)
		}
		if list.Continue == "" {
			break
		}
		opts.Predicate.Continue = list.Continue
	}
	if want := s.inOrder("a", "c", "e"); !slices.Equal(got, want) {
		t.Errorf("pages gave %v, want %v", got, want)
	}
}

func runKindListPast(t *testing.T, s *kindStore) {
	first := s.create(t, "eu", "a", `{"name":"A"}`)
	second := s.put(t, "eu", "a", `{"name":"B"}`)
	gone := s.delete(t, "eu", "a")
	exact := func(revision string) (int, any, error) {
		opts := s.everything()
		opts.ResourceVersion, opts.ResourceVersionMatch = revision, metav1.ResourceVersionMatchExact
		list, err := s.tryList(t.Context(), opts)
		if err != nil || len(list.Items) == 0 {
			return 0, nil, err
		}
		return len(list.Items), spec(t, &list.Items[0])["name"], nil
	}
	for revision, want := range map[string]any{first.ResourceVersion: "A", second.ResourceVersion: "B", gone.ResourceVersion: nil} {
		if _, name, err := exact(revision); err != nil || name != want {
			t.Errorf("at %s: %v, %v, want %v", revision, name, err, want)
		}
	}
	s.mirror.Compact(adapters.Revision(mustParse(t, second.ResourceVersion)))
	if _, _, err := exact(first.ResourceVersion); !apierrors.IsResourceExpired(err) {
		t.Errorf("before the history: %v", err)
	}
	if _, name, err := exact(second.ResourceVersion); err != nil || name != "B" {
		t.Errorf("at the edge of the history: %v, %v", name, err)
	}
}

func runKindListInconsistentContinue(t *testing.T, s *kindStore) {
	seed(t, s)
	want := s.inOrder("a", "b", "c", "d", "e")
	opts := s.everything()
	opts.Predicate.Limit = 2
	opts.Predicate.Continue = s.list(t, opts).Continue
	later := s.create(t, "us", "z", `{"name":"Z"}`)
	s.mirror.Compact(adapters.Revision(mustParse(t, later.ResourceVersion)))
	_, err := s.tryList(t.Context(), opts)
	status := apierrors.APIStatus(nil)
	if !apierrors.IsResourceExpired(err) || !asStatus(err, &status) || status.Status().ListMeta.Continue == "" {
		t.Fatalf("a token from before the history: %#v", err)
	}
	opts.Predicate.Continue = status.Status().ListMeta.Continue
	opts.Predicate.Limit = 0
	if got := names(s.list(t, opts)); !slices.Equal(got, append(want[2:], "z")) {
		t.Errorf("continued inconsistently with %v", got)
	}
}

func runKindListBadOptions(t *testing.T, s *kindStore) {
	seed(t, s)
	token := func(revision int64) string {
		made, err := apistorage.EncodeContinue(s.root()+"b", s.root(), revision)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	for name, change := range map[string]func(*apistorage.ListOptions){
		"resourceVersion":      func(o *apistorage.ListOptions) { o.ResourceVersion = "x" },
		"resourceVersion 2^63": func(o *apistorage.ListOptions) { o.ResourceVersion = "9223372036854775808" },
		"forged token":         func(o *apistorage.ListOptions) { o.Predicate.Continue = "AAAA" },
		"token of revision 0":  func(o *apistorage.ListOptions) { o.Predicate.Continue = token(0) },
		"token and a revision": func(o *apistorage.ListOptions) { o.Predicate.Continue, o.ResourceVersion = token(3), "3" },
		"token out of the prefix": func(o *apistorage.ListOptions) {
			o.Predicate.Continue = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi8uLi9hIn0"
		},
	} {
		opts := s.everything()
		change(&opts)
		if _, err := s.tryList(t.Context(), opts); !apierrors.IsBadRequest(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	opts := s.everything()
	opts.ResourceVersion = beyond
	if _, err := s.tryList(t.Context(), opts); !apistorage.IsTooLargeResourceVersion(err) {
		t.Errorf("a revision to come: %v", err)
	}
}

func runKindForeignChanges(t *testing.T, s *kindStore) {
	created := s.create(t, "eu", "acme", acme)
	changed := s.with(t, s.record(t, "eu", "acme"), "spec.limit", adapters.String("0.00"))
	revision := s.foreign(t, func(tx *memory.Transaction) error { return tx.Update(changed) })
	got := s.get(t, "eu", "acme")
	if got.ResourceVersion != revision.String() || spec(t, got)["limit"] != "0.00" || got.UID != created.UID {
		t.Errorf("after a foreign change at %s: %s", revision, document(t, got))
	}
	s.foreign(t, func(tx *memory.Transaction) error { return tx.Delete(changed.Key) })
	if got := s.list(t, s.everything()); len(got.Items) != 0 {
		t.Errorf("after a foreign deletion: %v", names(got))
	}
}

func runKindStats(t *testing.T, s *kindStore) {
	if stats, err := s.Stats(t.Context()); err != nil || stats != (apistorage.Stats{}) {
		t.Errorf("of nothing: %+v, %v", stats, err)
	}
	s.create(t, "eu", "a", `{"name":"short"}`)
	one, err := s.Stats(t.Context())
	if err != nil || one.ObjectCount != 1 || one.EstimatedAverageObjectSizeBytes < 10 {
		t.Errorf("of one object: %+v, %v", one, err)
	}
	s.create(t, "eu", "b", `{"name":"`+strings.Repeat("long", 1000)+`"}`)
	two, err := s.Stats(t.Context())
	if err != nil || two.ObjectCount != 2 || two.EstimatedAverageObjectSizeBytes < 2000 {
		t.Errorf("of two objects: %+v, %v", two, err)
	}
}

func runKindCurrentRevision(t *testing.T, s *kindStore) {
	s.faults.Hold()
	defer s.faults.Release()
	revision := s.table.IncreaseRevision()
	if got, err := s.GetCurrentResourceVersion(t.Context()); err != nil || got != uint64(revision) {
		t.Errorf("the revision is %d, %v, want %s", got, err, revision)
	}
}

package endpoint

import (
	"slices"
	"testing"
)

func TestDeletionIsAdvertisedOnlyWhereNamespacesMayDelete(t *testing.T) {
	for _, test := range []struct {
		name    string
		verbs   string
		further []string
		want    []string
	}{
		{"default", "get, list, watch", nil, []string{"get", "list", "watch"}},
		{"kept", "get, list, watch, delete, deletecollection", nil, []string{"get", "list", "watch"}},
		{
			"deleted with the namespace", "get, list, watch, delete", []string{"namespaceDeletion: DeleteRows"},
			[]string{"delete", "get", "list", "watch"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			resource := customers(t, test.verbs, test.further...)
			if got := advertisedVerbs(resource); !slices.Equal(got, test.want) {
				t.Errorf("advertised %v", got)
			}
			for _, verb := range []string{"delete", "get"} {
				if want := slices.Contains(test.want, verb) || test.name == "kept"; serves(resource, verb) != want {
					t.Errorf("serves %s: %v", verb, !want)
				}
			}
		})
	}
}

package differential

import (
	"testing"

	"pgregory.net/rapid"
)

// TestUpstreamAgreesWithItself shows how far upstream's two storages are apart.
func TestUpstreamAgreesWithItself(t *testing.T) {
	etcd := startUpstream(t)
	direct, cached := etcd.direct(), etcd.cached()
	rapid.Check(t, func(check *rapid.T) {
		sequence := sequences(false).Draw(check, "sequence")
		want := mustExecute(t, check, direct, sequence)
		got := mustExecute(t, check, cached, sequence)
		if text := difference(sequence, direct.name, want, cached.name, got); text != "" {
			check.Fatal(text)
		}
	})
}

func mustExecute(t *testing.T, check *rapid.T, implementation implementation, sequence []operation) outcome {
	result, err := execute(t, implementation, sequence)
	if err != nil {
		check.Fatal(err)
	}
	return result
}

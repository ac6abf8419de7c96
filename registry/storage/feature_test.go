package storage

import (
	"testing"

	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher/delegator"
)

// TestOverrideFeatureSupport: the estimator of lists' costs asks upstream's global.
func TestOverrideFeatureSupport(t *testing.T) {
	if delegator.ConsistentReadSupported() {
		t.Fatal("upstream believes in consistent reads from memory before it is told")
	}
	restore := OverrideFeatureSupport()
	if !delegator.ConsistentReadSupported() {
		t.Error("upstream was not told")
	}
	if (supported{}).Supports(storage.RangeStream) {
		t.Error("an ability of etcd is claimed")
	}
	restore()
	if delegator.ConsistentReadSupported() {
		t.Error("what was there has not been put back")
	}
}

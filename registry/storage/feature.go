package storage

import (
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/feature"
)

// supported says what every [Store] can do. The embedded checker is for what the
// interface demands of etcd clients, of which there are none.
type supported struct{ feature.FeatureSupportChecker }

// Supports implements feature.FeatureSupportChecker.
func (supported) Supports(name storage.Feature) bool { return name == storage.RequestWatchProgress }

// MarkUnsupported implements feature.FeatureSupportChecker: there is nothing to mark.
func (supported) MarkUnsupported(storage.Feature) {}

// OverrideFeatureSupport tells upstream, which keeps that in a global variable, that
// consistent reads come from memory: the cost of lists in priority and fairness is
// estimated by it. It must be called before the server is made, by a process that has
// no other storage. The returned function puts back what was there.
func OverrideFeatureSupport() (restore func()) {
	before := feature.DefaultFeatureSupportChecker
	feature.DefaultFeatureSupportChecker = supported{before}
	return func() { feature.DefaultFeatureSupportChecker = before }
}

package bridge

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/apiserver/pkg/server/healthz"
)

// How long the first full state of every resource is waited for. After that the
// server is ready with what it has: a backend that is down must not make the API
// unavailable, which would stop namespace deletion, garbage collection and quota
// for the whole cluster.
const firstSyncPatience = 10 * time.Second

// firstSync is the readiness check that waits for the mirrors.
type firstSync struct {
	resources []*resource
	now       func() time.Time
	deadline  time.Time
}

var _ healthz.HealthChecker = (*firstSync)(nil)

func newFirstSync(resources []*resource, now func() time.Time) *firstSync {
	return &firstSync{resources: resources, now: now, deadline: now().Add(firstSyncPatience)}
}

// Name implements healthz.HealthChecker.
func (f *firstSync) Name() string { return "first-sync" }

// Check implements healthz.HealthChecker.
func (f *firstSync) Check(*http.Request) error {
	if !f.now().Before(f.deadline) {
		return nil
	}
	var missing []string
	for _, made := range f.resources {
		if !made.synced() {
			missing = append(missing, made.name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("the first state of %s has not been read yet", strings.Join(missing, ", "))
}

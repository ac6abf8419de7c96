package bridge

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"k8s.io/apiserver/pkg/admission"

	"github.com/bridge-apiserver/bridge-apiserver/internal/server"
)

// countingAdmission admits everything and counts how often it is asked.
type countingAdmission struct{ asked atomic.Int64 }

func (c *countingAdmission) Handles(admission.Operation) bool {
	c.asked.Add(1)
	return false
}

// Upstream's writing handlers wrap the admission chain at each request, so that a
// handler that serves more than one asks more often each time, and leaks.
func TestAdmissionIsAskedTheSameAtEachWrite(t *testing.T) {
	counting := &countingAdmission{}
	f := startWith(t, func(f *fixture) {
		f.configure = func(config *server.Config) { config.Generic.AdmissionControl = counting }
	})
	f.waitFor("readiness", func() error {
		if got := f.get("/readyz"); got.code != http.StatusOK {
			return fmt.Errorf("readyz: %s", got.body)
		}
		return nil
	})
	write := func(i int) {
		name := fmt.Sprintf("c%d", i)
		f.create(name, `"companyName":"Fjord"`)
		f.must(http.StatusOK, f.do(http.MethodPatch, customersPath+"/"+name, []string{"Content-Type: application/merge-patch+json"}, `{"spec":{"companyName":"Dal"}}`))
	}
	write(0)
	first := counting.asked.Swap(0)
	if first == 0 {
		t.Fatal("admission was not asked")
	}
	const writers = 20
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() { write(i + 1) })
	}
	group.Wait()
	if got := counting.asked.Load(); got != writers*first {
		t.Errorf("admission was asked %d times for %d writes, want %d times each", got, writers, first)
	}
}

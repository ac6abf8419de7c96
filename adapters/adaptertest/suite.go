package adaptertest

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Run judges an implementation: one subtest for each sentence of the contract.
func Run(t *testing.T, harness Harness) {
	if harness.Timeout == 0 {
		harness.Timeout = 30 * time.Second
	}
	if harness.Seed == 0 {
		harness.Seed = uint64(time.Now().UnixNano())
	}
	for _, group := range [][]sentence{syncSentences, orderSentences, faultSentences, readSentences, writeSentences, valueSentences, historySentences} {
		for _, sentence := range group {
			t.Run(sentence.name, func(t *testing.T) {
				checkLeaks(t, harness)
				sentence.test(&suite{T: t, harness: harness})
			})
		}
	}
}

// sentence is one sentence of the contract and how to test it.
type sentence struct {
	name string
	test func(s *suite)
}

// suite is the running test of one sentence.
type suite struct {
	*testing.T
	harness Harness
}

// checkLeaks fails the test if goroutines are left when everything else has ended.
func checkLeaks(t *testing.T, harness Harness) {
	options := append(slices.Clone(harness.IgnoreGoroutines), goleak.IgnoreCurrent())
	t.Cleanup(func() {
		if err := goleak.Find(options...); err != nil {
			t.Errorf("goroutines are left: %v", err)
		}
	})
}

// open makes a backend; its schema is remembered for the checks of every delivery.
func (s *suite) open(resource Resource) *backend {
	s.Helper()
	opened := s.harness.Open(s.T, resource)
	return &backend{Backend: opened, suite: s, schema: resource.Schema}
}

func (s *suite) needs(able bool, reason string) {
	s.Helper()
	if !able {
		s.Skip("skipped: " + reason)
	}
}

func (s *suite) supports(valueType adapters.Type) bool {
	return s.harness.Types == nil || slices.Contains(s.harness.Types, valueType)
}

// noError ends the test where err is one.
func (s *suite) noError(err error, step string) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v", step, err)
	}
}

// wantCode fails the test where err has another code.
func (s *suite) wantCode(err error, step string, codes ...adapters.Code) {
	s.Helper()
	for _, code := range codes {
		if adapters.Is(err, code) {
			return
		}
	}
	s.Errorf("%s returned %v, want an error of code %v", step, err, codes)
}

package storage_test

import "testing"

// TestConformanceMemory runs upstream's tests of a storage on the memory adapter.
func TestConformanceMemory(t *testing.T) {
	for _, test := range conformanceCases {
		t.Run(test.function, func(t *testing.T) {
			if test.skip != "" {
				t.Skip(test.skip)
			}
			store := newMemoryPodStore(t)
			test.run(t.Context(), t, store)
		})
	}
}

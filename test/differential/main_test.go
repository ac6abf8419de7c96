package differential

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// defaultChecks is the number of sequences of each property in an ordinary run.
const defaultChecks = "1000"

func TestMain(m *testing.M) {
	// Set before the command line is read, which can say otherwise.
	for name, value := range map[string]string{"rapid.checks": defaultChecks, "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	// Upstream's watch cache leaves this one behind for the three seconds that a read
	// of a future revision may wait.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("k8s.io/apiserver/pkg/storage/cacher.(*watchCache).waitUntilFreshLocked.func2"))
}

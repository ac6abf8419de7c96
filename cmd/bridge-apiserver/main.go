// Command bridge-apiserver serves the records of legacy systems as Kubernetes
// resources.
package main

import (
	"fmt"
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
)

func main() {
	if err := logsapi.AddFeatureGates(utilfeature.DefaultMutableFeatureGate); err != nil {
		fail(fmt.Errorf("register the feature gates of logging: %w", err))
	}
	// The first signal ends the server gracefully, the second one at once.
	ctx := genericapiserver.SetupSignalContext()
	err := newRootCommand(os.Args[1:]).ExecuteContext(ctx)
	logs.FlushLogs()
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "bridge-apiserver:", err)
	os.Exit(1)
}

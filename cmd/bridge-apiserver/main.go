// Command bridge-apiserver serves the records of legacy systems as Kubernetes
// resources.
package main

import (
	"fmt"
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/logs"
)

func main() {
	// The first signal ends the server gracefully, the second one at once.
	ctx := genericapiserver.SetupSignalContext()
	err := newRootCommand(os.Args[1:]).ExecuteContext(ctx)
	logs.FlushLogs()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bridge-apiserver:", err)
		os.Exit(1)
	}
}

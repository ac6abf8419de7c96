// Command bench measures the bridge side by side with what Kubernetes itself offers,
// in one run on one machine: a custom resource, a built-in type, the bridge by itself
// and behind the aggregation layer, and the plain SELECT that all of it stands on.
//
// The work is interleaved, so that a slow minute of the machine is slow for all, and
// what is compared is the CPU time of the server processes, read from the kernel.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
)

func main() {
	options := defaultOptions()
	options.addFlags(pflag.CommandLine)
	pflag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := options.validate(pflag.Args())
	if err == nil {
		err = run(ctx, options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

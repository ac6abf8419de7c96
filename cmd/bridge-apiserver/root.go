package main

import (
	"github.com/spf13/cobra"
	"k8s.io/apiserver/pkg/util/compatibility"
)

// newRootCommand returns the command line with arguments to parse. Without a
// subcommand it serves.
func newRootCommand(arguments []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "bridge-apiserver",
		Short:         "Serve the records of legacy systems as Kubernetes resources",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return compatibility.DefaultComponentGlobalsRegistry.Set()
		},
	}
	root.AddCommand(
		newServeCommand(),
		newCheckCommand(),
		newManifestsCommand(),
		newGenerateCommand(),
		newVersionCommand(),
	)
	root.SetArgs(withDefaultCommand(root, arguments))
	return root
}

// withDefaultCommand puts serve in front of arguments that name no command.
func withDefaultCommand(root *cobra.Command, arguments []string) []string {
	if len(arguments) == 0 {
		return arguments
	}
	switch arguments[0] {
	case "-h", "--help", "help", "completion", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		return arguments
	}
	if found, _, err := root.Find(arguments); err == nil && found != root {
		return arguments
	}
	return append([]string{"serve"}, arguments...)
}

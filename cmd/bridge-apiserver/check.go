package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/internal/check"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

func newCheckCommand() *cobra.Command {
	config := check.Config{Format: check.Text, Compile: compileKind}
	command := &cobra.Command{
		Use:   "check --config FILE|DIR...",
		Short: "Say what is wrong with mapping files, or what they declare",
		Long: "Validates mapping files without asking any backend. Every fault is printed to the standard error with its file, line " +
			"and column, and the exit status is 1; where there is none, a summary of what the files declare is printed.",
		RunE: func(command *cobra.Command, arguments []string) error {
			config.Files = append(config.Files, arguments...)
			config.Out, config.Err = command.OutOrStdout(), command.ErrOrStderr()
			err := check.Run(config)
			var faults v1alpha1.Errors
			if errors.As(err, &faults) {
				// They are reported already, one per line.
				return fmt.Errorf("the mapping is not valid; faults: %d", len(faults))
			}
			return err
		},
	}
	addConfigFlag(command, &config.Files)
	command.Flags().StringVarP((*string)(&config.Format), "output", "o", string(config.Format),
		"How to report: text, or json for one document with all faults or the summary.")
	return command
}

// compileKind finds faults that only show when a kind is made: rules that don't compile.
func compileKind(resource *v1alpha1.BridgedResource) error {
	_, err := object.NewKind(resource)
	return err
}

// addConfigFlag adds the flag that names mapping files.
func addConfigFlag(command *cobra.Command, files *[]string) {
	command.Flags().StringSliceVar(files, "config", nil,
		"Mapping files, or directories of them (*.yaml, *.yml, *.json). May be repeated; further arguments are taken for mapping files too.")
}

package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/registry/object"
)

// newGenerateCommand returns the command that generates code for clients.
func newGenerateCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "generate",
		Short: "Generate what clients of the declared kinds need",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newGenerateProtoCommand())
	return command
}

func newGenerateProtoCommand() *cobra.Command {
	var configs []string
	var output string
	command := &cobra.Command{
		Use:   "proto --config FILE|DIR…",
		Short: "Print the .proto file of the declared kinds",
		Long: "Print the .proto file of the declared kinds. It needs no imports: a client with only this file can " +
			"decode every answer of the server in the media type application/vnd.kubernetes.protobuf.\n\n" +
			"Each group version has a file of its own. With more than one of them, --output names the directory to write them to.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			files, err := protoFiles(configs)
			if err != nil {
				return err
			}
			if output != "" {
				return writeFiles(output, files)
			}
			return printFile(command.OutOrStdout(), files)
		},
	}
	command.Flags().StringSliceVar(&configs, "config", nil, "Mapping file, or directory of mapping files. Can be given several times.")
	command.Flags().StringVar(&output, "output", "", "Directory to write one file for each group version to, such as erp.example.com_v1.proto.")
	if err := command.MarkFlagRequired("config"); err != nil {
		panic(err) // the flag is defined above
	}
	return command
}

// protoFiles returns the content of each group version's file by the file's name.
func protoFiles(configs []string) (map[string]string, error) {
	mapping, err := v1alpha1.Load(configs)
	if err != nil {
		return nil, err
	}
	groups := map[string][]*object.Kind{}
	for _, declared := range mapping.Resources {
		kind, err := object.NewKind(declared)
		if err != nil {
			return nil, err
		}
		name := declared.Spec.Group + "_" + declared.Spec.Version + ".proto"
		groups[name] = append(groups[name], kind)
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("the mapping in %s declares no BridgedResource", strings.Join(configs, ", "))
	}
	files := make(map[string]string, len(groups))
	for name, kinds := range groups {
		if files[name], err = object.ProtoFile(kinds); err != nil {
			return nil, fmt.Errorf("generate %s: %w", name, err)
		}
	}
	return files, nil
}

func printFile(w io.Writer, files map[string]string) error {
	if len(files) > 1 {
		return fmt.Errorf("the mapping declares %d group versions, each with a file of its own (%s): name a directory with --output",
			len(files), strings.Join(slices.Sorted(maps.Keys(files)), ", "))
	}
	for _, content := range files {
		if _, err := io.WriteString(w, content); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

func writeFiles(directory string, files map[string]string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("make output directory: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(files[name]), 0o644); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	return nil
}

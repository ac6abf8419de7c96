package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/term"
	"k8s.io/klog/v2"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
	"github.com/bridge-apiserver/bridge-apiserver/internal/bridge"
	"github.com/bridge-apiserver/bridge-apiserver/internal/server"
)

func newServeCommand() *cobra.Command {
	options := server.NewOptions()
	var files []string
	command := &cobra.Command{
		Use:   "serve --config FILE|DIR...",
		Short: "Serve the resources that mapping files declare (the default command)",
		RunE: func(command *cobra.Command, arguments []string) error {
			if err := options.ApplyLogging(); err != nil {
				return err
			}
			return serve(command.Context(), options, append(files, arguments...))
		},
	}
	groups := options.Flags()
	groups.FlagSet("mapping").StringSliceVar(&files, "config", files,
		"Mapping files, or directories of them (*.yaml, *.yml, *.json). May be repeated; further arguments are taken for mapping files too.")
	for _, flags := range groups.FlagSets {
		command.Flags().AddFlagSet(flags)
	}
	width, _, err := term.TerminalSize(command.OutOrStdout())
	if err != nil {
		width = 0 // Not a terminal: lines as long as they are.
	}
	cliflag.SetUsageAndHelpFunc(command, groups, width)
	return command
}

// serve runs the server until ctx ends.
func serve(ctx context.Context, options *server.Options, files []string) (err error) {
	if len(files) == 0 {
		return errors.New("no mapping is given: name a file or a directory with --config")
	}
	if err := options.Validate(); err != nil {
		return err
	}
	mapping, err := v1alpha1.Load(files)
	if err != nil {
		return fmt.Errorf("the mapping is not valid:\n%w", err)
	}
	backends, err := openBackends(mapping)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backends.Close()) }()
	resources, err := backends.resources(mapping)
	if err != nil {
		return err
	}
	config, err := options.Config()
	if err != nil {
		return err
	}
	bridged, err := bridge.New(bridge.Config{
		Server:    config,
		Resources: resources,
		Metrics:   []prometheus.Collector{newPoolMetrics(backends)},
	})
	if err != nil {
		return err
	}
	klog.FromContext(ctx).Info("Starting bridge-apiserver", "version", buildVersion(), "resources", len(resources))
	return bridged.Run(ctx)
}

package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/bridge-apiserver/bridge-apiserver/internal/manifests"
)

func newManifestsCommand() *cobra.Command {
	config := manifests.Config{
		Namespace:      manifests.DefaultNamespace,
		TLSSecret:      manifests.DefaultTLSSecret,
		BackendsSecret: manifests.DefaultBackendsSecret,
	}
	var bundleFile string
	command := &cobra.Command{
		Use:   "manifests --config FILE|DIR... --image IMAGE",
		Short: "Print what a cluster needs to run the server and to route the declared groups to it",
		Long: "Prints YAML documents for kubectl apply: the namespace, service account and its rights, roles to view and to edit each " +
			"resource, a ConfigMap with the mapping, Service, Deployment, PodDisruptionBudget, NetworkPolicy, and an APIService for " +
			"each group and version. Two Secrets are yours to make: one with the serving certificate, one with what dsnFrom refers to.",
		RunE: func(command *cobra.Command, arguments []string) error {
			config.Files = append(config.Files, arguments...)
			if bundleFile != "" {
				bundle, err := os.ReadFile(bundleFile)
				if err != nil {
					return fmt.Errorf("read the file that --ca-bundle names: %w", err)
				}
				config.CABundle = bundle
			}
			return printManifests(command, config)
		},
	}
	addConfigFlag(command, &config.Files)
	flags := command.Flags()
	flags.StringVar(&config.Namespace, "namespace", config.Namespace, "Namespace to run in.")
	flags.StringVar(&config.Image, "image", config.Image, "Container image to run. Required.")
	flags.StringVar(&config.TLSSecret, "tls-secret", config.TLSSecret,
		"Secret of type kubernetes.io/tls with the serving certificate, valid for bridge-apiserver.NAMESPACE.svc.")
	flags.StringVar(&config.BackendsSecret, "backends-secret", config.BackendsSecret,
		"Secret with the values that the mapping's dsnFrom and tls refer to: its keys are the names of environment variables and files.")
	flags.StringVar(&bundleFile, "ca-bundle", bundleFile,
		"File in PEM with the authority of the serving certificate, for the cluster to check it with.")
	flags.StringVar(&config.Certificate, "inject-ca-from", config.Certificate,
		"cert-manager Certificate, as namespace/name, whose authority cert-manager is to put in place of --ca-bundle.")
	flags.BoolVar(&config.AggregateRoles, "aggregate-roles", config.AggregateRoles,
		"Add the roles for the resources to the cluster's own roles view and edit.")
	return command
}

func printManifests(command *cobra.Command, config manifests.Config) error {
	output, err := manifests.Generate(config)
	if err != nil {
		return err
	}
	if len(config.CABundle) == 0 && config.Certificate == "" {
		if _, err := fmt.Fprintln(command.ErrOrStderr(), "Note: without --ca-bundle or --inject-ca-from the cluster checks the serving certificate against the authorities that its own machines trust."); err != nil {
			return err
		}
	}
	_, err = command.OutOrStdout().Write(output)
	return err
}

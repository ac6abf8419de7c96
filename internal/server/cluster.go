package server

import (
	"errors"
	"fmt"
	"net"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// applyCluster delegates authentication, authorization, admission and priority to the
// cluster that the server belongs to.
func (o *Options) applyCluster(config *genericapiserver.RecommendedConfig) error {
	if err := o.Run.DefaultAdvertiseAddress(o.SecureServing.SecureServingOptions); err != nil {
		return fmt.Errorf("find the address to advertise: %w", err)
	}
	config.PublicAddress = o.Run.AdvertiseAddress
	if err := o.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.IPv4(127, 0, 0, 1)}); err != nil {
		return fmt.Errorf("make a self-signed serving certificate: %w", err)
	}
	// The clients come first: without a cluster there is no use in opening a port.
	if err := o.CoreAPI.ApplyTo(config); err != nil {
		return explainMissingCluster(err)
	}
	if err := o.applyServing(&config.Config); err != nil {
		return err
	}
	if err := o.Authentication.ApplyTo(&config.Authentication, config.SecureServing, config.OpenAPIConfig); err != nil {
		return fmt.Errorf("authentication options: %w", explainMissingCluster(err))
	}
	if err := o.Authorization.ApplyTo(&config.Authorization); err != nil {
		return fmt.Errorf("authorization options: %w", explainMissingCluster(err))
	}
	client, err := kubernetes.NewForConfig(config.ClientConfig)
	if err != nil {
		return fmt.Errorf("client for the cluster: %w", err)
	}
	dynamicClient, err := dynamic.NewForConfig(config.ClientConfig)
	if err != nil {
		return fmt.Errorf("dynamic client for the cluster: %w", err)
	}
	if err := o.Features.ApplyTo(&config.Config, client, config.SharedInformerFactory); err != nil {
		return fmt.Errorf("feature options: %w", err)
	}
	if err := o.Admission.ApplyTo(&config.Config, config.SharedInformerFactory, client, dynamicClient,
		config.FeatureGate, config.EffectiveVersion); err != nil {
		return fmt.Errorf("admission options: %w", err)
	}
	return nil
}

// explainMissingCluster adds the way out to the error that a start outside a cluster
// ends in.
func explainMissingCluster(err error) error {
	if errors.Is(err, rest.ErrNotInCluster) {
		return fmt.Errorf("%w: run in a pod, point --kubeconfig at the cluster, or use --standalone DIR to run without one", err)
	}
	return err
}

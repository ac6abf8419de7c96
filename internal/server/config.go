package server

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	generatedopenapi "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	utilopenapi "k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/bridge-apiserver/bridge-apiserver/internal/standalone"
)

// Config is a generic server's configuration, ready for completion. The listener in
// it is open.
type Config struct {
	Generic *genericapiserver.RecommendedConfig
	// Standalone holds the certificates made for --standalone; nil in a cluster.
	Standalone *standalone.Directory
}

// Config makes the configuration that the options ask for: it opens the listener,
// and in a cluster reads the authentication configuration from there. Where it fails,
// nothing is left open.
func (o *Options) Config() (*Config, error) {
	config, err := o.config()
	if err == nil {
		return config, nil
	}
	if listener := o.SecureServing.Listener; listener != nil {
		err = errors.Join(err, listener.Close())
	}
	return nil, err
}

func (o *Options) config() (*Config, error) {
	generic := genericapiserver.NewRecommendedConfig(codecs())
	o.applyDefaults()
	if err := o.Run.ApplyTo(&generic.Config); err != nil {
		return nil, fmt.Errorf("server options: %w", err)
	}
	applyOpenAPI(generic)
	config := &Config{Generic: generic}
	if err := o.Tracing.ApplyTo(nil, &generic.Config); err != nil {
		return nil, fmt.Errorf("tracing options: %w", err)
	}
	if err := o.Audit.ApplyTo(&generic.Config); err != nil {
		return nil, fmt.Errorf("audit options: %w", err)
	}
	if o.Standalone != "" {
		return config, o.applyStandalone(config)
	}
	return config, o.applyCluster(generic)
}

// applyDefaults sets what depends on other options.
func (o *Options) applyDefaults() {
	if o.Standalone != "" && !o.changed("shutdown-delay-duration") {
		// Nothing routes requests here that would have to notice.
		o.Run.ShutdownDelayDuration = 0
	}
	if o.CoreAPI.CoreAPIKubeconfigPath == "" {
		return
	}
	if o.Authentication.RemoteKubeConfigFile == "" {
		o.Authentication.RemoteKubeConfigFile = o.CoreAPI.CoreAPIKubeconfigPath
	}
	if o.Authorization.RemoteKubeConfigFile == "" {
		o.Authorization.RemoteKubeConfigFile = o.CoreAPI.CoreAPIKubeconfigPath
	}
}

// applyServing opens the listener and sets the loopback client.
func (o *Options) applyServing(config *genericapiserver.Config) error {
	if err := o.SecureServing.ApplyToConfig(config); err != nil {
		return fmt.Errorf("listen on %s: %w",
			net.JoinHostPort(o.SecureServing.BindAddress.String(), strconv.Itoa(o.SecureServing.BindPort)), err)
	}
	return nil
}

// codecs encode what belongs to no declared kind: Status, discovery documents.
func codecs() serializer.CodecFactory {
	meta := runtime.NewScheme()
	version := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(meta, version)
	meta.AddUnversionedTypes(version,
		&metav1.Status{}, &metav1.APIVersions{}, &metav1.APIGroupList{}, &metav1.APIGroup{}, &metav1.APIResourceList{})
	return serializer.NewCodecFactory(meta)
}

// applyOpenAPI turns both OpenAPI endpoints on. The declared kinds add their own
// documents. Definitions carry the names and kinds of the client's scheme, as those
// of the kinds do, so that equal definitions stay one when documents are merged.
func applyOpenAPI(config *genericapiserver.RecommendedConfig) {
	definitions := utilopenapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(generatedopenapi.GetOpenAPIDefinitions)
	namer := openapi.NewDefinitionNamer(scheme.Scheme)
	config.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	config.OpenAPIConfig.Info.Title = "bridge-apiserver"
	config.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	config.OpenAPIV3Config.Info.Title = "bridge-apiserver"
}

package manifests

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// Generate returns YAML documents, in an order in which they can be applied. The same
// configuration and files give the same bytes.
func Generate(config Config) ([]byte, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	mapping, err := readMapping(config.Files)
	if err != nil {
		return nil, err
	}
	objects, err := build(config, mapping)
	if err != nil {
		return nil, err
	}
	return encode(objects)
}

func build(config Config, mapping *mappingFiles) ([]any, error) {
	install, err := readBase()
	if err != nil {
		return nil, err
	}
	install.moveTo(config.Namespace)
	if err := install.completeDeployment(config, mapping); err != nil {
		return nil, err
	}
	objects := []any{
		install.namespace, install.serviceAccount,
		install.role, install.roleBinding, install.authDelegator, install.authReader,
	}
	for _, resource := range mapping.mapping.Resources {
		for _, role := range resourceRoles(resource, config.AggregateRoles) {
			objects = append(objects, role)
		}
	}
	objects = append(objects, mapping.configMap(config.Namespace), install.service, install.deployment, install.budget, install.networkPolicy)
	for _, service := range apiServices(config, mapping.mapping) {
		objects = append(objects, service)
	}
	return objects, nil
}

// encode writes what was declared, without the empty parts that the types bring.
func encode(objects []any) ([]byte, error) {
	var out bytes.Buffer
	for i, object := range objects {
		data, err := json.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("encode object %d: %w", i, err)
		}
		var fields map[string]any
		if err := json.Unmarshal(data, &fields); err != nil {
			return nil, fmt.Errorf("encode object %d: %w", i, err)
		}
		delete(fields, "status")
		document, err := yaml.Marshal(prune(fields))
		if err != nil {
			return nil, fmt.Errorf("encode object %d: %w", i, err)
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.Write(document)
	}
	return out.Bytes(), nil
}

// prune removes null and empty objects, which mean the same as nothing in every kind
// that is made here.
func prune(value any) any {
	fields, ok := value.(map[string]any)
	if !ok {
		if items, ok := value.([]any); ok {
			for i := range items {
				items[i] = prune(items[i])
			}
		}
		return value
	}
	for key, content := range fields {
		content = prune(content)
		if empty, ok := content.(map[string]any); content == nil || ok && len(empty) == 0 {
			delete(fields, key)
		}
	}
	return fields
}

// polled reports whether a kind is followed by comparing snapshots, so that only one
// process can serve it.
func polled(mapping *v1alpha1.Mapping) bool {
	for _, backend := range mapping.Backends {
		if backend.Spec.MySQL == nil || backend.Spec.MySQL.Watch != v1alpha1.WatchBinlog {
			return true
		}
	}
	return false
}
